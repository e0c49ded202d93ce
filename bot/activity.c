#include "activity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define NS_LAST      "jabber:iq:last"
#define NS_PRIVILEGE "urn:xmpp:privilege:2"
#define NS_FORWARD   "urn:xmpp:forward:0"

/* Digits of the seconds that we read; a longer number is senseless. */
#define SECONDS_DIGITS_MAX 12

/* What ejabberd says of accounts that were never used: its seconds count from the registration. */
#define NEVER_TEXT "Registered but didn't login"

/* Bytes of a request's id, "last-" and a number. */
#define ID_SIZE 20

struct question {
    struct question *prev, *next; /* among the waiting, or the open in the order asked */
    int64_t asked_ms;
    char id[ID_SIZE];
    char local[];
};

struct xs_activity {
    const char *domain;
    struct question *waiting;
    struct question *open; /* in the order asked */
    unsigned open_count;
    unsigned asked_count; /* for the ids */
};

struct xs_activity *xs_activity_new(const char *domain)
{
    struct xs_activity *activity = calloc(1, sizeof(*activity));

    if (activity != NULL)
        activity->domain = domain;
    return activity;
}

static void close_question(struct xs_activity *activity, struct question *question)
{
    DL_DELETE(activity->open, question);
    activity->open_count--;
    free(question);
}

void xs_activity_clear(struct xs_activity *activity)
{
    struct question *question, *next;

    while (activity->open != NULL)
        close_question(activity, activity->open);
    DL_FOREACH_SAFE(activity->waiting, question, next)
    {
        free(question);
    }
    activity->waiting = NULL;
}

void xs_activity_free(struct xs_activity *activity)
{
    if (activity == NULL)
        return;
    xs_activity_clear(activity);
    free(activity);
}

enum xs_error xs_activity_want(struct xs_activity *activity, const char *local)
{
    size_t size = strlen(local) + 1;
    struct question *question = calloc(1, sizeof(*question) + size);

    if (question == NULL)
        return XS_ERROR_NOMEM;
    memcpy(question->local, local, size);
    DL_APPEND(activity->waiting, question);
    return XS_OK;
}

/* Puts `child` into a new element around it, taking `child` over. NULL on failure. */
static xmpp_stanza_t *wrap(xmpp_stanza_t *child, const char *name, const char *ns)
{
    xmpp_stanza_t *parent = xmpp_stanza_new(xmpp_stanza_get_context(child));

    if (parent != NULL && (xmpp_stanza_set_name(parent, name) != XMPP_EOK ||
                           (ns != NULL && xmpp_stanza_set_ns(parent, ns) != XMPP_EOK) ||
                           xmpp_stanza_add_child(parent, child) != XMPP_EOK)) {
        xmpp_stanza_release(parent);
        parent = NULL;
    }
    xmpp_stanza_release(child);
    return parent;
}

/* Puts `child` into an iq to the JID, taking `child` over. NULL on failure or if `child` is. */
static xmpp_stanza_t *wrap_in_iq(xmpp_stanza_t *child, const char *id, const char *to)
{
    xmpp_stanza_t *iq = child == NULL ? NULL : wrap(child, "iq", XMPP_NS_CLIENT);

    if (iq != NULL &&
        (xmpp_stanza_set_type(iq, "get") != XMPP_EOK || xmpp_stanza_set_id(iq, id) != XMPP_EOK ||
         xmpp_stanza_set_to(iq, to) != XMPP_EOK)) {
        xmpp_stanza_release(iq);
        return NULL;
    }
    return iq;
}

static xmpp_stanza_t *make_request(xmpp_ctx_t *strophe, const char *id, const char *to,
                                   bool privileged)
{
    xmpp_stanza_t *query = xmpp_stanza_new(strophe);
    xmpp_stanza_t *iq;

    if (query == NULL)
        return NULL;
    if (xmpp_stanza_set_name(query, "query") != XMPP_EOK ||
        xmpp_stanza_set_ns(query, NS_LAST) != XMPP_EOK) {
        xmpp_stanza_release(query);
        return NULL;
    }
    iq = wrap_in_iq(query, id, to);
    if (!privileged || iq == NULL)
        return iq;
    return wrap_in_iq(wrap(iq, "privileged_iq", NS_PRIVILEGE), id, to);
}

