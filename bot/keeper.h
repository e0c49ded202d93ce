/*
 * keeper.h: keeps Redis right for one domain: the lease and the users' records.
 *
 * All that can go wrong with Redis is dealt with here: an outage is logged once, and when it is
 * over everything known is written again. Does I/O through redis.h; logs.
 */
#ifndef XS_KEEPER_H
#define XS_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "figures.h"
#include "users.h"

/* How often Redis is tried again while it fails, in milliseconds. */
#define XS_KEEPER_RETRY_MS 1000

struct xs_keeper;

/*
 * Makes a keeper for `domain` (normalised); connects to nothing yet. Arguments are borrowed for its
 * life. Freed with xs_keeper_free. NULL if out of memory or without randomness.
 */
struct xs_keeper *xs_keeper_new(const struct xs_config *config, const char *domain);

/* Frees the keeper and its connection. NULL is allowed. */
void xs_keeper_free(struct xs_keeper *keeper);

/* What came of asking for the lease. */
enum xs_claim {
    XS_CLAIM_MINE,   /* it is ours, and was before */
    XS_CLAIM_TAKEN,  /* it is ours from now on: another bot may have had it meanwhile */
    XS_CLAIM_OTHERS, /* another bot has it */
    XS_CLAIM_FAILED  /* Redis does not answer, or refuses */
};

/* Asks for the lease before logging in. */
enum xs_claim xs_keeper_claim(struct xs_keeper *keeper);

/*
 * Keeps the lease alive during a sync, when nothing is written. `now_ms` is of a monotonic clock.
 * Returns false if another bot has the lease: the session must end.
 */
bool xs_keeper_keep(struct xs_keeper *keeper, int64_t now_ms);

/* Demands that everything be written again, after a sync. */
void xs_keeper_demand_rebuild(struct xs_keeper *keeper);

/* Says whether everything is still to be written again. */
bool xs_keeper_is_rebuilding(const struct xs_keeper *keeper);

/*
 * Writes what is out of date and renews the lease when that is due. `seen_ms`, of the same clock as
 * `now_ms`, is when the server was asked for the last sign of life that it has given; negative if
 * it has given none. What the server has said later may never have arrived, so the lease holds from
 * then on, and it is not renewed on the same sign twice, unless it may have been lost. If
 * `ret_renewed`, it was renewed now. Returns false if another bot has the lease: the session must
 * end.
 */
bool xs_keeper_tend(struct xs_keeper *keeper, struct xs_users *users, int64_t now_ms,
                    int64_t seen_ms, bool *ret_renewed);

/*
 * Says whether, bit by bit as it is tended, records of users who are not in the roster are to be
 * removed: only on servers where the roster lists everybody whose presence is to be had. What was
 * begun before ends.
 */
void xs_keeper_set_sweep(struct xs_keeper *keeper, bool sweep);

/* Counts how often Redis was away or refused to write. */
int64_t xs_keeper_outages(const struct xs_keeper *keeper);

/*
 * Writes the bot's figures for the operator. To be called when the lease has been renewed. If it
 * fails, that is logged once and has no consequences: presence does not depend on it.
 */
void xs_keeper_tell(struct xs_keeper *keeper, const struct xs_figures *figures);

/* Gives the lease up, for a clean stop. */
void xs_keeper_release(struct xs_keeper *keeper);

#endif
