#include "respond.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "etag.h"
#include "verdict.h"

#define METHODS "GET, HEAD, OPTIONS"

/* For how long a browser may remember the answer to its OPTIONS, in seconds. */
#define CORS_MAX_AGE_S "86400"

/* Every answer has these: any page may read it, as what it is and as nothing else. */
#define COMMON_HEADERS                                                                             \
    "X-Content-Type-Options: nosniff\r\n"                                                          \
    "Access-Control-Allow-Origin: *\r\n"                                                           \
    "Access-Control-Expose-Headers: ETag\r\n"                                                      \
    "Vary: Accept\r\n"

#define CACHE_CONTROL_SIZE 64

#define NO_STORE "Cache-Control: no-store\r\n"

struct xs_responder {
    struct xs_body *body;
    char public_cache[CACHE_CONTROL_SIZE]; /* the header of answers that others may keep */
};

/* JSON is UTF-8 by definition, and its type has no parameter to say so: RFC 8259 section 11. */
static const char *const content_types[] = {
    [XS_FORMAT_XML] = "application/xml; charset=utf-8",
    [XS_FORMAT_JSON] = "application/json",
    [XS_FORMAT_TEXT] = "text/plain; charset=utf-8",
    [XS_FORMAT_SVG] = "image/svg+xml; charset=utf-8",
};

_Static_assert(sizeof(content_types) / sizeof(*content_types) == XS_FORMAT_COUNT, "one each");

/* The kinds of answers, with what of their heads is their own. */
enum kind {
    KIND_PRESENCE,
    KIND_UNCHANGED,
    KIND_PARTIAL, /* a list in which something cannot be known now */
    KIND_PARTIAL_UNCHANGED,
    KIND_BAD_REQUEST,
    KIND_MALFORMED,
    KIND_NOT_FOUND,
    KIND_METHOD,
    KIND_WAIT,
    KIND_FULL
};

static const struct {
    int status;
    const char *reason;
    const char *headers; /* its own ones */
    bool is_public;      /* others may keep it for max_age_s */
    enum xs_condition condition;
} kinds[] = {
    [KIND_PRESENCE] = {200, "OK", "", true, 0},
    [KIND_UNCHANGED] = {304, "Not Modified", "", true, 0},
    [KIND_PARTIAL] = {200, "OK", "", false, 0},
    [KIND_PARTIAL_UNCHANGED] = {304, "Not Modified", "", false, 0},
    [KIND_BAD_REQUEST] = {400, "Bad Request", "", false, XS_CONDITION_BAD_REQUEST},
    [KIND_MALFORMED] = {400, "Bad Request", "", false, XS_CONDITION_JID_MALFORMED},
    [KIND_NOT_FOUND] = {404, "Not Found", "", true, XS_CONDITION_ITEM_NOT_FOUND},
    [KIND_METHOD] = {405, "Method Not Allowed", "Allow: " METHODS "\r\n", false,
                     XS_CONDITION_NOT_ALLOWED},
    [KIND_WAIT] = {503, "Service Unavailable", "Retry-After: 10\r\n", false,
                   XS_CONDITION_REMOTE_SERVER_TIMEOUT},
    [KIND_FULL] = {503, "Service Unavailable", "Retry-After: 10\r\n", false,
                   XS_CONDITION_RESOURCE_CONSTRAINT},
};

struct xs_responder *xs_responder_new(int max_age_s)
{
    struct xs_responder *responder = calloc(1, sizeof(*responder));

