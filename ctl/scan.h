/*
 * scan.h: all keys of a pattern, all fields of a hash, in bounded pages.
 *
 * Redis serves others between the pages, so a change meanwhile may or may not be seen; what was
 * there all the time is. I/O through redis.h.
 */
#ifndef XS_SCAN_H
#define XS_SCAN_H

#include "entries.h"
#include "redis.h"

/*
 * Each fills `ret_entries`, which the caller starts with {0} and frees in any case, sorted and each
 * name once. The first gives the keys that match a pattern, without values, all of
 * them or, if `type` is not NULL, those of this type ("string", "set", ...). The second gives the
 * fields of the hash `key` with their values, none if there is no such key.
 *
 * Errors: those of xs_ask (XS_ERROR_INVALID: `key` is not a hash); XS_ERROR_PROTOCOL (a reply that
 * is not one, or a scan without end); XS_ERROR_TOO_LONG (over XS_ENTRIES_MAX); XS_ERROR_NOMEM.
 * `info` says what was tried and why it failed.
 */
enum xs_error xs_scan_keys(struct xs_redis *redis, const char *pattern, const char *type,
                           struct xs_entries *ret_entries, struct xs_error_info *info);
enum xs_error xs_scan_hash(struct xs_redis *redis, const char *key, struct xs_entries *ret_entries,
                           struct xs_error_info *info);

#endif
