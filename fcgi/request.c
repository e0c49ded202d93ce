#include "request.h"

#include <string.h>

#include "accept.h"

static enum xs_method parse_method(const char *word)
{
    if (strcmp(word, "GET") == 0)
        return XS_METHOD_GET;
    if (strcmp(word, "HEAD") == 0)
        return XS_METHOD_HEAD;
    if (strcmp(word, "OPTIONS") == 0)
        return XS_METHOD_OPTIONS;
    return XS_METHOD_OTHER;
}

static enum xs_target parse_script(const char *script)
{
    if (script != NULL && strcmp(script, "/xmpp/metrics") == 0)
        return XS_TARGET_METRICS;
    if (script != NULL && strcmp(script, "/xmpp/health") == 0)
        return XS_TARGET_HEALTH;
    return XS_TARGET_STATUS;
}

static bool has_streams(const struct xs_request_params *params)
{
    return params->streams != NULL && strcmp(params->streams, "on") == 0;
}

/* Takes over what the query says, and what the Accept header says where that leaves a choice. */
static bool read_query(const struct xs_request_params *params, struct xs_request *request)
{
    struct xs_query query;

    xs_query_parse(params->query, &query);
    request->format = query.has_format ? query.format : xs_accept_choose(params->accept);
    request->is_stream = request->format == XS_FORMAT_EVENTS && has_streams(params);
    if (request->format == XS_FORMAT_EVENTS)
        request->format = XS_FORMAT_JSON;
    if (!query.is_valid)
        return false;
    request->style = query.style;
    request->has_label = query.has_label;
    memcpy(request->label, query.label, sizeof request->label);
    request->jid_count = query.jid_count;
    request->is_any = query.is_any || request->format == XS_FORMAT_SVG;
    return true;
}

/* Reads the path. Returns XS_ERROR_INVALID or XS_ERROR_TOO_LONG if it has a flaw. */
static enum xs_error parse_path(const char *path, struct xs_jid *ret_jid)
{
    if (path[0] != '/')
        return XS_ERROR_INVALID;
    return xs_jid_parse(path + 1, strlen(path + 1), ret_jid);
}

/* Finds out what a GET or HEAD with a valid query is for. Returns XS_OK or XS_ERROR_NOMEM. */
static enum xs_error read_target(const struct xs_request_params *params, struct xs_request *request,
                                 struct xs_jid *ret_jid)
{
    enum xs_error error;

    request->is_list = params->path == NULL || params->path[0] == '\0';
    if (request->is_list) {
        request->flaw = request->jid_count > 0 ? XS_FLAW_NONE : XS_FLAW_QUERY;
        return XS_OK;
    }
    request->is_any = false;
    request->jid_count = 0;
    error = parse_path(params->path, ret_jid);
    if (error == XS_ERROR_NOMEM)
        return error;
    request->flaw = error == XS_OK ? XS_FLAW_NONE : XS_FLAW_JID;
    request->jid_count = error == XS_OK ? 1 : 0;
    return XS_OK;
}

enum xs_error xs_request_parse(const struct xs_request_params *params,
                               struct xs_request *ret_request, struct xs_jid *ret_jid)
{
    struct xs_request request = {.query = params->query,
                                 .if_none_match = params->if_none_match,
                                 .last_event_id = params->last_event_id};
    bool is_query_valid;

    if (params->method == NULL || params->method[0] == '\0')
        return XS_ERROR_INVALID;
    request.method = parse_method(params->method);
    request.target = parse_script(params->script);
    if (request.target != XS_TARGET_STATUS) {
        *ret_request = request;
        return XS_OK;
    }
    is_query_valid = read_query(params, &request);
    if (request.method != XS_METHOD_GET && request.method != XS_METHOD_HEAD)
        request.jid_count = 0;
    else if (!is_query_valid)
        request.flaw = XS_FLAW_QUERY;
    else if (read_target(params, &request, ret_jid) != XS_OK)
        return XS_ERROR_NOMEM;
    *ret_request = request;
    return XS_OK;
}

bool xs_request_is_lookup(const struct xs_request *request)
{
    return request->target == XS_TARGET_STATUS &&
           (request->method == XS_METHOD_GET || request->method == XS_METHOD_HEAD) &&
           request->flaw == XS_FLAW_NONE;
}
