#include "keeper.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hold.h"
#include "log.h"
#include "records.h"
#include "tally.h"

struct xs_keeper {
    const char *domain;
    struct xs_redis *redis;
    struct xs_records *records;
    struct xs_hold hold;
    struct xs_tally tally;
    uint64_t generation; /* of the connection through which everything known was written */
    int64_t vouched_ms;  /* when the sign of life was asked for that the last renewal rests on */
    int64_t due_ms;      /* when the lease is to be renewed, or Redis tried again */
    int64_t kept_ms;     /* when it was last made sure that the lease does not lapse meanwhile */
    bool sweep;          /* records of users who are not in the roster are being looked for */
    char cursor[XS_CURSOR_SIZE];
    bool again;         /* the lease may be lost: to be renewed also on the old sign of life */
    bool rebuild;       /* Redis may have lost or missed something: write everything again */
    bool failing;       /* an outage has been logged */
    int64_t outages;    /* how many there were */
    bool tally_logged;  /* that Redis refuses the bot's figures has been logged */
    bool others_logged; /* that another bot has the lease has been logged */
};

struct xs_keeper *xs_keeper_new(const struct xs_config *config, const char *domain)
{
    struct xs_keeper *keeper = calloc(1, sizeof(*keeper));

    if (keeper == NULL || xs_hold_init(&keeper->hold, domain, config->bot_name) != XS_OK)
        goto fail;
    xs_tally_init(&keeper->tally, domain);
    keeper->domain = domain;
    keeper->redis = xs_redis_new(&config->redis[XS_PROGRAM_BOT]);
    keeper->records =
        xs_records_new(domain, &keeper->hold, (int64_t)config->forget_days * XS_DAY_S);
    if (keeper->redis == NULL || keeper->records == NULL)
        goto fail;
    return keeper;
fail:
    xs_keeper_free(keeper);
    return NULL;
}

void xs_keeper_free(struct xs_keeper *keeper)
{
    if (keeper == NULL)
        return;
    xs_records_free(keeper->records);
    xs_redis_free(keeper->redis);
    free(keeper);
}

/* Redis failed or refused: says so once; whatever it missed is written again when it is back. */
static void note_failure(struct xs_keeper *keeper, const char *why)
{
    if (!keeper->failing) {
        xs_log(XS_LOG_ERROR, "%s: cannot write to Redis, will go on trying: %s", keeper->domain,
               why);
        keeper->due_ms = 0; /* once more at once, then at the pace of the retries */
        keeper->outages++;
    }
    keeper->failing = true;
    keeper->rebuild = true;
}

/* Only a renewal shows that all is well again: reading may work while writing does not. */
static void note_success(struct xs_keeper *keeper)
{
    if (keeper->failing)
        xs_log(XS_LOG_INFO, "%s: Redis takes writes again", keeper->domain);
    keeper->failing = false;
}

/* Judges a step with the lease. Returns true if it is ours. */
static bool is_mine(struct xs_keeper *keeper, enum xs_hold_result result)
{
    switch (result) {
    case XS_HOLD_MINE:
    case XS_HOLD_TAKEN:
        keeper->others_logged = false;
        return true;
    case XS_HOLD_OTHERS:
        if (!keeper->others_logged)
            xs_log(XS_LOG_WARNING, "%s: another bot has the lease; standing by", keeper->domain);
        keeper->others_logged = true;
        return false;
    case XS_HOLD_REFUSED:
        note_failure(keeper, keeper->hold.error);
        return false;
    case XS_HOLD_FAILED:
        note_failure(keeper, xs_redis_error(keeper->redis));
        return false;
    }
    return false;
}

/* Judges a step with records. Returns true if it was done. */
static bool is_done(struct xs_keeper *keeper, enum xs_records_result result)
{
    switch (result) {
    case XS_RECORDS_WRITTEN:
        return true;
    case XS_RECORDS_LOST:
        keeper->rebuild = true; /* lapsed, or taken by another: the rebuild finds out which */
        keeper->due_ms = 0;
        return false;
    case XS_RECORDS_REFUSED:
        note_failure(keeper, xs_records_error(keeper->records));
        return false;
    case XS_RECORDS_FAILED:
        note_failure(keeper, xs_redis_error(keeper->redis));
        return false;
    }
    return false;
}

