/*
 * loop.h: the event loop of the responder.
 *
 * Each turn waits, takes all whole requests that are there, hears what has changed in Redis, asks
 * it once for what is not known, answers them all, sends on streams what has changed, and accepts
 * new connections. One thread; nothing but the wait and Redis ever blocks: to hear, to ask, and to
 * survey for the operator, each within the bounds of reader.h and monitor.h. Does I/O on all
 * connections, reads the monotonic clock, tells systemd of readiness and life, and logs.
 */
#ifndef XS_LOOP_H
#define XS_LOOP_H

#include "batch.h"
#include "error.h"
#include "streams.h"

/* Connections accepted in one turn at most, so that a flood of them does not hold up requests. */
#define XS_LOOP_ACCEPT_MAX 64

/* How long no connections are accepted after the system had no resources for one, or to go on. */
#define XS_LOOP_ACCEPT_PAUSE_MS 100

/* How long accepting must have gone well before another shortage is logged. */
#define XS_LOOP_ACCEPT_QUIET_MS 60000

/* The longest wait for anything to happen. */
#define XS_LOOP_WAIT_MAX_MS 60000

/* How long requests that keep coming are still answered after the signal to stop. */
#define XS_LOOP_STOP_MS 500

/*
 * Serves on `listen_fd`, a listening stream socket that does not block, until SIGTERM or SIGINT,
 * which the caller must have blocked, arrives. Requests that have arrived by then are answered.
 * `listen_fd`, `reader`, `streams` and `batch`, which is on both, stay the caller's. All streams
 * are ended and all connections closed at the end.
 *
 * Returns XS_OK after a stop by signal; XS_ERROR_NOMEM or XS_ERROR_SYSTEM (errno says why).
 */
enum xs_error xs_loop_run(int listen_fd, struct xs_reader *reader, struct xs_streams *streams,
                          struct xs_batch *batch);

#endif
