#include "bot.h"

#include <stdlib.h>

#include "bot_internal.h"
#include "chance.h"
#include "clock.h"
#include "hold.h"
#include "log.h"

/* How long connecting and logging in may take altogether. */
#define LOGIN_TIMEOUT_MS 30000

/*
 * How long after the latest sign of life the server is asked for another, so that there is a new
 * one by the next renewal of the lease, which holds from then on; how soon again while there is
 * none; and how long it may stay silent before the session is given up.
 */
#define PING_AGAIN_MS   2000
#define PING_AFTER_MS   (XS_HOLD_RENEW_MS - PING_AGAIN_MS)
#define PONG_TIMEOUT_MS 60000
_Static_assert(PONG_TIMEOUT_MS / PING_AGAIN_MS < XS_BOT_PINGS, "the time of each ping is kept");

/*
 * How long no presence may arrive by privilege before the bot asks for everybody's again: Prosody
 * silently stops sending it when the module that grants the privilege is reloaded.
 */
#define SILENCE_MS 60000

/*
 * And how long at most after the last time, whatever arrives: one user who writes to the bot again
 * and again could otherwise hide that silence.
 */
#define RESYNC_MS 600000

/* Pauses between attempts to log in: from the first to the longest, with jitter. */
#define PAUSE_MIN_MS 1000
#define PAUSE_MAX_MS 60000

#define SHOWS_LESS "the server does not show everybody's presence any more"

/* How often a lease that another bot has, or a Redis that is away, is asked for. */
#define CLAIM_MS 1000

struct xs_bot *xs_bot_new(const struct xs_config *config, const struct xs_domain_config *domain)
{
    struct xs_bot *bot = calloc(1, sizeof(*bot));
    const struct xs_session_takers takers = {
        .presence = xs_bot_take_presence,
        .iq = xs_bot_take_iq,
        .message = xs_bot_take_message,
        .context = bot,
    };

    if (bot == NULL)
        return NULL;
    bot->domain = domain;
    bot->figures.values[XS_FIGURE_STARTED] = xs_clock_wall_s();
    bot->figures.values[XS_FIGURE_SYNCED] = XS_FIGURE_UNKNOWN;
    bot->session = xs_session_new(domain, &takers);
    bot->users = xs_users_new();
    bot->activity = xs_activity_new(domain->domain);
    bot->keeper = xs_keeper_new(config, domain->domain);
    if (bot->session == NULL || bot->users == NULL || bot->activity == NULL ||
        bot->keeper == NULL) {
        xs_bot_free(bot);
        return NULL;
    }
    return bot;
}

void xs_bot_free(struct xs_bot *bot)
{
    if (bot == NULL)
        return;
    xs_session_free(bot->session);
    xs_keeper_free(bot->keeper);
    xs_activity_free(bot->activity);
    xs_users_free(bot->users);
    free(bot);
}

/* A pause that doubles, cut by up to a half at random so that many bots do not come in step. */
static int64_t next_pause_ms(struct xs_bot *bot)
{
    bot->pause_ms = bot->pause_ms == 0 ? PAUSE_MIN_MS : bot->pause_ms * 2;
    if (bot->pause_ms > PAUSE_MAX_MS)
        bot->pause_ms = PAUSE_MAX_MS;
    return bot->pause_ms - (int64_t)xs_chance_below((uint32_t)bot->pause_ms / 2);
}

/* The session is over or of no use: waits before the next. Nobody goes offline by that. */
static void wait_after_failure(struct xs_bot *bot, const char *cause)
{
    int64_t pause_ms = next_pause_ms(bot);

    bot->figures.values[XS_FIGURE_RECONNECTS]++;
    xs_log(XS_LOG_ERROR, "%s: session of %s%s%s: %s; next attempt in %.1f s", bot->domain->domain,
           bot->domain->jid.bare, bot->domain->host == NULL ? "" : " at ",
           bot->domain->host == NULL ? "" : bot->domain->host, cause, (double)pause_ms / 1000);
    bot->phase = XS_BOT_WAITING;
    bot->next_ms = xs_clock_monotonic_ms() + pause_ms;
}

static void fail_session(struct xs_bot *bot, const char *cause)
{
    xs_session_close(bot->session, cause);
    wait_after_failure(bot, cause);
}

/*
 * Another bot is in charge now: what is known here of those who are offline is soon older than what
 * that one writes.
 */
static void stand_by(struct xs_bot *bot)
{
    bot->standing_by = true;
    xs_users_clear(bot->users);
}

/* Leaves the field to another bot and waits for the lease. */
static void yield_to_other(struct xs_bot *bot)
{
    xs_session_close(bot->session, "another bot has the lease");
    stand_by(bot);
    bot->phase = XS_BOT_WAITING;
    bot->next_ms = xs_clock_monotonic_ms() + CLAIM_MS;
}

