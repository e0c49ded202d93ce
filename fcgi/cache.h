/*
 * cache.h: what Redis has said, kept until Redis says that it has changed.
 *
 * Per key, not per answer: a domain's lease changes every few seconds and takes none of its users
 * along. The keys that answers rest on are kept as what they say: flags, lease, record. Memory
 * only; no I/O. Not shared between threads.
 *
 * A stranger must not learn from the time an answer takes what it withholds. So flags that decide
 * are enough: an answer that they withhold is found whatever becomes of the record behind it. Of a
 * user who is published, though, the time does tell that the record has changed, be it in what is
 * withheld of it alone: the next question goes to Redis. And each user is kept, also one of a
 * domain that is closed or not hosted: the first question for any of them goes to Redis, and the
 * next one does not.
 */
#ifndef XS_CACHE_H
#define XS_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "keys.h"
#include "lookup.h"

struct xs_cache;

/*
 * Bytes that all entries may take, for each that a cache may have. Most take half of it; one with
 * the longest name and the longest status text takes some 6.5 KiB.
 */
#define XS_CACHE_ENTRY_BYTES 512

/*
 * Makes a cache of up to `entries_max` users and domains, at least 1, in up to
 * XS_CACHE_ENTRY_BYTES for each; beyond either, those go that have not been used for long:
 * one that was used since its turn came last is passed over. One alone fits always. Freed with
 * xs_cache_free. NULL if out of memory.
 */
struct xs_cache *xs_cache_new(size_t entries_max);

/* Frees a cache. NULL is allowed. */
void xs_cache_free(struct xs_cache *cache);

/*
 * Answers a lookup from memory, if all that its answer rests on is known. Then fills `facts` and
 * sets `error` to XS_OK; otherwise both are untouched. The facts' texts live until the next call
 * that is not a find. A record that the flags withhold is XS_RECORD_UNREAD, a status or a last
 * activity is missing; what is damaged has been told when it was read, so `damage` is
 * XS_DAMAGE_NONE.
 */
bool xs_cache_find(struct xs_cache *cache, struct xs_lookup *lookup);

/*
 * Keeps what a lookup that was answered by Redis has found, as far as its flags let it be
 * published; its `error` must be XS_OK. Lookups go in in the order in which Redis answered. If
 * there is no memory, it is forgotten.
 */
void xs_cache_put(struct xs_cache *cache, const struct xs_lookup *lookup);

/* Forgets what a key said, as it has changed. */
void xs_cache_drop(struct xs_cache *cache, const struct xs_key_owner *owner);

/* Forgets everything. */
void xs_cache_clear(struct xs_cache *cache);

/* Returns the number of entries. */
size_t xs_cache_count(const struct xs_cache *cache);

/*
 * Returns the bytes that the entries take, by estimate those of the allocator and the table too.
 * For tests of the bound above.
 */
size_t xs_cache_bytes(const struct xs_cache *cache);

#endif
