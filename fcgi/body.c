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
    enum xs_format list_format; /* of the list that is being written */
    enum xs_error list_error;   /* the first one in it */
    char text[XS_BODY_LIST_MAX + XS_JSON_SIZE];
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

void xs_body_begin_list(struct xs_body *body, enum xs_format format)
{
    body->list_format = format;
    body->list_error = XS_OK;
    body->len = 0;
    if (format == XS_FORMAT_JSON)
        body->text[body->len++] = '[';
    if (format != XS_FORMAT_XML)
        return;
    xs_xml_begin(body->xml);
    xs_xml_start_presences(body->xml);
}

/* Adds an element to the array; its newline makes room for the comma. */
static enum xs_error add_json(struct xs_body *body, const char *jid,
                              const struct xs_verdict *verdict)
{
    char *end = body->text + body->len;
    size_t len = 0;
    enum xs_error error;

    if (verdict->kind == XS_VERDICT_PRESENCE)
        error = xs_json_write_presence(jid, &verdict->presence, end, &len);
    else
        error = xs_json_write_error(jid, xs_verdict_condition(verdict->kind), end, &len);
    if (error != XS_OK)
        return error;
    end[len - 1] = ',';
    body->len += len;
    return XS_OK;
}

static void add_line(struct xs_body *body, const char *jid, const struct xs_verdict *verdict)
{
    enum xs_state state = XS_STATE_UNKNOWN;

    if (verdict->kind == XS_VERDICT_PRESENCE)
        state = xs_state_of(&verdict->presence);
    body->len += (size_t)snprintf(body->text + body->len, XS_JSON_SIZE, "%s %s\n",
                                  jid != NULL ? jid : "-", xs_state_word(state));
}

void xs_body_add(struct xs_body *body, const char *jid, const struct xs_verdict *verdict,
                 int64_t now_s)
{
    if (body->len > XS_BODY_LIST_MAX)
        body->list_error = XS_ERROR_TOO_LONG;
    if (body->list_error != XS_OK)
        return;
    if (body->list_format == XS_FORMAT_JSON)
        body->list_error = add_json(body, jid, verdict);
    else if (body->list_format != XS_FORMAT_XML)
        add_line(body, jid, verdict);
    else if (verdict->kind == XS_VERDICT_PRESENCE)
        xs_xml_add_presence(body->xml, jid, &verdict->presence, now_s);
    else
        xs_xml_add_error(body->xml, jid, xs_verdict_condition(verdict->kind));
}

enum xs_error xs_body_end_list(struct xs_body *body)
{
    enum xs_error error = body->list_error;

    if (body->list_format == XS_FORMAT_JSON) {
        body->text[body->len - 1] = ']'; /* in place of the comma */
        body->text[body->len++] = '\n';
    }
    if (body->list_format == XS_FORMAT_XML) {
        xs_xml_end(body->xml);
        error = xs_xml_finish(body->xml);
    }
    error = finish(body, body->list_format, error);
    if (error == XS_OK && body->len > XS_BODY_LIST_MAX) {
        body->len = 0;
        error = XS_ERROR_TOO_LONG;
    }
    return error;
}

const char *xs_body_bytes(const struct xs_body *body, size_t *ret_len)
{
    *ret_len = body->len;
    return body->bytes;
}
