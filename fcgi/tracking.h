/*
 * tracking.h: hears from Redis which keys have changed, of those that were read.
 *
 * Redis remembers what is read on the data connection and sends the name of a key that changes, or
 * expires, on a second one, which is this module's own. What is known about keys is right only as
 * long as both are whole, so the loss of either, and a silence on either, ends the tracking. Does
 * I/O on both. Not shared between threads.
 *
 * The order of things makes it correct: take all news before anything remembered is used, and none
 * between asking for keys and remembering the answers. Then a change is always heard of after the
 * answer it makes void. https://redis.io/docs/latest/develop/reference/client-side-caching/
 */
#ifndef XS_TRACKING_H
#define XS_TRACKING_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "keys.h"
#include "redis.h"

/* How often both connections are tried. */
#define XS_TRACKING_BEAT_MS 500

/* For how long after it was tried a connection for news that answered is trusted. */
#define XS_TRACKING_TRUST_MS (2 * XS_TRACKING_BEAT_MS)

struct xs_tracking;

/* What there is to know. */
enum xs_news {
    XS_NEWS_NONE,
    XS_NEWS_KEY, /* one key has changed */
    XS_NEWS_ALL  /* everything may have changed: Redis was emptied, or tracking has ended */
};

/*
 * Makes a tracking, which is not on, with a connection of its own as `config` says, whose strings
 * are borrowed. Freed with xs_tracking_free. NULL if out of memory or descriptors.
 */
struct xs_tracking *xs_tracking_new(const struct xs_redis_config *config);

/* Ends the tracking and frees it. NULL is allowed. */
void xs_tracking_free(struct xs_tracking *tracking);

/*
 * Starts tracking what is read on `data`, which is opened if need be; it is borrowed until the end
 * of the tracking. May take as long as two connects and four round trips, each within its timeout.
 *
 * Returns XS_OK, also if it is on already; XS_ERROR_UNAVAILABLE if Redis cannot be reached, or
 * refuses: it is too old, has no room for another client, or the user has no right to CLIENT,
 * SUBSCRIBE, PING or INFO; or if the two connections lead to different servers, of which each would
 * track for somebody else; the other errors of xs_redis_open and xs_redis_exchange. See
 * xs_tracking_error.
 */
enum xs_error xs_tracking_start(struct xs_tracking *tracking, struct xs_redis *data,
                                int64_t now_ms);

/* Says whether it is on. */
bool xs_tracking_is_on(const struct xs_tracking *tracking);

/*
 * Takes the next news. With XS_NEWS_KEY, `ret_owner` says whom the key is about; otherwise it is
 * untouched. To be called until XS_NEWS_NONE, in every turn and when a beat is due. Then, at
 * `now_ms` of a monotonic clock, it tries both connections, and waits for the data connection at
 * most its timeout; for nothing else does it wait. If the process stood still, an answer may come
 * too late to be trusted: nobody knows what has been lost meanwhile, and the tracking ends.
 */
enum xs_news xs_tracking_next(struct xs_tracking *tracking, int64_t now_ms,
                              struct xs_key_owner *ret_owner);

/* Returns when the next beat or the end is due; INT64_MAX if it is not on. */
int64_t xs_tracking_deadline_ms(const struct xs_tracking *tracking);

/* Returns a descriptor, the same one always, that is readable when there is news, or the end. */
int xs_tracking_fd(const struct xs_tracking *tracking);

/* Describes why the last start failed or the tracking ended. Never NULL; "" before. */
const char *xs_tracking_error(const struct xs_tracking *tracking);

#endif
