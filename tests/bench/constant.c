/*
 * constant SOCKET: answers every FastCGI request with the same bytes, until it is ended.
 *
 * The ceiling for a responder on libfcgi: our way of waiting, checking, reading and answering, on
 * the same kept connections, with nothing in between.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "connection.h"
#include "listener.h"
#include "pool.h"

#define EVENTS_MAX 256

#define BODY                                                                                       \
    "<presence xmlns=\"jabber:client\" from=\"support@example.org\">\n"                            \
    "  <show>xa</show>\n"                                                                          \
    "  <query xmlns=\"jabber:iq:last\" seconds=\"8973\"/>\n"                                       \
    "</presence>\n"

struct loop {
    int epoll_fd;
    int listen_fd;
    struct xs_pool *pool;
    struct xs_response response;
    unsigned char buffer[XS_REQUEST_MAX];
};

static void make_response(struct xs_response *response)
{
    response->status = 200;
    response->body = BODY;
    response->body_len = strlen(BODY);
    response->head_len = (size_t)snprintf(response->head, sizeof(response->head),
                                          "Status: 200 OK\r\n"
                                          "Content-Type: application/xml; charset=utf-8\r\n"
                                          "Content-Length: %zu\r\n\r\n",
                                          response->body_len);
}

static bool watch(const struct loop *loop, int fd, uint32_t events, void *what)
{
    struct epoll_event event = {.events = events, .data.ptr = what};

    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void accept_ready(struct loop *loop)
{
    int fd;

    while ((fd = accept4(loop->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct xs_connection *connection = xs_pool_open(loop->pool, fd);

        if (!watch(loop, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, connection))
            xs_pool_close(loop->pool, connection);
    }
}

static void answer(struct loop *loop, struct xs_connection *connection, uint32_t events)
{
    bool has_ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    struct xs_request_params params;

    switch (xs_connection_peek(connection, has_ended, loop->buffer)) {
    case XS_WAITING_WHOLE:
        if (xs_connection_read(connection, &params) != XS_OK)
            break;
        xs_connection_answer(connection, &loop->response);
        if (xs_connection_is_open(connection))
            return;
        break;
    case XS_WAITING_PART:
    case XS_WAITING_NOTHING:
        return;
    default:
        break;
    }
    xs_pool_close(loop->pool, connection);
}

/* Returns when waiting fails. */
static void run(struct loop *loop)
{
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        bool can_accept = false;
        int count = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, -1);

        if (count < 0 && errno != EINTR)
            return;
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == loop)
                can_accept = true;
            else
                answer(loop, events[i].data.ptr, events[i].events);
        }
        if (can_accept)
            accept_ready(loop);
    }
}

int main(int argc, char *argv[])
{
    static struct loop loop;
    struct xs_listener listener;
    struct xs_error_info info = {.code = XS_OK};

    if (argc != 2) {
        (void)fputs("usage: constant socket\n", stderr);
        return EXIT_FAILURE;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    make_response(&loop.response);
    loop.pool = xs_pool_new(0);
    loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop.pool == NULL || loop.epoll_fd < 0 || xs_connection_init_library() != XS_OK) {
        perror("constant");
        return EXIT_FAILURE;
    }
    if (xs_listener_open(argv[1], &listener, &info) != XS_OK) {
        (void)fprintf(stderr, "constant: %s\n", info.text);
        return EXIT_FAILURE;
    }
    loop.listen_fd = listener.fd;
    if (watch(&loop, listener.fd, EPOLLIN, &loop))
        run(&loop);
    perror("constant");
    return EXIT_FAILURE;
}
