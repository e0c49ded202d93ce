/*
 * The bot's intake: what each kind of stanza means to it.
 */
#include <string.h>

#include "bot_internal.h"
#include "clock.h"
#include "log.h"
#include "roster.h"

#define NS_PRIVILEGE "urn:xmpp:privilege:2"
#define NS_LAST      "jabber:iq:last"

/* Namespaces that we look through in one permission at most, one within the other. */
#define NAMESPACES_MAX 16

/*
 * Something could not be kept. Users beyond what there may be are ignored, which is said once for a
 * session; without memory nobody knows what is missing, so the session is of no use.
 */
static void note_loss(struct xs_bot *bot, enum xs_error error)
{
    if (error == XS_ERROR_NOMEM)
        bot->trouble = "out of memory";
    if (error != XS_ERROR_TOO_LONG || bot->full_logged)
        return;
    xs_log(XS_LOG_ERROR, "%s: ignoring further users: %s", bot->domain->domain,
           xs_error_string(error));
    bot->full_logged = true;
}

static bool is_own_account(const struct xs_bot *bot, const struct xs_jid *jid)
{
    return strcmp(jid->bare, bot->domain->jid.bare) == 0;
}

/*
 * Somebody wants to see the bot's presence: on a server without help that is how users ask for
 * their own to be shown. Approves, and asks back.
 */
static void take_subscribe(struct xs_bot *bot, xmpp_stanza_t *stanza)
{
    const char *from = xmpp_stanza_get_from(stanza);
    struct xs_jid jid;

    if (bot->privileged || from == NULL || xs_jid_parse(from, strlen(from), &jid) != XS_OK ||
        strcmp(xs_jid_domain(&jid), bot->domain->domain) != 0 || is_own_account(bot, &jid))
        return;
    xs_session_send_subscription(bot->session, "subscribed", jid.bare);
    if (!xs_users_is_listed(bot->users, jid.bare, jid.local_len))
        xs_session_send_subscription(bot->session, "subscribe", jid.bare);
}

void xs_bot_take_presence(void *context, xmpp_stanza_t *stanza)
{
    struct xs_bot *bot = context;
    struct xs_report *report = &bot->report;
    const char *type = xmpp_stanza_get_type(stanza);

    bot->figures.values[XS_FIGURE_STANZAS]++;
    if (type != NULL && strcmp(type, "subscribe") == 0) {
        take_subscribe(bot, stanza);
        return;
    }
    if (!xs_stanza_read_presence(stanza, bot->domain->domain, xs_clock_wall_s(), report) ||
        is_own_account(bot, &report->jid))
        return;
    /*
     * Without the privilege only subscriptions bring presence. Anything else is directed presence,
     * which says nothing about others (RFC 6121 section 4.6), or Prosody's "unavailable" in answer
     * to a subscribe, which is no news at all.
     */
    if (!bot->privileged &&
        !xs_users_is_listed(bot->users, report->jid.bare, report->jid.local_len))
        return;
    /*
     * With the privilege the stanzas of all sessions come, each from a full JID. Prosody's answer
     * to a subscribe that it repeats for us at every login comes from a bare one.
     */
    if (bot->privileged && report->resource[0] == '\0')
        return;
    bot->heard_ms = xs_clock_monotonic_ms();
    if (report->delayed)
        xs_sync_note_delayed(&bot->sync, bot->heard_ms);
    note_loss(bot, xs_users_apply(bot->users, report));
}

/*
 * Somebody is gone from the roster. With the privilege that says nothing of them; and whether there
 * is the privilege is known at the end of the sync.
 */
static void take_end(struct xs_bot *bot, const struct xs_jid *jid)
{
    if (bot->phase == XS_BOT_LIVE && !bot->privileged)
        note_loss(bot, xs_users_unlist(bot->users, jid->bare, jid->local_len));
    else
        xs_users_drop(bot->users, jid->bare, jid->local_len);
}

/* Takes one entry of the roster. Somebody new is asked about once the sync is over. */
static void take_entry(struct xs_bot *bot, const struct xs_roster_entry *entry)
{
    const struct xs_jid *jid = &entry->jid;
    bool listed = xs_users_is_listed(bot->users, jid->bare, jid->local_len);
    char local[XS_JID_PART_MAX + 1];

    if (is_own_account(bot, jid))
        return;
    if (!entry->subscribed) {
        if (listed)
            take_end(bot, jid);
        return;
    }
    bot->has_roster = true;
    note_loss(bot, xs_users_list(bot->users, jid->bare, jid->local_len));
    if (listed || bot->phase != XS_BOT_LIVE)
        return;
    memcpy(local, jid->bare, jid->local_len);
    local[jid->local_len] = '\0';
    note_loss(bot, xs_activity_want(bot->activity, local));
}

