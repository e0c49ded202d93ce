/*
 * body.h: the body of an answer, in the format that was asked for.
 *
 * Memory only; no I/O. Not shared between threads.
 */
#ifndef XS_BODY_H
#define XS_BODY_H

#include <stdint.h>

#include "condition.h"
#include "error.h"
#include "presence.h"
#include "request.h"
#include "verdict.h"

/*
 * Bytes of a list at most. A web server that is slow to read has room for as much: more would not
 * fit into the socket, and its connection would be given up.
 */
#define XS_BODY_LIST_MAX 131072

struct xs_body;

/* Makes a body to write to, again and again. Freed with xs_body_free. NULL if out of memory. */
struct xs_body *xs_body_new(void);

/* Frees a body. NULL is allowed. */
void xs_body_free(struct xs_body *body);

/*
 * Writes a presence in `request`'s format, replacing what the body held. `jid` is a normalised bare
 * JID. Seconds elapsed are those at `now_s` (Unix second). Returns XS_OK or XS_ERROR_NOMEM.
 */
enum xs_error xs_body_write_presence(struct xs_body *body, const struct xs_request *request,
                                     const char *jid, const struct xs_presence *presence,
                                     int64_t now_s);

/* The same with an error. `jid` may be NULL, and is then left out. */
enum xs_error xs_body_write_error(struct xs_body *body, const struct xs_request *request,
                                  const char *jid, enum xs_condition condition);

/*
 * Begins a list in `format`, replacing what the body held: of XML the element <presences/>, of JSON
 * an array, of text lines. XS_FORMAT_SVG has no lists.
 */
void xs_body_begin_list(struct xs_body *body, enum xs_format format);

/*
 * Adds what is to be said of a JID to the list: in XML and JSON what it would be alone, in text the
 * JID, a space, the state and a newline. `jid` is NULL for what is none; it then is "-" in text.
 */
void xs_body_add(struct xs_body *body, const char *jid, const struct xs_verdict *verdict,
                 int64_t now_s);

/*
 * Ends the list. Returns XS_OK; XS_ERROR_TOO_LONG if it exceeds XS_BODY_LIST_MAX, or
 * XS_ERROR_NOMEM, and then the body is empty.
 */
enum xs_error xs_body_end_list(struct xs_body *body);

/*
 * Returns the bytes written last, ending with one newline, and their number. Borrowed until the
 * next write or free. Never NULL.
 */
const char *xs_body_bytes(const struct xs_body *body, size_t *ret_len);

#endif