enum xs_claim xs_keeper_claim(struct xs_keeper *keeper)
{
    enum xs_hold_result result = xs_hold_take(&keeper->hold, keeper->redis);

    if (is_mine(keeper, result))
        return result == XS_HOLD_TAKEN ? XS_CLAIM_TAKEN : XS_CLAIM_MINE;
    return result == XS_HOLD_OTHERS ? XS_CLAIM_OTHERS : XS_CLAIM_FAILED;
}

bool xs_keeper_keep(struct xs_keeper *keeper, int64_t now_ms)
{
    enum xs_hold_result result;

    if (now_ms < keeper->due_ms)
        return true;
    result = xs_hold_keep(&keeper->hold, keeper->redis);
    keeper->due_ms = now_ms + (is_mine(keeper, result) ? XS_HOLD_RENEW_MS : XS_KEEPER_RETRY_MS);
    return result != XS_HOLD_OTHERS;
}

void xs_keeper_demand_rebuild(struct xs_keeper *keeper)
{
    keeper->rebuild = true;
    keeper->due_ms = 0;
}

bool xs_keeper_is_rebuilding(const struct xs_keeper *keeper)
{
    return keeper->rebuild;
}

/*
 * Prepares to make Redis right from what is known: the lease, everybody's record, and those whom
 * Redis thinks online but who are not. Returns false only if another bot has the lease.
 */
static bool rebuild(struct xs_keeper *keeper, struct xs_users *users)
{
    enum xs_hold_result result = xs_hold_keep(&keeper->hold, keeper->redis);

    if (!is_mine(keeper, result))
        return result != XS_HOLD_OTHERS;
    keeper->generation = xs_redis_generation(keeper->redis);
    keeper->kept_ms = xs_clock_monotonic_ms();
    xs_users_mark_all_stale(users);
    if (is_done(keeper, xs_records_mark_silent(keeper->records, keeper->redis, users)))
        keeper->rebuild = false;
    keeper->again = true;
    return true;
}

void xs_keeper_set_sweep(struct xs_keeper *keeper, bool sweep)
{
    keeper->sweep = sweep;
    strcpy(keeper->cursor, "0");
}

/*
 * Judges a page of the sweep. A bot that is kept to the keys of its domain may not have the right
 * to look through all: that is no outage, and what nobody looks for expires by itself.
 */
static bool is_swept(struct xs_keeper *keeper, enum xs_records_result result)
{
    const char *why = xs_records_error(keeper->records);

    if (result != XS_RECORDS_REFUSED || strncmp(why, "NOPERM", strlen("NOPERM")) != 0)
        return is_done(keeper, result);
    xs_log(XS_LOG_WARNING, "%s: not looking for records of those who are not in the roster: %s",
           keeper->domain, why);
    keeper->sweep = false;
    return false;
}

/* Looks through one page of records for those that belong to nobody. */
static void sweep(struct xs_keeper *keeper, struct xs_users *users)
{
    if (!keeper->sweep)
        return;
    if (is_swept(keeper, xs_records_sweep(keeper->records, keeper->redis, users, keeper->cursor)))
        keeper->sweep = strcmp(keeper->cursor, "0") != 0;
    else
        strcpy(keeper->cursor, "0");
}

