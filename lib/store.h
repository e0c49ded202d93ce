/*
 * store.h: looks up JIDs in Redis, any number of them in one round trip.
 *
 * The same commands are sent for every JID, whatever the outcome, so nobody can tell from them
 * whether a user exists. Does I/O through redis.h. Not shared between threads.
 */
#ifndef XS_STORE_H
#define XS_STORE_H

#include "lookup.h"
#include "redis.h"

/*
 * Bytes of one value in Redis at most; a longer one counts as a value that is not valid. The
 * longest that the bot and the panel write is a status text of XS_STATUS_MAX_CHARS: 4096 bytes.
 */
#define XS_STORE_VALUE_MAX 8192

/* Values that Redis says of one JID: two flags, the lease, and the record. */
#define XS_STORE_VALUE_COUNT (3 + XS_RECORD_FIELD_COUNT)

/* Bytes that Redis says of one JID at most: the values with what announces each, and two arrays. */
#define XS_STORE_LOOKUP_MAX (XS_STORE_VALUE_COUNT * (XS_STORE_VALUE_MAX + 16) + 32)

struct xs_store;

/*
 * Makes a store on its own connection; does not connect. `config`'s strings are borrowed for its
 * life. Freed with xs_store_free. NULL if out of memory.
 */
struct xs_store *xs_store_new(const struct xs_redis_config *config);

/* Frees the store and its connection. NULL is allowed. */
void xs_store_free(struct xs_store *store);

/*
 * Looks up `count` JIDs in one pipelined round trip, within the configured timeout. Fills `error`
 * and `facts` of each. Returns XS_OK if Redis answered, though single lookups may have failed;
 * otherwise the error that all lookups got.
 */
enum xs_error xs_store_lookup(struct xs_store *store, struct xs_lookup *const lookups[],
                              size_t count);

/*
 * Says in words which key the damage found by a lookup is in, "the record xmpp:presence:{…}:…" for
 * example, up to `size` bytes with the terminator. "" for XS_DAMAGE_NONE.
 */
void xs_store_describe_damage(const struct xs_lookup *lookup, char *ret_text, size_t size);

/* Returns the connection that it looks up on, borrowed. Never NULL. */
struct xs_redis *xs_store_redis(struct xs_store *store);

/* Describes the last failure in words, see xs_redis_error. Never NULL. */
const char *xs_store_error(const struct xs_store *store);

#endif
