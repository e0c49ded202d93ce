/*
 * FastCGI requests. The input is what waits on a connection.
 *
 * A request that is found complete is given to libfcgi, over a socket that ends with it: libfcgi
 * must read all of it and miss nothing.
 */
#include <fcgiapp.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "framing.h"
#include "fuzz.h"

/* Prefixes that are tried of a long input, beside the longest ones. */
#define PREFIXES_MAX 256

static enum xs_framing check(const uint8_t *bytes, size_t len, size_t *ret_request_len)
{
    size_t request_len = SIZE_MAX;
    enum xs_framing verdict = xs_framing_check(bytes, len, &request_len);

    if (verdict == XS_FRAMING_COMPLETE) {
        FUZZ_CHECK(request_len >= 1 && request_len <= len);
        FUZZ_CHECK(request_len <= XS_REQUEST_MAX);
        *ret_request_len = request_len;
    } else {
        FUZZ_CHECK(verdict == XS_FRAMING_INCOMPLETE || verdict == XS_FRAMING_BAD);
        FUZZ_CHECK(request_len == SIZE_MAX);
    }
    return verdict;
}

/* A verdict other than INCOMPLETE is final; before it, every prefix is INCOMPLETE. */
static void check_prefix(const uint8_t *data, size_t len, enum xs_framing verdict,
                         size_t request_len)
{
    uint8_t *prefix = fuzz_copy(data, len);
    size_t prefix_request_len = 0;
    enum xs_framing prefix_verdict = check(prefix, len, &prefix_request_len);

    if (verdict == XS_FRAMING_COMPLETE && len >= request_len) {
        FUZZ_CHECK(prefix_verdict == XS_FRAMING_COMPLETE);
        FUZZ_CHECK(prefix_request_len == request_len);
    } else if (verdict == XS_FRAMING_BAD) {
        FUZZ_CHECK(prefix_verdict != XS_FRAMING_COMPLETE);
    } else {
        FUZZ_CHECK(prefix_verdict == XS_FRAMING_INCOMPLETE);
    }
    free(prefix);
}

static void check_appended(const uint8_t *data, size_t len, uint8_t byte, enum xs_framing verdict,
                           size_t request_len)
{
    uint8_t *longer = malloc(len + 16);
    size_t longer_request_len = 0;

    FUZZ_CHECK(longer != NULL);
    if (len > 0)
        memcpy(longer, data, len);
    memset(longer + len, byte, 16);
    FUZZ_CHECK(check(longer, len + 16, &longer_request_len) == verdict);
    FUZZ_CHECK(verdict != XS_FRAMING_COMPLETE || longer_request_len == request_len);
    free(longer);
}

/* Sends the request over a socket that then ends. Returns the other end, which does not block. */
static int send_request(const uint8_t *request, size_t request_len)
{
    int fds[2];
    int size = 4 * XS_REQUEST_MAX;

    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    FUZZ_CHECK(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
    FUZZ_CHECK(send(fds[0], request, request_len, MSG_NOSIGNAL) == (ssize_t)request_len);
    FUZZ_CHECK(close(fds[0]) == 0);
    return fds[1];
}

static void check_libfcgi(const uint8_t *request, size_t request_len)
{
    static unsigned char peeked[XS_REQUEST_MAX];
    int fd = send_request(request, request_len);
    struct xs_request_params params;
    struct xs_connection connection;
    char byte;

    xs_connection_open(&connection, fd);
    FUZZ_CHECK(xs_connection_peek(&connection, true, peeked) == XS_WAITING_WHOLE);
    FUZZ_CHECK(xs_connection_read(&connection, &params) == XS_OK);
    FUZZ_CHECK(recv(fd, &byte, 1, 0) == 0); /* all was read, and the end is there */
    xs_connection_close(&connection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    size_t step = 1 + size / PREFIXES_MAX;
    size_t request_len = 0;
    enum xs_framing verdict = check(data, size, &request_len);

    if (!is_ready)
        FUZZ_CHECK(xs_connection_init_library() == XS_OK);
    is_ready = true;
    for (size_t len = 0; len < size; len += step)
        check_prefix(data, len, verdict, request_len);
    if (verdict == XS_FRAMING_COMPLETE) {
        check_prefix(data, request_len - 1, verdict, request_len);
        check_libfcgi(data, request_len);
    }
    if (verdict != XS_FRAMING_INCOMPLETE) {
        check_appended(data, size, 0, verdict, request_len);
        check_appended(data, size, 0xff, verdict, request_len);
    }
    return 0;
}
