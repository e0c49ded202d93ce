#include "respond.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "presence_xml.h"

#define METHODS "GET, HEAD, OPTIONS"

/* For how long a browser may remember the answer to its OPTIONS, in seconds. */
#define CORS_MAX_AGE_S "86400"

/* Every answer has these: any page may read it, as XML and as nothing else. */
#define COMMON_HEADERS                                                                             \
    "Content-Type: application/xml; charset=utf-8\r\n"                                             \
    "X-Content-Type-Options: nosniff\r\n"                                                          \
    "Access-Control-Allow-Origin: *\r\n"                                                           \
    "Access-Control-Expose-Headers: ETag\r\n"                                                      \
    "Vary: Accept\r\n"

#define CACHE_CONTROL_SIZE 64

struct xs_responder {
    struct xs_xml *xml;
    char public_cache[CACHE_CONTROL_SIZE]; /* the header of answers that others may keep */
};

/* The kinds of answers, with all of their heads but the length. */
enum kind {
    KIND_PRESENCE,
    KIND_BAD_REQUEST,
    KIND_MALFORMED,
    KIND_NOT_FOUND,
    KIND_METHOD,
    KIND_WAIT
};

static const struct {
    int status;
    const char *reason;
    const char *headers; /* its own ones */
    bool is_public;      /* others may keep it for max_age_s */
    enum xs_condition condition;
} kinds[] = {
    [KIND_PRESENCE] = {200, "OK", "", true, 0},
    [KIND_BAD_REQUEST] = {400, "Bad Request", "", false, XS_CONDITION_BAD_REQUEST},
    [KIND_MALFORMED] = {400, "Bad Request", "", false, XS_CONDITION_JID_MALFORMED},
    [KIND_NOT_FOUND] = {404, "Not Found", "", true, XS_CONDITION_ITEM_NOT_FOUND},
    [KIND_METHOD] = {405, "Method Not Allowed", "Allow: " METHODS "\r\n", false,
                     XS_CONDITION_NOT_ALLOWED},
    [KIND_WAIT] = {503, "Service Unavailable", "Retry-After: 10\r\n", false,
                   XS_CONDITION_REMOTE_SERVER_TIMEOUT},
};

/* A 204 has no Content-Length: RFC 9110 section 8.6. */
static const char options_head[] =
    "Status: 204 No Content\r\n" COMMON_HEADERS "Access-Control-Allow-Methods: " METHODS "\r\n"
    "Access-Control-Allow-Headers: If-None-Match\r\n"
    "Access-Control-Max-Age: " CORS_MAX_AGE_S "\r\n"
    "\r\n";

_Static_assert(sizeof(options_head) <= XS_RESPONSE_HEAD_SIZE, "the head has room for OPTIONS");

struct xs_responder *xs_responder_new(int max_age_s)
{
    struct xs_responder *responder = calloc(1, sizeof(*responder));

    if (responder == NULL)
        return NULL;
    responder->xml = xs_xml_new();
    if (responder->xml == NULL) {
        free(responder);
        return NULL;
    }
    (void)snprintf(responder->public_cache, sizeof(responder->public_cache),
                   "Cache-Control: public, max-age=%d\r\n", max_age_s);
    return responder;
}

void xs_responder_free(struct xs_responder *responder)
{
    if (responder == NULL)
        return;
    xs_xml_free(responder->xml);
    free(responder);
}

/* Decides the kind of answer to a GET or HEAD; fills `ret_presence` if it is KIND_PRESENCE. */
static enum kind decide(const struct xs_request *request, const struct xs_lookup *lookup,
                        int64_t now_s, struct xs_presence *ret_presence)
{
    if (request->flaw == XS_FLAW_QUERY)
        return KIND_BAD_REQUEST;
    if (request->flaw == XS_FLAW_JID)
        return KIND_MALFORMED;
    if (lookup->error != XS_OK)
        return KIND_WAIT;
    switch (xs_facts_decide(&lookup->facts, now_s, ret_presence)) {
    case XS_ANSWER_PRESENCE:
        return KIND_PRESENCE;
    case XS_ANSWER_NOT_FOUND:
        return KIND_NOT_FOUND;
    default:
        return KIND_WAIT;
    }
}

static void answer_options(struct xs_response *ret_response)
{
    ret_response->status = 204;
    ret_response->head_len = sizeof(options_head) - 1;
    memcpy(ret_response->head, options_head, sizeof(options_head));
    ret_response->body = "";
    ret_response->body_len = 0;
}

/* Puts the head before the body that has been written. The longest head has half of the room. */
static void finish(const struct xs_responder *responder, enum kind kind,
                   struct xs_response *ret_response)
{
    const char *cache =
        kinds[kind].is_public ? responder->public_cache : "Cache-Control: no-store\r\n";
    int head_len;

    ret_response->status = kinds[kind].status;
    ret_response->body = xs_xml_bytes(responder->xml, &ret_response->body_len);
    head_len = snprintf(ret_response->head, sizeof(ret_response->head),
                        "Status: %d %s\r\n"
                        "Content-Length: %zu\r\n" COMMON_HEADERS "%s%s\r\n",
                        kinds[kind].status, kinds[kind].reason, ret_response->body_len, cache,
                        kinds[kind].headers);
    ret_response->head_len = (size_t)head_len;
}

enum xs_error xs_responder_answer(struct xs_responder *responder, const struct xs_request *request,
                                  const struct xs_lookup *lookup, int64_t now_s,
                                  struct xs_response *ret_response)
{
    struct xs_presence presence;
    enum kind kind = KIND_METHOD;
    enum xs_error error;

    if (request->method == XS_METHOD_OPTIONS) {
        answer_options(ret_response);
        return XS_OK;
    }
    if (request->method != XS_METHOD_OTHER)
        kind = decide(request, lookup, now_s, &presence);
    if (kind == KIND_PRESENCE)
        error = xs_xml_write_presence(responder->xml, lookup->jid.bare, &presence, now_s);
    else
        error = xs_xml_write_error(responder->xml,
                                   xs_request_is_lookup(request) ? lookup->jid.bare : NULL,
                                   kinds[kind].condition);
    if (error != XS_OK)
        return error;
    finish(responder, kind, ret_response);
    if (request->method == XS_METHOD_HEAD)
        ret_response->body_len = 0;
    return XS_OK;
}