    if (responder == NULL)
        return NULL;
    responder->body = xs_body_new();
    if (responder->body == NULL) {
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
    xs_body_free(responder->body);
    free(responder);
}

/* Decides the kind of answer to a request that is not a lookup. */
static enum kind decide_flaw(const struct xs_request *request)
{
    if (request->method == XS_METHOD_OTHER)
        return KIND_METHOD;
    return request->flaw == XS_FLAW_QUERY ? KIND_BAD_REQUEST : KIND_MALFORMED;
}

static enum kind decide(const struct xs_verdict *verdict)
{
    switch (verdict->kind) {
    case XS_VERDICT_PRESENCE:
        return KIND_PRESENCE;
    case XS_VERDICT_NOT_FOUND:
        return KIND_NOT_FOUND;
    case XS_VERDICT_MALFORMED:
        return KIND_MALFORMED;
    default:
        return KIND_WAIT;
    }
}

/* A 204 has no Content-Length: RFC 9110 section 8.6. */
static void answer_options(const struct xs_request *request, struct xs_response *ret_response)
{
    int head_len = snprintf(ret_response->head, sizeof(ret_response->head),
                            "Status: 204 No Content\r\n"
                            "Content-Type: %s\r\n" COMMON_HEADERS
                            "Access-Control-Allow-Methods: " METHODS "\r\n"
                            "Access-Control-Allow-Headers: If-None-Match, Last-Event-ID\r\n"
                            "Access-Control-Max-Age: " CORS_MAX_AGE_S "\r\n"
                            "\r\n",
                            content_types[request->format]);

    ret_response->status = 204;
    ret_response->head_len = (size_t)head_len;
    ret_response->body = "";
    ret_response->body_len = 0;
}

/*
 * Puts the head before the body that has been written; `etag` is "" for errors. The longest head
 * has half of the room.
 */
static void finish(const struct xs_responder *responder, const struct xs_request *request,
                   enum kind kind, const char *etag, struct xs_response *ret_response)
{
    const char *cache = kinds[kind].is_public ? responder->public_cache : NO_STORE;
    char length[48] = "";
    int head_len;

    ret_response->status = kinds[kind].status;
    ret_response->body = xs_body_bytes(responder->body, &ret_response->body_len);
    if (kinds[kind].status != 304)
        (void)snprintf(length, sizeof(length), "Content-Length: %zu\r\n", ret_response->body_len);
    head_len = snprintf(ret_response->head, sizeof(ret_response->head),
                        "Status: %d %s\r\n"
                        "Content-Type: %s\r\n"
                        "%s" COMMON_HEADERS "%s%s%s%s%s\r\n",
                        kinds[kind].status, kinds[kind].reason, content_types[request->format],
                        length, cache, kinds[kind].headers, etag[0] != '\0' ? "ETag: " : "", etag,
                        etag[0] != '\0' ? "\r\n" : "");
    ret_response->head_len = (size_t)head_len;
    if (kinds[kind].status == 304 || request->method == XS_METHOD_HEAD)
        ret_response->body_len = 0;
}

/* Tags what has been written, and leaves it out if the client has it already. */
static void finish_tagged(const struct xs_responder *responder, const struct xs_request *request,
                          enum kind kind, enum kind kind_unchanged,
                          struct xs_response *ret_response)
{
    char etag[XS_ETAG_SIZE];
    size_t len;
    const char *bytes = xs_body_bytes(responder->body, &len);

    xs_etag_make(bytes, len, etag);
    if (xs_etag_is_named(etag, request->if_none_match))
        kind = kind_unchanged;
    finish(responder, request, kind, etag, ret_response);
}

static enum xs_error answer_error(struct xs_responder *responder, const struct xs_request *request,
                                  const char *jid, enum kind kind, struct xs_response *ret_response)
{
    enum xs_error error = xs_body_write_error(responder->body, request, jid, kinds[kind].condition);

    if (error == XS_OK)
        finish(responder, request, kind, "", ret_response);
    return error;
}

/* Answers with what was found for one JID. */
static enum xs_error answer_one(struct xs_responder *responder, const struct xs_request *request,
                                const struct xs_lookup *lookup, int64_t now_s,
                                struct xs_response *ret_response)
{
    struct xs_verdict verdict = xs_verdict_of(lookup, now_s);
    const char *jid = verdict.kind != XS_VERDICT_MALFORMED ? lookup->jid.bare : NULL;
    enum xs_error error;