/* Vouches for the records for a while after `seen_ms`. Returns false if it could not. */
static bool renew(struct xs_keeper *keeper, int64_t now_ms, int64_t seen_ms)
{
    int64_t age_s = (xs_clock_monotonic_ms() - seen_ms + 999) / 1000;
    enum xs_hold_result result =
        xs_hold_renew(&keeper->hold, keeper->redis, xs_clock_wall_s() - age_s);

    if (result == XS_HOLD_OTHERS) { /* lapsed, or taken by another: the rebuild finds out which */
        xs_keeper_demand_rebuild(keeper);
        return false;
    }
    if (!is_mine(keeper, result))
        return false;
    /* An old sign of life is worth little or nothing, so the next counts as soon as it comes. */
    keeper->due_ms = now_ms - seen_ms > XS_HOLD_RENEW_MS ? now_ms : now_ms + XS_HOLD_RENEW_MS;
    keeper->vouched_ms = seen_ms;
    keeper->kept_ms = now_ms;
    keeper->again = false;
    note_success(keeper);
    return true;
}

/*
 * A new connection may lead to a Redis that has lost what was written, or went back to an older
 * state in which even the lease looks like ours: only writing everything again makes sure.
 */
static void watch_connection(struct xs_keeper *keeper)
{
    if (keeper->rebuild)
        return;
    if (xs_redis_open(keeper->redis) != XS_OK)
        note_failure(keeper, xs_redis_error(keeper->redis));
    else if (xs_redis_generation(keeper->redis) != keeper->generation)
        xs_keeper_demand_rebuild(keeper);
}

/*
 * Keeps the lease ours while everything is still being written, which vouches for nothing: if it
 * lapsed meanwhile, all of that would begin anew.
 */
static void keep_while_writing(struct xs_keeper *keeper, int64_t now_ms)
{
    enum xs_hold_result result;

    if (now_ms - keeper->kept_ms < XS_HOLD_RENEW_MS)
        return;
    keeper->kept_ms = now_ms;
    result = xs_hold_keep(&keeper->hold, keeper->redis);
    if (!is_mine(keeper, result) && result == XS_HOLD_OTHERS)
        xs_keeper_demand_rebuild(keeper); /* which finds out that it has to yield */
}

/* Says whether a renewal would rest on a sign of life that is new, or would bring back a lost one.
 */
static bool can_vouch(const struct xs_keeper *keeper, int64_t seen_ms)
{
    return seen_ms >= 0 && (keeper->again || seen_ms > keeper->vouched_ms);
}

bool xs_keeper_tend(struct xs_keeper *keeper, struct xs_users *users, int64_t now_ms,
                    int64_t seen_ms, bool *ret_renewed)
{
    bool due;

    *ret_renewed = false;
    watch_connection(keeper);
    due = now_ms >= keeper->due_ms;
    if (keeper->rebuild) {
        if (!due)
            return true;
        keeper->due_ms = now_ms + XS_KEEPER_RETRY_MS;
        if (!rebuild(keeper, users))
            return false;
        if (keeper->rebuild)
            return true;
        due = true;
    }
    sweep(keeper, users);
    if (!is_done(keeper,
                 xs_records_flush(keeper->records, keeper->redis, users, xs_clock_wall_s())))
        return true;
    if (xs_users_next_stale(users, NULL) != NULL)
        keep_while_writing(keeper, now_ms);
    else if (due && can_vouch(keeper, seen_ms))
        *ret_renewed = renew(keeper, now_ms, seen_ms);
    return true;
}

int64_t xs_keeper_outages(const struct xs_keeper *keeper)
{
    return keeper->outages;
}

/* What fails for other reasons than a refusal shows in the next step with the lease. */
void xs_keeper_tell(struct xs_keeper *keeper, const struct xs_figures *figures)
{
    enum xs_hold_result result =
        xs_tally_write(&keeper->tally, &keeper->hold, keeper->redis, figures);

    if (result == XS_HOLD_REFUSED && !keeper->tally_logged)
        xs_log(XS_LOG_WARNING,
               "%s: cannot write the bot's metrics, its presence is not affected: %s",
               keeper->domain, keeper->tally.error);
    if (result == XS_HOLD_REFUSED || result == XS_HOLD_MINE)
        keeper->tally_logged = result == XS_HOLD_REFUSED;
}

void xs_keeper_release(struct xs_keeper *keeper)
{
    xs_hold_release(&keeper->hold, keeper->redis); /* if that fails, it lapses by itself */
}