xmpp_stanza_t *xs_activity_next_request(struct xs_activity *activity, xmpp_ctx_t *strophe,
                                        bool privileged, int64_t now_ms)
{
    struct question *question;
    char jid[sizeof(((struct xs_jid *)NULL)->bare)];

    while (activity->open != NULL && now_ms - activity->open->asked_ms >= XS_ACTIVITY_TIMEOUT_MS)
        close_question(activity, activity->open);
    question = activity->waiting;
    if (question == NULL || activity->open_count >= XS_ACTIVITY_OPEN_MAX)
        return NULL;
    DL_DELETE(activity->waiting, question);
    snprintf(question->id, sizeof(question->id), "last-%u", ++activity->asked_count);
    question->asked_ms = now_ms;
    DL_APPEND(activity->open, question);
    activity->open_count++;
    snprintf(jid, sizeof(jid), "%s@%s", question->local, activity->domain);
    return make_request(strophe, question->id, jid, privileged);
}

/* Returns the answer proper: what is forwarded in a privileged one, else the stanza itself. */
static xmpp_stanza_t *unwrap(xmpp_stanza_t *iq)
{
    xmpp_stanza_t *privilege = xmpp_stanza_get_child_by_ns(iq, NS_PRIVILEGE);
    xmpp_stanza_t *forwarded =
        privilege == NULL ? NULL : xmpp_stanza_get_child_by_ns(privilege, NS_FORWARD);

    return forwarded == NULL ? iq : xmpp_stanza_get_child_by_name(forwarded, "iq");
}

/* Reads the seconds of an answer; false if it is an error, or says nothing that is known. */
static bool read_seconds(xmpp_stanza_t *iq, int64_t *ret_seconds)
{
    xmpp_stanza_t *inner = unwrap(iq);
    xmpp_stanza_t *query = inner == NULL ? NULL : xmpp_stanza_get_child_by_ns(inner, NS_LAST);
    const char *type = inner == NULL ? NULL : xmpp_stanza_get_type(inner);
    const char *seconds = query == NULL ? NULL : xmpp_stanza_get_attribute(query, "seconds");
    size_t len = seconds == NULL ? 0 : strlen(seconds);
    char *text;
    bool never;

    if (type == NULL || strcmp(type, "result") != 0 || len == 0 || len > SECONDS_DIGITS_MAX ||
        strspn(seconds, "0123456789") != len)
        return false;
    text = xmpp_stanza_get_text(query);
    never = text != NULL && strcmp(text, NEVER_TEXT) == 0;
    xmpp_free(xmpp_stanza_get_context(iq), text);
    *ret_seconds = strtoll(seconds, NULL, 10);
    /* Prosody says 0 of everyone whom it has not seen leave since its start. */
    return !never && *ret_seconds > 0;
}

/* They are few, and mostly the first is answered first. */
static struct question *find_open(const struct xs_activity *activity, const char *id)
{
    struct question *question;

    DL_FOREACH(activity->open, question)
    {
        if (strcmp(question->id, id) == 0)
            return question;
    }
    return NULL;
}

enum xs_activity_reading xs_activity_read(struct xs_activity *activity, xmpp_stanza_t *iq,
                                          int64_t now_s, struct xs_jid *ret_jid,
                                          int64_t *ret_last_s)
{
    const char *id = xmpp_stanza_get_id(iq);
    const char *from = xmpp_stanza_get_from(iq);
    struct question *question = id == NULL ? NULL : find_open(activity, id);
    struct xs_jid jid;
    int64_t seconds;

    if (question == NULL || from == NULL || xs_jid_parse(from, strlen(from), &jid) != XS_OK ||
        strlen(question->local) != jid.local_len ||
        memcmp(question->local, jid.bare, jid.local_len) != 0 ||
        strcmp(xs_jid_domain(&jid), activity->domain) != 0)
        return XS_ACTIVITY_FOREIGN;
    close_question(activity, question);
    if (!read_seconds(iq, &seconds) || seconds > now_s)
        return XS_ACTIVITY_UNKNOWN;
    *ret_jid = jid;
    *ret_last_s = now_s - seconds;
    return XS_ACTIVITY_KNOWN;
}
