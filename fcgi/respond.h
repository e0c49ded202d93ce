/*
 * respond.h: from a request and what was found to the bytes of the answer.
 *
 * Memory only; no I/O. Not shared between threads.
 */
#ifndef XS_RESPOND_H
#define XS_RESPOND_H

#include <stdint.h>

#include "error.h"
#include "head.h"
#include "lookup.h"
#include "request.h"

/* An answer. A plain value, but the body is borrowed. */
struct xs_response {
    int status;              /* of HTTP: 200, 204, 304, 400, 404, 405 or 503 */
    size_t head_len;         /* bytes without the terminator */
    char head[XS_HEAD_SIZE]; /* CGI: Status, then the headers, then the empty line */
    const char *body;        /* as long as the responder writes no other; never NULL */
    size_t body_len;         /* bytes; 0 for HEAD, though Content-Length is as for GET */
};

struct xs_responder;

/*
 * Makes a responder. `max_age_s`, 0..86400, is how many seconds others may keep a 200, 304 or 404.
 * Freed with xs_responder_free. NULL if out of memory.
 */
struct xs_responder *xs_responder_new(int max_age_s);

/* Frees a responder. NULL is allowed. */
void xs_responder_free(struct xs_responder *responder);

/*
 * Answers a request. `lookups` are request->jid_count JIDs and what was found, in the order asked
 * for; they are read, and may be NULL otherwise, only if xs_request_is_lookup(request). One without
 * a local part is not a JID, see xs_verdict_of. Facts that are not known for whatever reason give
 * 503, in a list of several an entry. `now_s` is the Unix second by which the lease and last
 * activity are judged. What the request borrows must still be there.
 *
 * A list is 200, whatever its entries say; but 400 if it would exceed XS_BODY_LIST_MAX. For a HEAD
 * that is for a stream, it is the head of one.
 *
 * Returns XS_OK or XS_ERROR_NOMEM; `ret_response` is filled in the first case only. RFC 3875
 * section 6, RFC 9110.
 */
enum xs_error xs_responder_answer(struct xs_responder *responder, const struct xs_request *request,
                                  const struct xs_lookup *lookups, int64_t now_s,
                                  struct xs_response *ret_response);

/*
 * Makes the beginning of the answer to a request for a stream: the head, which promises no length.
 * There is no body.
 */
void xs_responder_begin_stream(struct xs_response *ret_response);

/*
 * Answers a request for a stream that was not opened, for the reason that xs_streams_open gave:
 * 400 for XS_ERROR_TOO_LONG, else 503. Returns as xs_responder_answer.
 */
enum xs_error xs_responder_refuse_stream(struct xs_responder *responder,
                                         const struct xs_request *request, enum xs_error why,
                                         struct xs_response *ret_response);

#endif
