/*
 * survey.h: asks Redis how the domains fare: their leases and what their bots tell of themselves.
 *
 * Does I/O through redis.h.
 */
#ifndef XS_SURVEY_H
#define XS_SURVEY_H

#include "error.h"
#include "figures.h"
#include "lease.h"
#include "redis.h"

/* Bytes of a value in a survey at most; a longer one is no lease and no figure. */
#define XS_SURVEY_VALUE_MAX 1024

/* One domain. */
struct xs_surveyed {
    const char *domain;    /* in: normalised, borrowed */
    struct xs_lease lease; /* out */
    struct xs_figures
        figures; /* out: unknown if the key is absent or damaged, or may not be read */
};

/*
 * Asks about `count` domains, also none, in one pipelined round trip within the configured timeout.
 *
 * Returns XS_OK if Redis answered; otherwise what xs_redis_open or xs_redis_exchange says, or
 * XS_ERROR_UNAVAILABLE if Redis refuses to serve, XS_ERROR_PROTOCOL for an answer of a wrong shape,
 * XS_ERROR_NOMEM. `info` then says why, perhaps with the peer's words, unescaped; and what is out
 * is not to be used.
 */
enum xs_error xs_survey_take(struct xs_redis *redis, struct xs_surveyed domains[], size_t count,
                             struct xs_error_info *info);

#endif
