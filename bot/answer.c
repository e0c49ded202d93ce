#include "answer.h"

#include <stdbool.h>
#include <string.h>

#define NS_PING    "urn:xmpp:ping"
#define NS_VERSION "jabber:iq:version"

/* Adds an element in `ns` (NULL: its parent's) to a parent. Returns it, borrowed; NULL on failure.
 */
static xmpp_stanza_t *add_child(xmpp_stanza_t *parent, const char *name, const char *ns)
{
    xmpp_stanza_t *child = xmpp_stanza_new(xmpp_stanza_get_context(parent));

    if (child == NULL)
        return NULL;
    if (xmpp_stanza_set_name(child, name) != XMPP_EOK ||
        (ns != NULL && xmpp_stanza_set_ns(child, ns) != XMPP_EOK) ||
        xmpp_stanza_add_child(parent, child) != XMPP_EOK) {
        xmpp_stanza_release(child);
        return NULL;
    }
    xmpp_stanza_release(child); /* the parent has it now */
    return child;
}

static void add_text_child(xmpp_stanza_t *parent, const char *name, const char *text)
{
    xmpp_stanza_t *child = add_child(parent, name, NULL);
    xmpp_stanza_t *content = xmpp_stanza_new(xmpp_stanza_get_context(parent));

    if (child != NULL && content != NULL && xmpp_stanza_set_text(content, text) == XMPP_EOK)
        xmpp_stanza_add_child(child, content);
    if (content != NULL)
        xmpp_stanza_release(content);
}

static void add_feature(xmpp_stanza_t *query, const char *feature)
{
    xmpp_stanza_t *child = add_child(query, "feature", NULL);

    if (child != NULL)
        xmpp_stanza_set_attribute(child, "var", feature);
}

/* XEP-0030 section 3: what we are and what we answer. */
static void add_disco_info(xmpp_stanza_t *reply)
{
    xmpp_stanza_t *query = add_child(reply, "query", XMPP_NS_DISCO_INFO);
    xmpp_stanza_t *identity = query == NULL ? NULL : add_child(query, "identity", NULL);

    if (identity == NULL)
        return;
    xmpp_stanza_set_attribute(identity, "category", "client");
    xmpp_stanza_set_attribute(identity, "type", "bot");
    xmpp_stanza_set_attribute(identity, "name", "xmpp-status");
    add_feature(query, XMPP_NS_DISCO_INFO);
    add_feature(query, NS_VERSION);
    add_feature(query, NS_PING);
}

static void add_version(xmpp_stanza_t *reply)
{
    xmpp_stanza_t *query = add_child(reply, "query", NS_VERSION);

    if (query == NULL)
        return;
    add_text_child(query, "name", "xmpp-status");
    add_text_child(query, "version", XS_VERSION);
}

/* RFC 6120 section 8.3: we do not serve that. */
static void add_refusal(xmpp_stanza_t *reply)
{
    xmpp_stanza_t *error = add_child(reply, "error", NULL);

    if (error == NULL)
        return;
    xmpp_stanza_set_type(error, "cancel");
    add_child(error, "service-unavailable", XMPP_NS_STANZAS_IETF);
}

/* libstrophe's own makers of replies want a `from`, which a server's requests need not have. */
static xmpp_stanza_t *new_reply(xmpp_stanza_t *request, const char *type)
{
    const char *from = xmpp_stanza_get_from(request);
    xmpp_stanza_t *reply =
        xmpp_iq_new(xmpp_stanza_get_context(request), type, xmpp_stanza_get_id(request));

    if (reply != NULL && from != NULL)
        xmpp_stanza_set_to(reply, from);
    return reply;
}

xmpp_stanza_t *xs_answer_make(xmpp_stanza_t *request)
{
    const char *type = xmpp_stanza_get_type(request);
    bool is_get = type != NULL && strcmp(type, "get") == 0;
    bool is_ping = is_get && xmpp_stanza_get_child_by_ns(request, NS_PING) != NULL;
    bool is_disco = is_get && xmpp_stanza_get_child_by_ns(request, XMPP_NS_DISCO_INFO) != NULL;
    bool is_version = is_get && xmpp_stanza_get_child_by_ns(request, NS_VERSION) != NULL;
    bool is_push = !is_get && xmpp_stanza_get_child_by_ns(request, XMPP_NS_ROSTER) != NULL;
    bool is_served = is_ping || is_disco || is_version || is_push;
    xmpp_stanza_t *reply;

    if (xmpp_stanza_get_id(request) == NULL)
        return NULL;
    reply = new_reply(request, is_served ? "result" : "error");
    if (reply == NULL)
        return NULL;
    if (is_disco)
        add_disco_info(reply);
    if (is_version)
        add_version(reply);
    if (!is_served)
        add_refusal(reply);
    return reply;
}