static void take_entries(struct xs_bot *bot, xmpp_stanza_t *iq)
{
    struct xs_roster_entry entry;

    for (xmpp_stanza_t *item = xs_roster_first_item(iq); item != NULL;
         item = xs_roster_next_item(item)) {
        if (xs_roster_read_item(item, bot->domain->domain, &entry))
            take_entry(bot, &entry);
    }
}

/* Takes the answer to our request for the roster; the sync can begin, unless it is an error. */
static void take_roster(struct xs_bot *bot, const char *type, xmpp_stanza_t *iq)
{
    if (bot->phase != XS_BOT_ROSTER)
        return;
    if (strcmp(type, "result") != 0) {
        bot->trouble = "the server refused our request for the roster";
        return;
    }
    /* An empty roster is more likely a server's trouble than the end of everybody. */
    if (xs_roster_first_item(iq) != NULL) {
        xs_users_begin_roster(bot->users);
        take_entries(bot, iq);
        xs_users_end_roster(bot->users);
    }
    bot->phase = XS_BOT_SYNC;
}

void xs_bot_take_iq(void *context, xmpp_stanza_t *stanza)
{
    struct xs_bot *bot = context;
    const char *type = xmpp_stanza_get_type(stanza);
    const char *id = xmpp_stanza_get_id(stanza);
    struct xs_jid jid;
    int64_t last_s;

    bot->figures.values[XS_FIGURE_STANZAS]++;
    if (strcmp(type, "set") == 0)
        take_entries(bot, stanza);
    else if (strcmp(id, XS_SESSION_ROSTER_ID) == 0)
        take_roster(bot, type, stanza);
    else if (xs_activity_read(bot->activity, stanza, xs_clock_wall_s(), &jid, &last_s) ==
             XS_ACTIVITY_KNOWN)
        note_loss(bot, xs_users_note_last(bot->users, jid.bare, jid.local_len, last_s));
}

/* Says whether a permission for iq covers last activity. Prosody 0.12 nests the namespaces. */
static bool covers_last(xmpp_stanza_t *perm, int depth)
{
    for (xmpp_stanza_t *child = xmpp_stanza_get_children(perm); child != NULL;
         child = xmpp_stanza_get_next(child)) {
        const char *ns = xmpp_stanza_get_attribute(child, "ns");

        if ((ns != NULL && strcmp(ns, NS_LAST) == 0) ||
            (depth < NAMESPACES_MAX && covers_last(child, depth + 1)))
            return true;
    }
    return false;
}

/* XEP-0356 section 4.2: the server says what privileges we have. */
void xs_bot_take_message(void *context, xmpp_stanza_t *stanza)
{
    struct xs_bot *bot = context;
    xmpp_stanza_t *privilege = xmpp_stanza_get_child_by_ns(stanza, NS_PRIVILEGE);
    xmpp_stanza_t *perm = privilege == NULL ? NULL : xmpp_stanza_get_children(privilege);

    bot->figures.values[XS_FIGURE_STANZAS]++;
    for (; perm != NULL; perm = xmpp_stanza_get_next(perm)) {
        const char *access = xmpp_stanza_get_attribute(perm, "access");
        const char *type = xmpp_stanza_get_attribute(perm, "type");

        if (access == NULL)
            continue;
        if (strcmp(access, "presence") == 0 && type != NULL)
            bot->privileged = bot->granted =
                strcmp(type, "managed_entity") == 0 || strcmp(type, "roster") == 0;
        if (strcmp(access, "iq") == 0)
            bot->may_ask = covers_last(perm, 0);
    }
}

void xs_bot_want_activity(struct xs_bot *bot, bool everybody)
{
    if (bot->privileged && !bot->may_ask)
        return;
    for (struct xs_user *user = NULL; (user = xs_users_next(bot->users, user)) != NULL;) {
        if (everybody ? xs_user_is_offline(user) : xs_user_is_silent(user))
            note_loss(bot, xs_activity_want(bot->activity, xs_user_local(user)));
    }
}

void xs_bot_ask_activity(struct xs_bot *bot, int64_t now_ms)
{
    xmpp_stanza_t *request;

    while ((request = xs_activity_next_request(bot->activity, xs_session_strophe(bot->session),
                                               bot->privileged, now_ms)) != NULL)
        xs_session_send(bot->session, request);
}
