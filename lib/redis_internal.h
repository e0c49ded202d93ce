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
#include "sieve.h"

struct xs_redis {
    struct xs_redis_config config;
    redisContext *context; /* NULL: no connection */
    struct xs_redis_reader bound;
    struct xs_sieve sieve; /* of the connection, if values have a limit */
    size_t receive_budget; /* bytes that may still come before the next message is whole */
    uint64_t generation;
    int64_t retry_at_ms; /* monotonic; 0: no pause */
    int backoff_ms;      /* the pause that the next failure brings */
    struct xs_error_info info;
};

/*
 * Records a failure: what was tried, on what, and why. Where the peer is comes from the
 * configuration. `why` may point into the context, which is closed. Returns `code`.
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

/* Authenticates a fresh connection, if the configuration says so. Fails as xs_redis_open does. */
enum xs_error xs_redis_authenticate(struct xs_redis *redis, int64_t deadline_ms);

#endif
