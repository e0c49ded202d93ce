#include "roster.h"

#include <string.h>

static xmpp_stanza_t *skip_to_item(xmpp_stanza_t *child)
{
    for (; child != NULL; child = xmpp_stanza_get_next(child)) {
        const char *name = xmpp_stanza_get_name(child);

        if (name != NULL && strcmp(name, "item") == 0)
            return child;
    }
    return NULL;
}

xmpp_stanza_t *xs_roster_first_item(xmpp_stanza_t *iq)
{
    xmpp_stanza_t *query = xmpp_stanza_get_child_by_name_and_ns(iq, "query", XMPP_NS_ROSTER);

    return query == NULL ? NULL : skip_to_item(xmpp_stanza_get_children(query));
}

xmpp_stanza_t *xs_roster_next_item(xmpp_stanza_t *item)
{
    return skip_to_item(xmpp_stanza_get_next(item));
}

bool xs_roster_read_item(xmpp_stanza_t *item, const char *domain, struct xs_roster_entry *ret_entry)
{
    const char *jid = xmpp_stanza_get_attribute(item, "jid");
    const char *subscription = xmpp_stanza_get_attribute(item, "subscription");

    if (jid == NULL || strchr(jid, '/') != NULL ||
        xs_jid_parse(jid, strlen(jid), &ret_entry->jid) != XS_OK ||
        strcmp(xs_jid_domain(&ret_entry->jid), domain) != 0)
        return false;
    ret_entry->subscribed = subscription != NULL &&
                            (strcmp(subscription, "to") == 0 || strcmp(subscription, "both") == 0);
    return true;
}
