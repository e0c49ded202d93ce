/*
 * connection.h: one connection from the web server, and all dealings with libfcgi.
 *
 * A connection is waited for, and looked into, without libfcgi; only when a whole request is there
 * does libfcgi read it. Nothing here ever blocks. Does I/O on the connection only.
 */
#ifndef XS_CONNECTION_H
#define XS_CONNECTION_H

#include <fcgiapp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "error.h"
#include "framing.h"
#include "request.h"
#include "respond.h"

/* What waits on a connection. */
enum xs_waiting {
    XS_WAITING_NOTHING,
    XS_WAITING_PART,   /* the beginning of a request */
    XS_WAITING_WHOLE,  /* a request, ready for xs_connection_read */
    XS_WAITING_REFUSED /* the end, or bytes that are no request of ours: close it */
};

struct xs_stream;

/* A connection. The links, the state and the deadline belong to the pool, see pool.h. */
struct xs_connection {
    FCGX_Request fcgx;        /* its ipcFd is the descriptor, -1 if closed */
    bool is_last;             /* close after the next answer, whatever the web server asked for */
    struct xs_stream *stream; /* whose events it carries; NULL if it carries none: streams.h */
    int state;
    int64_t deadline_ms;
    TAILQ_ENTRY(xs_connection) link;
};

/*
 * Prepares libfcgi; once, before all else, with SIGTERM, SIGINT and SIGPIPE already dealt with.
 * Returns XS_OK or XS_ERROR_NOMEM.
 */
enum xs_error xs_connection_init_library(void);

/*
 * Takes over an accepted descriptor, which must not block. It is closed with the connection, by
 * xs_connection_close or after an answer.
 */
void xs_connection_open(struct xs_connection *connection, int fd);

/* Closes at once, dropping a request that is being read. A closed connection is allowed. */
void xs_connection_close(struct xs_connection *connection);

/* Says whether the connection is open. */
bool xs_connection_is_open(const struct xs_connection *connection);

/*
 * Looks at what waits on an open connection, taking nothing away. `has_ended` says that the peer
 * will send no more. `buffer` is for scratch. As a part is left where it is, a peer on a unix
 * socket that sends in very many pieces (some seventy on Linux) finds the socket full before it is
 * done; web servers send a request in one.
 */
enum xs_waiting xs_connection_peek(struct xs_connection *connection, bool has_ended,
                                   unsigned char buffer[XS_REQUEST_MAX]);

/*
 * Reads the request that xs_connection_peek has found. On success the parameters are borrowed until
 * the answer or the close. Returns XS_OK; XS_ERROR_PROTOCOL or XS_ERROR_NOMEM, after which the
 * connection must be closed.
 */
enum xs_error xs_connection_read(struct xs_connection *connection,
                                 struct xs_request_params *ret_params);

/*
 * Answers the request that was read. Afterwards the connection is open and waits for the next
 * request, or is closed: because the web server did not ask to keep it, sent more than a request,
 * or was not there to take the answer.
 */
void xs_connection_answer(struct xs_connection *connection, const struct xs_response *response);

/*
 * Takes the request that was read out of libfcgi's hands, and frees what that holds for it, which
 * is some 17 KiB. What was borrowed is gone. From here on only the following may be used on it.
 */
void xs_connection_detach(struct xs_connection *connection);

/*
 * Sends bytes of the answer to a detached request, at once and in one piece. Returns false if the
 * peer is not there, or has so much waiting that not all of it fits: then it must be closed.
 */
bool xs_connection_send(struct xs_connection *connection, const char *bytes, size_t len);

/* Sends the end of the answer to a detached request, if it can be sent. It must then be closed. */
void xs_connection_finish(struct xs_connection *connection);

#endif
