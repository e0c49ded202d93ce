/*
 * framing.h: where a FastCGI request ends, and whether it is one that we serve.
 *
 * libfcgi blocks on half a request and believes whatever a record says, so it only ever gets
 * requests that passed this check whole. Pure; no I/O.
 */
#ifndef XS_FRAMING_H
#define XS_FRAMING_H

#include <stddef.h>

/*
 * Bytes of a request at most, framing included. What the location block passes (the request line
 * and two headers) is bounded by the web server's own header buffers, 16 KiB a line for nginx as
 * we ship it; and there may be a body.
 */
#define XS_REQUEST_MAX 61440

/* Bytes of a request's body at most. Bodies are not used, but a POST is worth a proper 405. */
#define XS_REQUEST_BODY_MAX 8192

enum xs_framing {
    XS_FRAMING_INCOMPLETE, /* so far the start of a request that we serve */
    XS_FRAMING_COMPLETE,   /* begins with a whole one */
    XS_FRAMING_BAD         /* will never become one, whatever follows */
};

/*
 * Judges the first `len` bytes that wait on a connection. `bytes` may be NULL if `len` is 0.
 *
 * A request is: BEGIN_REQUEST for the role of responder; PARAMS records up to the empty one, which
 * ends at the end of a pair; STDIN records up to the empty one, with XS_REQUEST_BODY_MAX bytes at
 * most. All have version 1 and the same request id, which is not 0. BEGIN_REQUEST and the two empty
 * records have no padding, because libfcgi takes theirs for the next record; web servers send none.
 * Everything else is bad: other roles and types, management records, ABORT_REQUEST, a request of
 * more than XS_REQUEST_MAX bytes.
 *
 * With XS_FRAMING_COMPLETE, `ret_request_len` is the number of bytes the request takes, 1..`len`;
 * otherwise it is untouched. FastCGI 1.0 sections 3.3, 3.4, 5.1 to 5.3.
 */
enum xs_framing xs_framing_check(const unsigned char *bytes, size_t len, size_t *ret_request_len);

#endif
