/*
 * streams.h: the streams of events there are, and what is sent on them.
 *
 * A stream is one answer without an end: Server-Sent Events. It begins with the answer for each of
 * its JIDs and goes on with one event at each change that shows in an answer. Every event has an id
 * that says of all JIDs of the stream which answer was sent last, so whoever comes back with it, to
 * whatever process, gets what has changed since and nothing twice. Does I/O on the connections,
 * which are the pool's. Nobody is waited for: who does not take what is sent is dropped.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
#ifndef XS_STREAMS_H
#define XS_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connection.h"
#include "error.h"
#include "event_id.h"
#include "lookup.h"
#include "metrics.h"
#include "pool.h"
#include "request.h"
#include "respond.h"
#include "watches.h"

/* How long a stream is silent at most: then comes a comment, which keeps proxies calm. */
#define XS_STREAMS_COMMENT_MS 20000

/* How often leases are looked at, and comments sent. */
#define XS_STREAMS_TICK_MS 1000

/* After how long clients shall come back when a stream ends; each is told another time. */
#define XS_STREAMS_RETRY_MIN_MS 1000
#define XS_STREAMS_RETRY_MAX_MS 5000

struct xs_streams;

/*
 * Makes an empty set of up to `streams_max` streams, 0 for none at all, of up to `jids_max` JIDs,
 * 1..XS_QUERY_JIDS_MAX. What happens is counted in `metrics`, which are borrowed for its life.
 * Freed with xs_streams_free. NULL if out of memory.
 */
struct xs_streams *xs_streams_new(size_t streams_max, size_t jids_max, struct xs_metrics *metrics);

/* Frees all streams and the set; connections stay as they are. NULL is allowed. */
void xs_streams_free(struct xs_streams *streams);

/* Returns how many there may be. */
size_t xs_streams_max(const struct xs_streams *streams);

/* Lowers how many streams there may be, as there are descriptors for no more. */
void xs_streams_limit(struct xs_streams *streams, size_t streams_max);

/*
 * Opens a stream on a connection whose request, for a stream, has been read: sends `head`, and of
 * the JIDs that were looked up, in the order asked for and each once, the answers that the client
 * has not had. `lookups` as for xs_responder_answer. What the request borrowed is gone afterwards.
 *
 * Returns XS_OK, after which connection->stream is set, and the connection is the stream's until
 * xs_streams_close; XS_ERROR_UNAVAILABLE if there are too many streams; XS_ERROR_TOO_LONG if there
 * are too many JIDs, or the answers exceed XS_BODY_LIST_MAX; XS_ERROR_NOMEM. On failure the request
 * can be answered as if nothing had been.
 */
enum xs_error xs_streams_open(struct xs_streams *streams, struct xs_connection *connection,
                              const struct xs_request *request, const struct xs_lookup *lookups,
                              const struct xs_response *head, int64_t now_s, int64_t now_ms);

/* Ends a stream, without a word; its connection must be closed. */
void xs_streams_close(struct xs_streams *streams, struct xs_stream *stream);

/* Returns the JIDs that are watched, to be told of changes and asked which to look up. */
struct xs_watches *xs_streams_watches(struct xs_streams *streams);

/*
 * Takes in what was found for a watched JID, and sends it to the streams that have not had it. On
 * one of `any` nothing is sent while somebody of it is pending, or the best is dirty: their update
 * follows, and says the rest. Times are the wall clock's and a monotonic one's.
 */
void xs_streams_update(struct xs_streams *streams, struct xs_watch *watch,
                       const struct xs_lookup *lookup, int64_t now_s, int64_t now_ms);

/*
 * Sends comments, and notes whose lease has run out, if that is due; if `is_blind`, as Redis does
 * not say what changes, that anything may have changed.
 */
void xs_streams_tick(struct xs_streams *streams, bool is_blind, int64_t now_s, int64_t now_ms);

/* Returns when the next tick is due; INT64_MAX if there are no streams. */
int64_t xs_streams_deadline_ms(const struct xs_streams *streams);

/* Closes the streams that could not be sent everything, and their connections. */
void xs_streams_reap(struct xs_streams *streams, struct xs_pool *pool);

/* Tells all clients to come back later, and ends their streams. No more are opened. */
void xs_streams_stop(struct xs_streams *streams, struct xs_pool *pool);

#endif
