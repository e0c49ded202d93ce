/*
 * redis_internal.h: what the files that make up redis.h share.
 */
#ifndef XS_REDIS_INTERNAL_H
#define XS_REDIS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "redis.h"
#include "redis_reader.h"
#include "sentinel.h"
#include "sieve.h"

struct xs_redis {
    struct xs_redis_config config;
    redisContext *context; /* NULL: no connection */
    struct xs_redis_reader bound;
    struct xs_sieve sieve; /* of the connection, if values have a limit */
    size_t receive_budget; /* bytes that may still come before the next message is whole */
    uint64_t generation;
    int64_t retry_at_ms;              /* monotonic; 0: no pause */
    int backoff_ms;                   /* the pause that the next failure brings */
    size_t sentinel;                  /* which one to ask first: the last that was of use */
    struct xs_sentinel_answer master; /* where it was found last; host "" if never */
    struct xs_error_info info;
};

/*
 * Records a failure: what was tried, on what, and why. Where the peer is comes from the
 * configuration, or is where the master was found last. `why` may point into the context, which is
 * closed. Returns `code`.
 */
enum xs_error xs_redis_fail(struct xs_redis *redis, enum xs_error code, const char *tried,
                            const char *why);

/*
 * Waits, until a monotonic deadline, for one of poll's `events` on the socket, or for an error that
 * the next call will meet. Returns XS_OK, or fails with XS_ERROR_TIMEOUT or XS_ERROR_UNAVAILABLE.
 */
enum xs_error xs_redis_wait(struct xs_redis *redis, short events, int64_t deadline_ms,
                            const char *tried);

/*
 * Reads one reply until the deadline; `budget` is how many bytes may still come. On success the
 * reply is the caller's; on failure the connection is closed and `ret_reply` is untouched.
 */
enum xs_error xs_redis_read(struct xs_redis *redis, int64_t deadline_ms, size_t *budget,
                            const char *tried, redisReply **ret_reply);

/* Sends what is queued, until the deadline. On failure the connection is closed. */
enum xs_error xs_redis_flush(struct xs_redis *redis, int64_t deadline_ms, const char *tried);

/* Connects to a host, or to the configured path if `host` is NULL. Fails as xs_redis_open does. */
enum xs_error xs_redis_connect(struct xs_redis *redis, const char *host, int port,
                               int64_t deadline_ms);

/*
 * Connects to the master, authenticated, as the configured Sentinels know it: asks one after the
 * other until one names a server that is a master. Each has an equal share of the time that is
 * left. Fails as xs_redis_open does; the last failure is the one recorded.
 */
enum xs_error xs_redis_connect_master(struct xs_redis *redis, int64_t deadline_ms);

/*
 * Closes the connection if one of `replies` says that the server does not write (any more), and
 * Sentinels are configured: the next open asks them again.
 */
void xs_redis_watch_master(struct xs_redis *redis, redisReply *const replies[], size_t count);

/* Authenticates a fresh connection, if the configuration says so. Fails as xs_redis_open does. */
enum xs_error xs_redis_authenticate(struct xs_redis *redis, int64_t deadline_ms);

#endif
