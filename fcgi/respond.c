#include "respond.h"

#include <stdlib.h>

#include "body.h"
#include "etag.h"
#include "head.h"
#include "verdict.h"

struct xs_responder {
    struct xs_body *body;
    struct xs_heads heads;
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
    xs_heads_init(&responder->heads, max_age_s);
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
static enum xs_head_kind decide_flaw(const struct xs_request *request)
{
    if (request->method == XS_METHOD_OTHER)
        return XS_HEAD_METHOD;
    return request->flaw == XS_FLAW_QUERY ? XS_HEAD_BAD_REQUEST : XS_HEAD_MALFORMED;
}

static enum xs_head_kind decide(const struct xs_verdict *verdict)
{
    switch (verdict->kind) {
    case XS_VERDICT_PRESENCE:
        return XS_HEAD_PRESENCE;
    case XS_VERDICT_NOT_FOUND:
        return XS_HEAD_NOT_FOUND;
    case XS_VERDICT_MALFORMED:
        return XS_HEAD_MALFORMED;
    default:
        return XS_HEAD_WAIT;
    }
}

static void answer_options(const struct xs_request *request, struct xs_response *ret_response)
{
    ret_response->status = 204;
    ret_response->head_len = xs_head_write_options(request->format, ret_response->head);
    ret_response->body = "";
    ret_response->body_len = 0;
}

/* Puts the head before the body that has been written; `etag` is "" for errors. */
static void finish(const struct xs_responder *responder, const struct xs_request *request,
                   enum xs_head_kind kind, const char *etag, struct xs_response *ret_response)
{
    ret_response->status = xs_head_status(kind);
    ret_response->body = xs_body_bytes(responder->body, &ret_response->body_len);
    ret_response->head_len = xs_heads_write(&responder->heads, kind, request->format,
                                            ret_response->body_len, etag, ret_response->head);
    if (ret_response->status == 304 || request->method == XS_METHOD_HEAD)
        ret_response->body_len = 0;
}

/* Tags what has been written, and leaves it out if the client has it already. */
static void finish_tagged(const struct xs_responder *responder, const struct xs_request *request,
                          enum xs_head_kind kind, enum xs_head_kind kind_unchanged,
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
                                  const char *jid, enum xs_head_kind kind,
                                  struct xs_response *ret_response)
{
    enum xs_error error =
        xs_body_write_error(responder->body, request, jid, xs_head_condition(kind));

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
        finish_tagged(responder, request, XS_HEAD_PRESENCE, XS_HEAD_UNCHANGED, ret_response);
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
        return answer_error(responder, request, NULL, XS_HEAD_BAD_REQUEST, ret_response);
    if (error == XS_OK && is_known)
        finish_tagged(responder, request, XS_HEAD_PRESENCE, XS_HEAD_UNCHANGED, ret_response);
    else if (error == XS_OK)
        finish_tagged(responder, request, XS_HEAD_PARTIAL, XS_HEAD_PARTIAL_UNCHANGED, ret_response);
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

void xs_responder_begin_stream(struct xs_response *ret_response)
{
    ret_response->status = 200;
    ret_response->head_len = xs_head_write_stream(ret_response->head);
    ret_response->body = "";
    ret_response->body_len = 0;
}

enum xs_error xs_responder_refuse_stream(struct xs_responder *responder,
                                         const struct xs_request *request, enum xs_error why,
                                         struct xs_response *ret_response)
{
    enum xs_head_kind kind = why == XS_ERROR_TOO_LONG ? XS_HEAD_BAD_REQUEST : XS_HEAD_FULL;

    return answer_error(responder, request, NULL, kind, ret_response);
}
