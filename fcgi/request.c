#include "request.h"

#include <string.h>

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

static bool token_is(const char *token, size_t token_len, const char *word)
{
    return token_len == strlen(word) && memcmp(token, word, token_len) == 0;
}

/* Reads the query; returns false if it has a flaw. `query` may be NULL. */
static bool parse_query(const char *query, enum xs_format *ret_format)
{
    bool is_found = false;

    if (query == NULL)
        return true;
    if (strnlen(query, XS_QUERY_MAX + 1) > XS_QUERY_MAX)
        return false;
    while (*query != '\0') {
        size_t token_len = strcspn(query, "&");
        size_t name_len = strcspn(query, "=&");

        if (token_is(query, name_len, "format")) {
            if (is_found || !token_is(query, token_len, "format=xml"))
                return false;
            is_found = true;
            *ret_format = XS_FORMAT_XML;
        }
        query += token_len;
        query += *query == '&';
    }
    return true;
}

/* Reads the path. Returns XS_ERROR_INVALID or XS_ERROR_TOO_LONG if it has a flaw. */
static enum xs_error parse_path(const char *path, struct xs_jid *ret_jid)
{
    if (path == NULL || path[0] != '/')
        return XS_ERROR_INVALID;
    return xs_jid_parse(path + 1, strlen(path + 1), ret_jid);
}

enum xs_error xs_request_parse(const struct xs_request_params *params,
                               struct xs_request *ret_request, struct xs_jid *ret_jid)
{
    struct xs_request request = {.format = XS_FORMAT_XML};

    if (params->method == NULL || params->method[0] == '\0')
        return XS_ERROR_INVALID;
    request.method = parse_method(params->method);
    if (request.method == XS_METHOD_GET || request.method == XS_METHOD_HEAD) {
        enum xs_error error = XS_OK;

        if (!parse_query(params->query, &request.format))
            request.flaw = XS_FLAW_QUERY;
        else if ((error = parse_path(params->path, ret_jid)) == XS_ERROR_NOMEM)
            return error;
        else if (error != XS_OK)
            request.flaw = XS_FLAW_JID;
    }
    *ret_request = request;
    return XS_OK;
}

bool xs_request_is_lookup(const struct xs_request *request)
{
    return (request->method == XS_METHOD_GET || request->method == XS_METHOD_HEAD) &&
           request->flaw == XS_FLAW_NONE;
}
