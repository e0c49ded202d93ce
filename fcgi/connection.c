/*
 * libfcgi's public header says of some of FCGX_Request's fields not to use them. They are the only
 * way to an event loop and have not changed from 2.4.2 to 2.4.7. All use of them is in this file.
 */
#include "connection.h"

#include <errno.h>
#include <fastcgi.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Bytes of content in a record that we write ourselves at most. */
#define RECORD_MAX 32768

enum xs_error xs_connection_init_library(void)
{
    return FCGX_Init() == 0 ? XS_OK : XS_ERROR_NOMEM;
}

void xs_connection_open(struct xs_connection *connection, int fd)
{
    /* No listening socket: when a connection ends, libfcgi gives up instead of accepting one. */
    (void)FCGX_InitRequest(&connection->fcgx, -1, 0);
    connection->fcgx.ipcFd = fd;
    /* Else FCGX_Accept_r, which begins by finishing the "last" request, closes the descriptor. */
    connection->fcgx.keepConnection = 1;
    /* Else libfcgi's close waits up to two seconds for the peer to close first. */
    FCGX_Detach(&connection->fcgx);
    connection->is_last = false;
    connection->stream = NULL;
}

void xs_connection_close(struct xs_connection *connection)
{
    FCGX_Free(&connection->fcgx, 1);
}

bool xs_connection_is_open(const struct xs_connection *connection)
{
    return connection->fcgx.ipcFd >= 0;
}

enum xs_waiting xs_connection_peek(struct xs_connection *connection, bool has_ended,
                                   unsigned char buffer[XS_REQUEST_MAX])
{
    size_t request_len = 0;
    ssize_t len = recv(connection->fcgx.ipcFd, buffer, XS_REQUEST_MAX, MSG_PEEK | MSG_DONTWAIT);

    if (len < 0)
        return errno == EAGAIN && !has_ended ? XS_WAITING_NOTHING : XS_WAITING_REFUSED;
    if (len == 0)
        return XS_WAITING_REFUSED;
    switch (xs_framing_check(buffer, (size_t)len, &request_len)) {
    case XS_FRAMING_COMPLETE:
        /*
         * libfcgi reads up to 8 KiB at a time and throws away what it has read beyond the
         * request. So bytes that follow a request before its answer, which is multiplexing and
         * not supported, leave the connection in an unknown place.
         */
        connection->is_last = has_ended || (size_t)len > request_len;
        return XS_WAITING_WHOLE;
    case XS_FRAMING_INCOMPLETE:
        return has_ended ? XS_WAITING_REFUSED : XS_WAITING_PART;
    default:
        return XS_WAITING_REFUSED;
    }
}

/* Reads the body away, so that the connection stands at the next request. */
static bool drain_body(FCGX_Request *fcgx)
{
    char scratch[1024];

    while (FCGX_GetStr(scratch, sizeof(scratch), fcgx->in) == (int)sizeof(scratch))
        ;
    return FCGX_GetError(fcgx->in) == 0;
}

/*
 * The descriptor does not block. The request is there whole, so reading it never has to wait; if it
 * did after all, libfcgi would take EAGAIN for an error and give the connection up.
 */
enum xs_error xs_connection_read(struct xs_connection *connection,
                                 struct xs_request_params *ret_params)
{
    FCGX_Request *fcgx = &connection->fcgx;

    if (FCGX_Accept_r(fcgx) != 0 || !drain_body(fcgx))
        return XS_ERROR_PROTOCOL;
    ret_params->method = FCGX_GetParam("REQUEST_METHOD", fcgx->envp);
    ret_params->script = FCGX_GetParam("SCRIPT_NAME", fcgx->envp);
    ret_params->path = FCGX_GetParam("PATH_INFO", fcgx->envp);
    ret_params->query = FCGX_GetParam("QUERY_STRING", fcgx->envp);
    ret_params->accept = FCGX_GetParam("HTTP_ACCEPT", fcgx->envp);
    ret_params->if_none_match = FCGX_GetParam("HTTP_IF_NONE_MATCH", fcgx->envp);
    ret_params->last_event_id = FCGX_GetParam("HTTP_LAST_EVENT_ID", fcgx->envp);
    ret_params->streams = FCGX_GetParam("XMPP_STATUS_STREAMS", fcgx->envp);
    return XS_OK;
}

/*
 * A peer that takes its answers has an empty socket buffer here, with room for many times the
 * longest answer. So EAGAIN means a peer that does not, and libfcgi, to which it is an error like
 * any other, closes the connection at once. A blocking descriptor with SO_SNDTIMEO would make
 * everybody else wait for that peer instead.
 */
void xs_connection_answer(struct xs_connection *connection, const struct xs_response *response)
{
    FCGX_Request *fcgx = &connection->fcgx;

    /* Their failure is remembered by the stream, and FCGX_Finish_r then closes. */
    (void)FCGX_PutStr(response->head, (int)response->head_len, fcgx->out);
    (void)FCGX_PutStr(response->body, (int)response->body_len, fcgx->out);
    if (connection->is_last)
        fcgx->keepConnection = 0;
    FCGX_Finish_r(fcgx);
}

void xs_connection_detach(struct xs_connection *connection)
{
    FCGX_Free(&connection->fcgx, 0);
}

/* Sends a record, in one piece or not at all. */
static bool send_record(const struct xs_connection *connection, unsigned char type,
                        const void *content, size_t len)
{
    unsigned id = (unsigned)connection->fcgx.requestId;
    FCGI_Header header = {.version = FCGI_VERSION_1,
                          .type = type,
                          .requestIdB1 = (unsigned char)(id >> 8),
                          .requestIdB0 = (unsigned char)id,
                          .contentLengthB1 = (unsigned char)(len >> 8),
                          .contentLengthB0 = (unsigned char)len};
    union {
        const void *ours;
        void *theirs; /* sendmsg changes nothing, but its signature does not say so */
    } bytes = {.ours = content};
    struct iovec parts[] = {{.iov_base = &header, .iov_len = sizeof(header)},
                            {.iov_base = bytes.theirs, .iov_len = len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    return sendmsg(connection->fcgx.ipcFd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t)(sizeof(header) + len);
}

bool xs_connection_send(struct xs_connection *connection, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t part = len < RECORD_MAX ? len : RECORD_MAX;

        if (!send_record(connection, FCGI_STDOUT, bytes, part))
            return false;
        bytes += part;
        len -= part;
    }
    return true;
}

void xs_connection_finish(struct xs_connection *connection)
{
    static const FCGI_EndRequestBody end = {.protocolStatus = FCGI_REQUEST_COMPLETE};

    if (send_record(connection, FCGI_STDOUT, NULL, 0))
        (void)send_record(connection, FCGI_END_REQUEST, &end, sizeof(end));
}
