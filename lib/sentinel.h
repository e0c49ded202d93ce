/*
 * sentinel.h: asks a Redis Sentinel where the master is.
 *
 * Sentinels speak Redis's protocol, so each is asked through redis.h, on a connection of its own
 * that is closed afterwards. Does I/O; reads the monotonic clock for its deadline only.
 * https://redis.io/docs/latest/develop/reference/sentinel-clients/
 */
#ifndef XS_SENTINEL_H
#define XS_SENTINEL_H

#include <stddef.h>

#include "error.h"
#include "sentinel_config.h"

/* Bytes of a host's name or address at most, terminator included. */
#define XS_SENTINEL_HOST_SIZE 256

/* Where a Sentinel says that the master is. A plain value. */
struct xs_sentinel_answer {
    char host[XS_SENTINEL_HOST_SIZE]; /* name or address, not empty */
    int port;                         /* 1..65535 */
};

/*
 * Asks the Sentinel `peer` (below config->peer_count), within `timeout_ms` (>= 1) altogether unless
 * its name has to be resolved.
 *
 * Returns XS_OK; XS_ERROR_UNAVAILABLE if the Sentinel knows no master of that name or refuses;
 * XS_ERROR_PROTOCOL if it names no place; XS_ERROR_NOMEM; the errors of xs_redis_open and
 * xs_redis_exchange. `info`, if not NULL, then says what was tried, on what, and why. On failure
 * `ret_answer` is untouched.
 *
 * What it says may be old: who is found there has to be asked whether it is the master.
 */
enum xs_error xs_sentinel_ask(const struct xs_sentinel_config *config, size_t peer, int timeout_ms,
                              struct xs_sentinel_answer *ret_answer, struct xs_error_info *info);

#endif
