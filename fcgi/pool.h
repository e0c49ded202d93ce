/*
 * pool.h: the connections there are, how many there may be, and which has to go first.
 *
 * Connections are reused objects: opening one allocates nothing. Does I/O only by closing them.
 */
#ifndef XS_POOL_H
#define XS_POOL_H

#include "connection.h"

/*
 * Connections at most, those of streams aside; fewer if the process may not have as many
 * descriptors.
 */
#define XS_POOL_MAX 1024

/* Descriptors kept back for everything that is not a connection. */
#define XS_POOL_RESERVED 32

/* How long the rest of a request may take after its first byte. Web servers send it at once. */
#define XS_POOL_RECEIVE_MS 1000

struct xs_pool;

/*
 * Makes a pool for as many connections as XS_POOL_MAX, `streams_max` and RLIMIT_NOFILE allow. Freed
 * with xs_pool_free. NULL if out of memory or if the limit leaves not a single one (errno is
 * EMFILE).
 */
struct xs_pool *xs_pool_new(size_t streams_max);

/*
 * Returns how many connections may be streams: as many as asked for, if XS_POOL_MAX are left to the
 * others, or half of what there is, if that is not even twice as much.
 */
size_t xs_pool_streams_max(const struct xs_pool *pool);

/* Closes all connections and frees the pool. NULL is allowed. */
void xs_pool_free(struct xs_pool *pool);

/*
 * Opens a connection on an accepted descriptor, which it takes over; idle at first. If the pool is
 * full, but for what is left to streams, xs_pool_drop_oldest makes room. Never NULL, as long as
 * nothing in the pool is busy.
 */
struct xs_connection *xs_pool_open(struct xs_pool *pool, int fd);

/*
 * Closes the connection that has been idle longest, so that silent peers cannot keep others out;
 * if none is idle, the one that has been sending a request longest. Busy ones and streams stay.
 * Returns false if there was none.
 */
bool xs_pool_drop_oldest(struct xs_pool *pool);

/* Closes a connection, if it is still open, and takes it out of use. */
void xs_pool_close(struct xs_pool *pool, struct xs_connection *connection);

/* Notes that the connection's request is being answered. */
void xs_pool_set_busy(struct xs_pool *pool, struct xs_connection *connection);

/*
 * Notes that the connection carries a stream. It has no deadline and makes no room for others; it
 * goes with xs_pool_close only.
 */
void xs_pool_set_streaming(struct xs_pool *pool, struct xs_connection *connection);

/* Notes that nothing waits on the connection. If it is idle already, its place stays. */
void xs_pool_set_idle(struct xs_pool *pool, struct xs_connection *connection);

/*
 * Notes that a part of a request waits on the connection. If this is news, the deadline for the
 * rest is XS_POOL_RECEIVE_MS after `now_ms`; otherwise it stays what it was. Milliseconds here are
 * those of a monotonic clock.
 */
void xs_pool_set_receiving(struct xs_pool *pool, struct xs_connection *connection, int64_t now_ms);

/* Returns how many connections are open. */
size_t xs_pool_count_open(const struct xs_pool *pool);

/* Returns the earliest deadline; INT64_MAX if there is none. */
int64_t xs_pool_deadline_ms(const struct xs_pool *pool);

/* Closes the connections whose deadline has passed at `now_ms`. */
void xs_pool_expire(struct xs_pool *pool, int64_t now_ms);

#endif
