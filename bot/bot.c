#include "bot.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "keeper.h"
#include "log.h"
#include "session.h"
#include "stanza.h"
#include "sync.h"
#include "users.h"

/* How long connecting and logging in may take altogether. */
#define LOGIN_TIMEOUT_MS 30000

/*
 * How often the server is asked for a sign of life: soon again while one is wanted for the next
 * renewal of the lease. And how long it may stay silent before the session is given up.
 */
#define PING_INTERVAL_MS 10000
#define PING_AGAIN_MS    2000
#define PONG_TIMEOUT_MS  60000

/* Pauses between attempts to log in: from the first to the longest, with jitter. */
#define PAUSE_MIN_MS 1000
#define PAUSE_MAX_MS 60000

/* How often a lease that another bot has, or a Redis that is away, is asked for. */
#define CLAIM_MS 1000

enum phase {
    PHASE_WAITING, /* for the lease, or for the next attempt to log in */
    PHASE_LOGIN,
    PHASE_SYNC, /* collecting; nothing is written */
    PHASE_LIVE  /* what is known is what Redis should say */
};

struct xs_bot {
    const struct xs_domain_config *domain;
    struct xs_session *session;
    struct xs_users *users;
    struct xs_keeper *keeper;
    enum phase phase;
    struct xs_sync sync;
    struct xs_report report; /* of the stanza in hand; too large for the stack */
    int64_t next_ms;         /* waiting: when to try next */
    int64_t deadline_ms;     /* login: when to give up */
    int64_t pause_ms;        /* the last pause after a failed session */
    int64_t ping_ms;         /* when the last ping was sent */
    int64_t pong_ms;         /* when the server last answered one */
    unsigned pongs_seen;     /* pongs counted so far */
    bool answered;           /* the server has answered since the lease was renewed last */
    bool full_logged;        /* that there are too many users has been logged */
};

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t wall_clock_s(void)
{
    return (int64_t)time(NULL);
}

static const char *domain_name(const struct xs_bot *bot)
{
    return bot->domain->domain;
}

/* Takes one presence stanza from the session. */
static void take_presence(void *context, xmpp_stanza_t *stanza)
{
    struct xs_bot *bot = context;
    struct xs_report *report = &bot->report;
    enum xs_error error;

    if (!xs_stanza_read_presence(stanza, domain_name(bot), wall_clock_s(), report) ||
        strcmp(report->jid.bare, bot->domain->jid.bare) == 0)
        return;
    if (report->delayed)
        xs_sync_note_delayed(&bot->sync, monotonic_ms());
    error = xs_users_apply(bot->users, report);
    if (error != XS_OK && !bot->full_logged) {
        xs_log(XS_LOG_ERROR, "%s: ignoring the presence of further users: %s", domain_name(bot),
               xs_error_string(error));
        bot->full_logged = true;
    }
}

struct xs_bot *xs_bot_new(const struct xs_config *config, const struct xs_domain_config *domain)
{
    struct xs_bot *bot = calloc(1, sizeof(*bot));

