/*
 * etag.h: entity tags: a hash of the body, and whether the client has it already.
 *
 * Pure; no I/O.
 */
#ifndef XS_ETAG_H
#define XS_ETAG_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that hold a tag: 32 digits, the quotes, the terminator. */
#define XS_ETAG_SIZE 35

/* Bytes of an If-None-Match header at most; a longer one counts as absent. */
#define XS_IF_NONE_MATCH_MAX 4096

/*
 * Makes the tag of a body: quotes, and 32 hexadecimal digits of a hash of its bytes in between. It
 * depends on nothing else. The same bytes always have the same tag, in every process.
 */
void xs_etag_make(const char *body, size_t body_len, char ret_etag[XS_ETAG_SIZE]);

/*
 * Says whether the value of an If-None-Match header, NUL-terminated and of any content, names
 * `etag`, by weak comparison, or is "*". NULL for no header. What follows a breach of the grammar
 * is not looked at. RFC 9110 sections 8.8.3 and 13.1.2.
 */
bool xs_etag_is_named(const char *etag, const char *if_none_match);

#endif