static void start_login(struct xs_bot *bot, int64_t now_ms)
{
    enum xs_claim claim;

    if (now_ms < bot->next_ms)
        return;
    bot->next_ms = now_ms + CLAIM_MS;
    claim = xs_keeper_claim(bot->keeper);
    bot->standing_by = false;
    if (claim == XS_CLAIM_OTHERS)
        stand_by(bot);
    /* Another may have been in charge unseen: only with a session would its login have told. */
    if (claim == XS_CLAIM_TAKEN)
        xs_users_doubt(bot->users);
    if (claim != XS_CLAIM_MINE && claim != XS_CLAIM_TAKEN)
        return;
    if (xs_session_open(bot->session) != XS_OK) {
        wait_after_failure(bot, xs_session_cause(bot->session));
        return;
    }
    bot->phase = XS_BOT_LOGIN;
    bot->deadline_ms = xs_clock_monotonic_ms() + LOGIN_TIMEOUT_MS;
}

static unsigned send_ping(struct xs_bot *bot, int64_t now_ms)
{
    unsigned number = xs_session_send_ping(bot->session);

    bot->ping_ms = now_ms;
    bot->pings_ms[number % XS_BOT_PINGS] = now_ms;
    return number;
}

/* Logged in: first the roster, as it says whose presence counts. */
static void start_session(struct xs_bot *bot, int64_t now_ms)
{
    xs_activity_clear(bot->activity);
    bot->privileged = bot->may_ask = false;
    bot->seen_ms = -1;
    bot->has_roster = bot->full_logged = bot->blind_logged = false;
    bot->trouble = NULL;
    bot->marker = 0;
    bot->last_pong = 0;
    bot->pong_ms = now_ms;
    bot->deadline_ms = now_ms + PONG_TIMEOUT_MS;
    bot->phase = XS_BOT_ROSTER;
    xs_session_send_roster_request(bot->session);
    send_ping(bot, now_ms);
}

/* Asks for everybody's presence and sends the marker behind it. */
static void start_sync(struct xs_bot *bot, bool again, int64_t now_ms)
{
    xs_users_begin_sync(bot->users);
    bot->sync = xs_sync_start();
    bot->heard_ms = now_ms;
    bot->granted = false;
    xs_session_send_presence(bot->session, again);
    bot->marker = send_ping(bot, now_ms);
}

/*
 * Says whether to ask the server for a sign of life. When the lease was renewed does not matter: an
 * outage of Redis makes that happen early, on the old sign of life.
 */
static bool ping_is_due(const struct xs_bot *bot, int64_t now_ms)
{
    return now_ms - bot->ping_ms >= PING_AGAIN_MS && now_ms - bot->seen_ms >= PING_AFTER_MS;
}

/* Notes answers to pings and sends the next. Returns false if the server was silent too long. */
static bool keep_pinging(struct xs_bot *bot, int64_t now_ms)
{
    unsigned pong = xs_session_last_pong(bot->session);

    if (pong != bot->last_pong) {
        if (bot->marker != 0 && bot->last_pong < bot->marker && pong >= bot->marker)
            xs_sync_note_reply(&bot->sync, now_ms);
        bot->last_pong = pong;
        bot->pong_ms = now_ms;
        bot->seen_ms = bot->pings_ms[pong % XS_BOT_PINGS];
    }
    if (now_ms - bot->pong_ms >= PONG_TIMEOUT_MS)
        return false;
    if (ping_is_due(bot, now_ms))
        send_ping(bot, now_ms);
    return true;
}

static bool sync_is_over(const struct xs_bot *bot, int64_t now_ms)
{
    return bot->marker != 0 && xs_sync_is_complete(&bot->sync, now_ms);
}

/*
 * Says whether the server has shown more to this process before than it does in this session: then
 * something is wrong with it, and its silence says nothing of anybody.
 */
static bool shows_less(const struct xs_bot *bot)
{
    if (bot->granted)
        return false;
    return bot->was_privileged || (!bot->has_roster && xs_users_listed_count(bot->users) > 0);
}

/*
 * Says whether the server shows the bot anybody at all. If not, silence means nothing, and there is
 * nothing to vouch for.
 */
static bool is_blind(struct xs_bot *bot)
{
    bool blind = !bot->granted && xs_users_listed_count(bot->users) == 0;

    if (blind && !bot->blind_logged)
        xs_log(XS_LOG_WARNING,
               "%s: the server shows nobody's presence to %s: it has neither the privilege nor "
               "anybody in its roster; waiting",
               bot->domain->domain, bot->domain->jid.bare);
    bot->blind_logged = blind;
    return blind;
}

/* What was collected is everybody's presence: it counts from now on. */
static void complete_sync(struct xs_bot *bot, int64_t now_ms)
{
    bot->marker = 0;
    bot->synced_ms = now_ms;
    bot->was_privileged = bot->privileged;
    xs_users_judge_dropped(bot->users, !bot->privileged);
    xs_users_end_sync(bot->users);
    bot->figures.values[XS_FIGURE_SYNCED] = xs_clock_wall_s();
    bot->figures.values[XS_FIGURE_SYNCS]++;
}

