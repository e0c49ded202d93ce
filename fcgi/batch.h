/*
 * batch.h: the requests and the changes of one turn of the loop, looked up together and answered.
 *
 * Does I/O through the reader and on the connections, reads the wall clock and logs when Redis
 * fails and when it is back.
 */
#ifndef XS_BATCH_H
#define XS_BATCH_H

#include <stdbool.h>

#include "monitor.h"
#include "pool.h"
#include "reader.h"
#include "streams.h"

/* Requests in a batch at most. */
#define XS_BATCH_MAX 256

/* JIDs that are looked up in a batch at most. */
#define XS_BATCH_LOOKUPS_MAX 512

/* How many of them are left to the streams, however many lists are asked for. */
#define XS_BATCH_WATCHED_MIN 128

/* How long damage in Redis, or another outage of it, is not worth a log line after the last one. */
#define XS_BATCH_QUIET_S 60

struct xs_batch;

/*
 * Makes an empty batch on a reader and with a monitor, which counts what is done and answers what
 * is not about presence, and with the streams; all are borrowed for its life. `max_age_s` as for
 * xs_responder_new. Freed with xs_batch_free. NULL if out of memory.
 */
struct xs_batch *xs_batch_new(struct xs_reader *reader, struct xs_monitor *monitor,
                              struct xs_streams *streams, int max_age_s);

/* Frees a batch. NULL is allowed. */
void xs_batch_free(struct xs_batch *batch);

/* Says whether there may be no room for another request, so that those there have to be answered.
 */
bool xs_batch_is_full(const struct xs_batch *batch);

/*
 * Reads the whole request that waits on a connection of `pool` and adds it, making the connection
 * busy. If the request cannot be read, the connection is closed instead. The batch must not be
 * full.
 */
void xs_batch_add(struct xs_batch *batch, struct xs_pool *pool, struct xs_connection *connection);

/*
 * Looks up all that was added, and of what streams watch what may have changed, as much as there is
 * room for, all at once: xs_reader_look_up says how long that may take. Answers everything, sends
 * the events, and empties the batch. The connections are then idle, closed, or those of streams. If
 * the operator asks too, xs_monitor_survey takes its time on top, but after the answers. The reader
 * must have been refreshed in this turn. `now_ms` is of a monotonic clock.
 */
void xs_batch_answer(struct xs_batch *batch, struct xs_pool *pool, int64_t now_ms);

#endif
