#include "body.h"

#include <stdio.h>
#include <stdlib.h>

#include "badge.h"
#include "presence_json.h"
#include "presence_xml.h"
#include "state.h"

/* What a badge without a JID is about. */
#define DEFAULT_LABEL "XMPP"

struct xs_body {
    struct xs_xml *xml;
    const char *bytes; /* what was written last: in `xml` or in `text` */
    size_t len;
    char text[XS_JSON_SIZE];
};

struct xs_body *xs_body_new(void)
{
    struct xs_body *body = calloc(1, sizeof(*body));

    if (body == NULL)
        return NULL;
    body->bytes = body->text;
    body->xml = xs_xml_new();
    if (body->xml == NULL) {
        free(body);
        return NULL;
    }
    return body;
}

void xs_body_free(struct xs_body *body)
{
    if (body == NULL)
        return;
    xs_xml_free(body->xml);
    free(body);
}

static enum xs_error write_badge(struct xs_body *body, const struct xs_request *request,
                                 const char *jid, enum xs_state state)
{
    struct xs_badge badge = {.style = request->style, .state = state, .label = DEFAULT_LABEL};

    if (request->has_label)
        badge.label = request->label;
    else if (jid != NULL)
        badge.label = jid;
    return xs_badge_write(body->xml, &badge);
}

static void write_word(struct xs_body *body, enum xs_state state)
{
    body->len = (size_t)snprintf(body->text, sizeof(body->text), "%s\n", xs_state_word(state));
}

/* Notes where the bytes are that have been written. */
static enum xs_error finish(struct xs_body *body, enum xs_format format, enum xs_error error)
{
    body->bytes = body->text;
    if (error != XS_OK)
        body->len = 0;
    else if (format == XS_FORMAT_XML || format == XS_FORMAT_SVG)
        body->bytes = xs_xml_bytes(body->xml, &body->len);
    return error;
}

enum xs_error xs_body_write_presence(struct xs_body *body, const struct xs_request *request,
                                     const char *jid, const struct xs_presence *presence,
                                     int64_t now_s)
{
    enum xs_error error = XS_OK;

    switch (request->format) {
    case XS_FORMAT_JSON:
        error = xs_json_write_presence(jid, presence, body->text, &body->len);
        break;
    case XS_FORMAT_TEXT:
        write_word(body, xs_state_of(presence));
        break;
    case XS_FORMAT_SVG:
        error = write_badge(body, request, jid, xs_state_of(presence));
        break;
    default:
        error = xs_xml_write_presence(body->xml, jid, presence, now_s);
    }
    return finish(body, request->format, error);
}

enum xs_error xs_body_write_error(struct xs_body *body, const struct xs_request *request,
                                  const char *jid, enum xs_condition condition)
{
    enum xs_error error = XS_OK;

    switch (request->format) {
    case XS_FORMAT_JSON:
        error = xs_json_write_error(jid, condition, body->text, &body->len);
        break;
    case XS_FORMAT_TEXT:
        write_word(body, XS_STATE_UNKNOWN);
        break;
    case XS_FORMAT_SVG:
        error = write_badge(body, request, jid, XS_STATE_UNKNOWN);
        break;
    default:
        error = xs_xml_write_error(body->xml, jid, condition);
    }
    return finish(body, request->format, error);
}

const char *xs_body_bytes(const struct xs_body *body, size_t *ret_len)
{
    *ret_len = body->len;
    return body->bytes;
}
