/*
 * reader.h: looks JIDs up, in memory where Redis would say the same, else in Redis.
 *
 * Does I/O through the store and the tracking, and logs when it has to do without memory, or can
 * again. Not shared between threads.
 */
#ifndef XS_READER_H
#define XS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "metrics.h"
#include "store.h"
#include "tracking.h"

/*
 * The time from the end of a start of tracking to the next. Until then it asks Redis each time, and
 * at the end whether what it says is current, as that must not depend on who looks something up.
 */
#define XS_READER_RETRY_MS 1000

struct xs_reader;

/*
 * Makes a reader of the Redis that `config` has for the responder, borrowed for its life; does not
 * connect. With `cache_entries` 0 it remembers nothing and asks Redis each time, and in each
 * XS_REPLICA_BEAT_MS whether it is current. What happens is
 * counted in `metrics`, borrowed likewise. Freed with xs_reader_free. NULL if out of memory or
 * descriptors.
 */
struct xs_reader *xs_reader_new(const struct xs_config *config, struct xs_metrics *metrics);

/* Frees a reader and its connections. NULL is allowed. */
void xs_reader_free(struct xs_reader *reader);

/*
 * Takes in what has changed in Redis, and says it too, as xs_tracking_next: XS_NEWS_ALL also when
 * tracking has just begun, as nobody knows what has changed until then, and when a replica turns
 * out to be cut off from its master, or not to be any more. To be called until XS_NEWS_NONE in
 * every turn before anything is looked up, and when its descriptor or its deadline says so;
 * `now_ms` is of a monotonic clock. Waits for Redis, if it is slow, for two answers twice a second,
 * see xs_tracking_next and xs_replica_check; without tracking for a connect and one answer; and
 * XS_READER_RETRY_MS after the last start for another one, which may take as long as
 * xs_tracking_start says.
 */
enum xs_news xs_reader_refresh(struct xs_reader *reader, int64_t now_ms,
                               struct xs_key_owner *ret_owner);

/* Says whether it hears of every change of what it has looked up. */
bool xs_reader_is_hearing(const struct xs_reader *reader);

/*
 * Looks up `count` JIDs, those that memory does not know in one round trip: xs_store_lookup says
 * the rest. Before that it may have to connect, and to ask whether Redis is current, each within
 * the timeout. If Redis is a replica that has been cut off from its master for longer than
 * configured, all fail with XS_ERROR_UNAVAILABLE, those in memory too. No refresh may come before
 * what has been found has been used, and remembered.
 */
enum xs_error xs_reader_look_up(struct xs_reader *reader, struct xs_lookup *const lookups[],
                                size_t count);

/* Remembers what the last look-up had to ask Redis for. It, and its lookups, must be untouched. */
void xs_reader_remember(struct xs_reader *reader);

/* Returns a descriptor, the same one always, that is readable when a refresh is due; -1: never. */
int xs_reader_fd(const struct xs_reader *reader);

/* Returns when a refresh is due at the latest. */
int64_t xs_reader_deadline_ms(const struct xs_reader *reader);

/*
 * Returns why, as far as is known by the last refresh or look-up, the word of Redis may not be
 * taken, so that each look-up fails; NULL if it may, and also if Redis cannot be reached at all.
 * Borrowed until the next of either.
 */
const char *xs_reader_refusal(const struct xs_reader *reader);

/* Describes the last failure of a look-up in words. Never NULL. */
const char *xs_reader_error(const struct xs_reader *reader);

#endif