    if (verdict.kind != XS_VERDICT_PRESENCE)
        return answer_error(responder, request, jid, decide(&verdict), ret_response);
    error = xs_body_write_presence(responder->body, request, jid, &verdict.presence, now_s);
    if (error == XS_OK)
        finish_tagged(responder, request, KIND_PRESENCE, KIND_UNCHANGED, ret_response);
    return error;
}

/* Finds the most available; of equals the first. */
static const struct xs_lookup *find_best(const struct xs_lookup *lookups, size_t count,
                                         int64_t now_s)
{
    const struct xs_lookup *best = lookups;
    struct xs_verdict best_verdict = xs_verdict_of(best, now_s);

    for (size_t i = 1; i < count; i++) {
        struct xs_verdict verdict = xs_verdict_of(&lookups[i], now_s);

        if (!xs_verdict_is_better(&verdict, &best_verdict))
            continue;
        best = &lookups[i];
        best_verdict = verdict;
    }
    return best;
}

/* Answers with all, in the order asked for. What cannot be known now is not for others to keep. */
static enum xs_error answer_list(struct xs_responder *responder, const struct xs_request *request,
                                 const struct xs_lookup *lookups, int64_t now_s,
                                 struct xs_response *ret_response)
{
    bool is_known = true;
    enum xs_error error;

    xs_body_begin_list(responder->body, request->format);
    for (size_t i = 0; i < request->jid_count; i++) {
        struct xs_verdict verdict = xs_verdict_of(&lookups[i], now_s);
        const char *jid = verdict.kind != XS_VERDICT_MALFORMED ? lookups[i].jid.bare : NULL;

        xs_body_add(responder->body, jid, &verdict, now_s);
        is_known = is_known && verdict.kind != XS_VERDICT_UNTRUSTED;
    }
    error = xs_body_end_list(responder->body);
    if (error == XS_ERROR_TOO_LONG)
        return answer_error(responder, request, NULL, KIND_BAD_REQUEST, ret_response);
    if (error == XS_OK && is_known)
        finish_tagged(responder, request, KIND_PRESENCE, KIND_UNCHANGED, ret_response);
    else if (error == XS_OK)
        finish_tagged(responder, request, KIND_PARTIAL, KIND_PARTIAL_UNCHANGED, ret_response);
    return error;
}

enum xs_error xs_responder_answer(struct xs_responder *responder, const struct xs_request *request,
                                  const struct xs_lookup *lookups, int64_t now_s,
                                  struct xs_response *ret_response)
{
    if (request->method == XS_METHOD_OPTIONS) {
        answer_options(request, ret_response);
        return XS_OK;
    }
    if (xs_request_is_lookup(request) && request->is_stream) {
        xs_responder_begin_stream(ret_response);
        return XS_OK;
    }
    if (!xs_request_is_lookup(request))
        return answer_error(responder, request, NULL, decide_flaw(request), ret_response);
    if (request->is_list && !request->is_any)
        return answer_list(responder, request, lookups, now_s, ret_response);
    if (request->is_list)
        lookups = find_best(lookups, request->jid_count, now_s);
    return answer_one(responder, request, lookups, now_s, ret_response);
}

/* nginx passes on at once what has this header. */
void xs_responder_begin_stream(struct xs_response *ret_response)
{
    int head_len = snprintf(ret_response->head, sizeof(ret_response->head),
                            "Status: 200 OK\r\n"
                            "Content-Type: text/event-stream\r\n" COMMON_HEADERS NO_STORE
                            "X-Accel-Buffering: no\r\n"
                            "\r\n");

    ret_response->status = 200;
    ret_response->head_len = (size_t)head_len;
    ret_response->body = "";
    ret_response->body_len = 0;
}

enum xs_error xs_responder_refuse_stream(struct xs_responder *responder,
                                         const struct xs_request *request, enum xs_error why,
                                         struct xs_response *ret_response)
{
    enum kind kind = why == XS_ERROR_TOO_LONG ? KIND_BAD_REQUEST : KIND_FULL;

    return answer_error(responder, request, NULL, kind, ret_response);
}
