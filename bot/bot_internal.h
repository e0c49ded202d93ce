/*
 * bot_internal.h: what the bot's wheel (bot.c) and its intake (intake.c) share. For these two only.
 */
#ifndef XS_BOT_INTERNAL_H
#define XS_BOT_INTERNAL_H

#include "activity.h"
#include "bot.h"
#include "keeper.h"
#include "notify.h"
#include "session.h"
#include "stanza.h"
#include "sync.h"
#include "users.h"

/* Pings whose time of sending is kept: more than can be under way before the server is given up. */
#define XS_BOT_PINGS 64

enum xs_bot_phase {
    XS_BOT_WAITING, /* for the lease, or for the next attempt to log in */
    XS_BOT_LOGIN,
    XS_BOT_ROSTER, /* logged in, waiting for the roster */
    XS_BOT_SYNC,   /* collecting presence; nothing is written */
    XS_BOT_LIVE    /* what is known is what Redis should say */
};

struct xs_bot {
    const struct xs_domain_config *domain;
    struct xs_session *session;
    struct xs_users *users;
    struct xs_keeper *keeper;
    struct xs_activity *activity;
    struct xs_notify notify;
    struct xs_figures figures;
    enum xs_bot_phase phase;
    struct xs_sync sync;
    struct xs_report report; /* of the stanza in hand; too large for the stack */
    unsigned marker;         /* the ping that ends the sync; 0: none is running */
    unsigned last_pong;      /* the latest answer to a ping that has been noted */
    bool privileged;         /* the server shows us everybody, whoever is in the roster */
    bool may_ask;            /* and lets us ask for last activity in the users' name */
    bool granted;            /* the server has said so since presence was asked for last */
    bool want_activity;      /* last activity is to be asked for, once Redis has been made right */
    bool vouched;            /* the lease has been renewed in this process */
    bool standing_by;        /* another bot has the lease */
    bool was_privileged;     /* the server has shown everybody to this process before */
    bool has_roster;         /* somebody in the roster of this session is subscribed to */
    const char *trouble;     /* why this session is of no use; NULL if it is */
    bool full_logged;        /* that there are too many users has been logged */
    bool blind_logged;       /* that the server shows nobody has been logged */
    int64_t next_ms;         /* waiting: when to try next */
    int64_t deadline_ms;     /* login and roster: when to give up */
    int64_t pause_ms;        /* the last pause after a failed session */
    int64_t pings_ms[XS_BOT_PINGS]; /* when pings were sent, by number modulo XS_BOT_PINGS */
    int64_t ping_ms;                /* when the last ping was sent */
    int64_t pong_ms;                /* when the server last answered one */
    int64_t seen_ms;                /* when the latest that it answered had been sent, or -1 */
    int64_t heard_ms;               /* when presence arrived last */
    int64_t synced_ms;              /* when the last sync was completed */
};

/* The takers of what the session hands on; `context` is the bot. See struct xs_session_takers. */
void xs_bot_take_presence(void *context, xmpp_stanza_t *stanza);
void xs_bot_take_iq(void *context, xmpp_stanza_t *stanza);
void xs_bot_take_message(void *context, xmpp_stanza_t *stanza);

/*
 * Wants to know the last activity of everybody who is offline, as they may have come and gone; or
 * of those alone who turned out to be gone in the sync that has just ended.
 */
void xs_bot_want_activity(struct xs_bot *bot, bool everybody);

/* Sends the questions for last activity that may be sent now. */
void xs_bot_ask_activity(struct xs_bot *bot, int64_t now_ms);

#endif