static void do_sync(struct xs_bot *bot, int64_t now_ms)
{
    if (bot->marker == 0)
        start_sync(bot, false, now_ms);
    if (!sync_is_over(bot, now_ms))
        return;
    if (shows_less(bot)) {
        fail_session(bot, SHOWS_LESS);
        return;
    }
    if (is_blind(bot))
        return;
    complete_sync(bot, now_ms);
    bot->phase = XS_BOT_LIVE;
    bot->pause_ms = 0;
    bot->want_activity = true;
    xs_keeper_demand_rebuild(bot->keeper);
    xs_keeper_set_sweep(bot->keeper, !bot->privileged);
    xs_log(XS_LOG_INFO, "%s: sync complete, %zu users online, %s", bot->domain->domain,
           xs_users_online_count(bot->users), bot->privileged ? "by privilege" : "by subscription");
}

/* Asks again when a server that shows everybody has fallen silent, and draws the conclusions. */
static void watch_privilege(struct xs_bot *bot, int64_t now_ms)
{
    if (!bot->privileged)
        return;
    if (bot->marker == 0 &&
        (now_ms - bot->heard_ms >= SILENCE_MS || now_ms - bot->synced_ms >= RESYNC_MS))
        start_sync(bot, true, now_ms);
    if (!sync_is_over(bot, now_ms))
        return;
    if (!bot->granted) {
        fail_session(bot, SHOWS_LESS);
        return;
    }
    complete_sync(bot, now_ms);
    xs_bot_want_activity(bot, false);
}

/* Tells the operator how the bot fares. */
static void tell_figures(struct xs_bot *bot)
{
    int64_t *values = bot->figures.values;

    values[XS_FIGURE_ONLINE] = (int64_t)xs_users_online_count(bot->users);
    values[XS_FIGURE_LISTED] = (int64_t)xs_users_listed_count(bot->users);
    values[XS_FIGURE_OUTAGES] = xs_keeper_outages(bot->keeper);
    xs_keeper_tell(bot->keeper, &bot->figures);
}

static void do_live(struct xs_bot *bot, int64_t now_ms)
{
    bool renewed;

    /* The server has taken the privilege away: from now on its silence says nothing of anybody. */
    if (bot->was_privileged && !bot->privileged) {
        fail_session(bot, SHOWS_LESS);
        return;
    }
    if (!xs_keeper_tend(bot->keeper, bot->users, now_ms, bot->seen_ms, &renewed)) {
        yield_to_other(bot);
        return;
    }
    if (renewed) {
        bot->vouched = true;
        tell_figures(bot);
    }
    if (bot->want_activity && !xs_keeper_is_rebuilding(bot->keeper)) {
        bot->want_activity = false;
        xs_bot_want_activity(bot, true);
    }
    xs_bot_ask_activity(bot, now_ms);
    watch_privilege(bot, now_ms);
}

/* Handles the phases in which the session is open. */
static void tend_open_session(struct xs_bot *bot, int64_t now_ms)
{
    if (bot->phase == XS_BOT_LOGIN)
        start_session(bot, now_ms);
    if (bot->trouble != NULL) {
        fail_session(bot, bot->trouble);
        return;
    }
    if (!keep_pinging(bot, now_ms)) {
        fail_session(bot, "the server does not answer pings");
        return;
    }
    if (bot->phase == XS_BOT_ROSTER && now_ms >= bot->deadline_ms) {
        fail_session(bot, "the server does not answer our request for the roster");
        return;
    }
    if (bot->phase == XS_BOT_LIVE)
        do_live(bot, now_ms);
    else if (!xs_keeper_keep(bot->keeper, now_ms))
        yield_to_other(bot);
    else if (bot->phase == XS_BOT_SYNC)
        do_sync(bot, now_ms);
}

static void tend_session(struct xs_bot *bot, int64_t now_ms)
{
    switch (xs_session_state(bot->session)) {
    case XS_SESSION_CLOSED:
        wait_after_failure(bot, xs_session_cause(bot->session));
        break;
    case XS_SESSION_OPENING:
        if (now_ms >= bot->deadline_ms)
            fail_session(bot, "the server did not let us log in within the time");
        break;
    case XS_SESSION_OPEN:
        tend_open_session(bot, now_ms);
        break;
    }
}

void xs_bot_turn(struct xs_bot *bot, unsigned timeout_ms)
{
    int64_t now_ms;

    xs_session_run(bot->session, timeout_ms);
    now_ms = xs_clock_monotonic_ms();
    if (bot->phase == XS_BOT_WAITING)
        start_login(bot, now_ms);
    else
        tend_session(bot, now_ms);
    xs_notify_tell(&bot->notify, bot->vouched || bot->standing_by, now_ms);
}

void xs_bot_stop(struct xs_bot *bot)
{
    xs_notify_stopping();
    xs_session_close(bot->session, "stopped");
    bot->phase = XS_BOT_WAITING;
    xs_keeper_release(bot->keeper);
}
