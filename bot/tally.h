/*
 * tally.h: writing the bot's figures to Redis, where the responder shows them to the operator.
 *
 * I/O through redis.h.
 */
#ifndef XS_TALLY_H
#define XS_TALLY_H

#include "figures.h"
#include "hold.h"

/* How long figures live that are not written again, in seconds. */
#define XS_TALLY_TTL_S 60

/* Where one bot writes its figures. A plain value. */
struct xs_tally {
    struct xs_key key;
    char error[256]; /* the last error reply, "" if none; unescaped */
};

/* Prepares for `domain` (normalised). */
void xs_tally_init(struct xs_tally *tally, const char *domain);

/*
 * Replaces the figures in Redis, in one atomic script, if the lease is ours. Unknown ones are left
 * out. With XS_HOLD_REFUSED tally->error has Redis's words.
 */
enum xs_hold_result xs_tally_write(struct xs_tally *tally, const struct xs_hold *hold,
                                   struct xs_redis *redis, const struct xs_figures *figures);

#endif
