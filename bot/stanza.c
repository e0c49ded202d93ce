#include "stanza.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stamp.h"
#include "text.h"

#define NS_DELAY "urn:xmpp:delay"
#define NS_IDLE  "urn:xmpp:idle:1"
#define NS_LAST  "jabber:iq:last"

/* Digits of XEP-0012 seconds that we read; a longer number is senseless. */
#define SECONDS_DIGITS_MAX 12

/* Returns the text of a child element as a new string, NULL if there is none or it is empty. */
static char *child_text(xmpp_stanza_t *stanza, const char *name)
{
    xmpp_stanza_t *child = xmpp_stanza_get_child_by_name(stanza, name);

    return child == NULL ? NULL : xmpp_stanza_get_text(child);
}

static enum xs_show read_show(xmpp_stanza_t *stanza)
{
    char *word = child_text(stanza, "show");
    enum xs_show show = word == NULL ? XS_SHOW_NONE : xs_show_from_word(word, strlen(word));

    xmpp_free(xmpp_stanza_get_context(stanza), word);
    return show;
}

/* RFC 6121 section 4.7.2.3: an integer from -128 to 127, 0 if it is missing. */
static int read_priority(xmpp_stanza_t *stanza)
{
    char *text = child_text(stanza, "priority");
    char *end = text;
    long value = 0;

    if (text != NULL) {
        errno = 0;
        value = strtol(text, &end, 10);
        if (end == text || *end != '\0' || errno != 0 || value < -128 || value > 127)
            value = 0;
    }
    xmpp_free(xmpp_stanza_get_context(stanza), text);
    return (int)value;
}

/* Reads the stamp in an attribute of a child; instants in the future become `now_s`. */
static bool read_stamp(xmpp_stanza_t *stanza, const char *ns, const char *attribute, int64_t now_s,
                       int64_t *ret_s)
{
    xmpp_stanza_t *child = xmpp_stanza_get_child_by_ns(stanza, ns);
    int64_t value_s;

    if (child == NULL || !xs_stamp_parse(xmpp_stanza_get_attribute(child, attribute), &value_s))
        return false;
    *ret_s = value_s < now_s ? value_s : now_s;
    return true;
}

/* XEP-0256: how many seconds the client had been idle when it sent the presence. */
static bool read_idle_seconds(xmpp_stanza_t *stanza, int64_t *ret_seconds)
{
    xmpp_stanza_t *child = xmpp_stanza_get_child_by_ns(stanza, NS_LAST);
    const char *text = child == NULL ? NULL : xmpp_stanza_get_attribute(child, "seconds");
    size_t len = text == NULL ? 0 : strlen(text);

    if (len == 0 || len > SECONDS_DIGITS_MAX || strspn(text, "0123456789") != len)
        return false;
    *ret_seconds = strtoll(text, NULL, 10);
    return true;
}

/*
 * Finds the last activity of an available resource. XEP-0319 goes with any show. XEP-0256 only with
 * away and xa: on a presence without show it tells when the previous session ended.
 */
static int64_t read_activity(xmpp_stanza_t *stanza, enum xs_show show, int64_t sent_s,
                             int64_t now_s)
{
    bool idle_by_show = show == XS_SHOW_AWAY || show == XS_SHOW_XA;
    int64_t since_s, seconds;

    if (read_stamp(stanza, NS_IDLE, "since", now_s, &since_s))
        return since_s;
    if (!idle_by_show)
        return XS_LAST_UNKNOWN;
    if (read_idle_seconds(stanza, &seconds) && seconds <= sent_s)
        return sent_s - seconds;
    return sent_s;
}

/* Picks the status in the stanza's own language, else the first. RFC 6121 section 4.7.2.2. */
static xmpp_stanza_t *pick_status(xmpp_stanza_t *stanza, const char *own_lang)
{
    xmpp_stanza_t *first = NULL;

    for (xmpp_stanza_t *child = xmpp_stanza_get_children(stanza); child != NULL;
         child = xmpp_stanza_get_next(child)) {
        const char *name = xmpp_stanza_get_name(child);
        const char *lang;

        if (name == NULL || strcmp(name, "status") != 0)
            continue;
        lang = xmpp_stanza_get_attribute(child, "lang");
        if (lang == NULL || (own_lang != NULL && strcmp(lang, own_lang) == 0))
            return child;
        if (first == NULL)
            first = child;
    }
    return first;
}

/* Copies the status text and its language into the report, cleaned and bounded. */
static void read_status(xmpp_stanza_t *stanza, struct xs_report *report)
{
    const char *own_lang = xmpp_stanza_get_attribute(stanza, "lang");
    xmpp_stanza_t *child = pick_status(stanza, own_lang);
    char *text = child == NULL ? NULL : xmpp_stanza_get_text(child);
    const char *lang;

    if (text == NULL || !xs_text_is_utf8(text, strlen(text)))
        goto out;
    if (xs_text_clean(text, strlen(text), XS_STATUS_MAX_CHARS) == 0)
        goto out;
    memcpy(report->status, text, strlen(text) + 1);
    report->presence.status = report->status;

    lang = xmpp_stanza_get_attribute(child, "lang");
    if (lang == NULL)
        lang = own_lang;
    if (lang == NULL || strlen(lang) > XS_LANG_MAX || !xs_lang_is_well_formed(lang))
        goto out;
    memcpy(report->lang, lang, strlen(lang) + 1);
    report->presence.lang = report->lang;
out:
    xmpp_free(xmpp_stanza_get_context(stanza), text);
}

/* Splits `from` into bare JID and resource; false unless it is a user of the domain. */
static bool read_from(xmpp_stanza_t *stanza, const char *domain, struct xs_report *report)
{
    const char *from = xmpp_stanza_get_from(stanza);
    const char *slash;

    if (from == NULL || xs_jid_parse(from, strlen(from), &report->jid) != XS_OK ||
        strcmp(xs_jid_domain(&report->jid), domain) != 0)
        return false;
    slash = strchr(from, '/');
    report->resource[0] = '\0';
    if (slash != NULL) {
        if (strlen(slash + 1) > XS_RESOURCE_MAX)
            return false;
        memcpy(report->resource, slash + 1, strlen(slash + 1) + 1);
    }
    return true;
}

bool xs_stanza_read_presence(xmpp_stanza_t *stanza, const char *domain, int64_t now_s,
                             struct xs_report *ret_report)
{
    const char *type = xmpp_stanza_get_type(stanza);
    struct xs_presence *presence = &ret_report->presence;

    if ((type != NULL && strcmp(type, "unavailable") != 0) ||
        !read_from(stanza, domain, ret_report))
        return false;
    *presence = (struct xs_presence){.available = type == NULL};
    if (presence->available && ret_report->resource[0] == '\0')
        return false;

    ret_report->sent_s = now_s;
    ret_report->delayed = read_stamp(stanza, NS_DELAY, "stamp", now_s, &ret_report->sent_s);
    ret_report->priority = 0;
    presence->last_s = ret_report->sent_s;
    if (presence->available) {
        presence->show = read_show(stanza);
        ret_report->priority = read_priority(stanza);
        presence->last_s = read_activity(stanza, presence->show, ret_report->sent_s, now_s);
    }
    read_status(stanza, ret_report);
    return true;
}