    if (bot == NULL)
        return NULL;
    bot->domain = domain;
    bot->session = xs_session_new(domain, take_presence, bot);
    bot->users = xs_users_new();
    bot->keeper = xs_keeper_new(config, domain->domain);
    if (bot->session == NULL || bot->users == NULL || bot->keeper == NULL) {
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
    xs_users_free(bot->users);
    free(bot);
}

/* A pause that doubles, cut by up to a half at random so that many bots do not come in step. */
static int64_t next_pause_ms(struct xs_bot *bot)
{
    uint32_t random = 0;

    bot->pause_ms = bot->pause_ms == 0 ? PAUSE_MIN_MS : bot->pause_ms * 2;
    if (bot->pause_ms > PAUSE_MAX_MS)
        bot->pause_ms = PAUSE_MAX_MS;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
        random = 0;
    return bot->pause_ms - (int64_t)(random % (uint32_t)(bot->pause_ms / 2));
}

/* The session is over or of no use: waits before the next. Nobody goes offline by that. */
static void wait_after_failure(struct xs_bot *bot, const char *cause)
{
    int64_t pause_ms = next_pause_ms(bot);

    xs_log(XS_LOG_ERROR, "%s: session of %s%s%s: %s; next attempt in %.1f s", domain_name(bot),
           bot->domain->jid.bare, bot->domain->host == NULL ? "" : " at ",
           bot->domain->host == NULL ? "" : bot->domain->host, cause, (double)pause_ms / 1000);
    bot->phase = PHASE_WAITING;
    bot->next_ms = monotonic_ms() + pause_ms;
}

/* Another bot is in charge now: leaves the field to it and waits for the lease. */
static void yield_to_other(struct xs_bot *bot)
{
    xs_session_close(bot->session, "another bot has the lease");
    bot->phase = PHASE_WAITING;
    bot->next_ms = monotonic_ms() + CLAIM_MS;
}

static void start_login(struct xs_bot *bot, int64_t now_ms)
{
    if (now_ms < bot->next_ms)
        return;
    bot->next_ms = now_ms + CLAIM_MS;
    if (!xs_keeper_claim(bot->keeper))
        return;
    if (xs_session_open(bot->session) != XS_OK) {
        wait_after_failure(bot, xs_session_cause(bot->session));
        return;
    }
    bot->phase = PHASE_LOGIN;
    bot->deadline_ms = now_ms + LOGIN_TIMEOUT_MS;
}

static void send_ping(struct xs_bot *bot, int64_t now_ms)
{
    xs_session_send_ping(bot->session);
    bot->ping_ms = now_ms;
}

/* Logged in: asks for everybody's presence and sends the marker behind it. */
static void start_sync(struct xs_bot *bot, int64_t now_ms)
{
    xs_users_begin_sync(bot->users);
    xs_session_send_presence(bot->session);
    send_ping(bot, now_ms);
    bot->sync = xs_sync_start();
    bot->pongs_seen = 0;
    bot->pong_ms = now_ms;
    bot->answered = false;
    bot->full_logged = false;
    bot->phase = PHASE_SYNC;
}

/* Notes answers to pings and sends the next. Returns false if the server was silent too long. */
static bool keep_pinging(struct xs_bot *bot, int64_t now_ms)
{
    unsigned pongs = xs_session_pong_count(bot->session);

    if (pongs != bot->pongs_seen) {
        if (bot->phase == PHASE_SYNC && bot->pongs_seen == 0)
            xs_sync_note_reply(&bot->sync, now_ms);
        bot->pongs_seen = pongs;
        bot->pong_ms = now_ms;
        bot->answered = true;
    }
    if (now_ms - bot->pong_ms >= PONG_TIMEOUT_MS)
        return false;
    if (now_ms - bot->ping_ms >= (bot->answered ? PING_INTERVAL_MS : PING_AGAIN_MS))
        send_ping(bot, now_ms);
    return true;
}

static void do_sync(struct xs_bot *bot, int64_t now_ms)
{
    if (!xs_keeper_keep(bot->keeper, now_ms)) {
        yield_to_other(bot);
        return;
    }
    if (!xs_sync_is_complete(&bot->sync, now_ms))
        return;
    xs_users_end_sync(bot->users);
    xs_keeper_demand_rebuild(bot->keeper);
    bot->phase = PHASE_LIVE;
    bot->pause_ms = 0;
    xs_log(XS_LOG_INFO, "%s: sync complete, %zu users online", domain_name(bot),
           xs_users_online_count(bot->users));
}

static void do_live(struct xs_bot *bot, int64_t now_ms)
{
    bool renewed;

    if (!xs_keeper_tend(bot->keeper, bot->users, now_ms, bot->answered, &renewed))
        yield_to_other(bot);
    else if (renewed)
        bot->answered = false;
}

static void fail_session(struct xs_bot *bot, const char *cause)
{
    xs_session_close(bot->session, cause);
    wait_after_failure(bot, cause);
}

/* Handles the phases that need a session. */
static void tend_session(struct xs_bot *bot, int64_t now_ms)
{
    enum xs_session_state state = xs_session_state(bot->session);

    if (state == XS_SESSION_CLOSED) {
        wait_after_failure(bot, xs_session_cause(bot->session));
        return;
    }
    if (state == XS_SESSION_OPENING) {
        if (now_ms >= bot->deadline_ms)
            fail_session(bot, "the server did not let us log in within the time");
        return;
    }
    if (bot->phase == PHASE_LOGIN)
        start_sync(bot, now_ms);
    if (!keep_pinging(bot, now_ms)) {
        fail_session(bot, "the server does not answer pings");
        return;
    }
    if (bot->phase == PHASE_SYNC)
        do_sync(bot, now_ms);
    else
        do_live(bot, now_ms);
}

void xs_bot_turn(struct xs_bot *bot, unsigned timeout_ms)
{
    int64_t now_ms;

    xs_session_run(bot->session, timeout_ms);
    now_ms = monotonic_ms();
    if (bot->phase == PHASE_WAITING)
        start_login(bot, now_ms);
    else
        tend_session(bot, now_ms);
}

void xs_bot_stop(struct xs_bot *bot)
{
    xs_session_close(bot->session, "stopped");
    bot->phase = PHASE_WAITING;
    xs_keeper_release(bot->keeper);
}
