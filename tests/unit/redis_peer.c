#include "redis_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TRICKLE_MS 20

/* The start of a reply that is far longer than any limit. */
static const char endless[] = "$536870912\r\n";

static void check(bool ok, const char *what)
{
    if (!ok) {
        perror(what);
        abort();
    }
}

/* Waits for `events` on a socket; false when the peer is to stop. */
static bool wait_for(const struct peer *peer, int fd, short events)
{
    struct pollfd ready[2] = {{.fd = fd, .events = events}, {.fd = peer->stop_fds[0]}};

    while (poll(ready, 2, -1) < 0)
        check(errno == EINTR, "poll");
    return ready[1].revents == 0;
}

/* Reads what a step expects; false if something else came, or the client left. */
static bool read_expected(struct peer *peer, int fd, const char *expect)
{
    size_t len = strlen(expect);

    for (size_t pos = 0; pos < len;) {
        char bytes[4096];
        ssize_t got;

        if (!wait_for(peer, fd, POLLIN))
            return false;
        got = read(fd, bytes, len - pos < sizeof bytes ? len - pos : sizeof bytes);
        if (got <= 0)
            return false;
        if (memcmp(bytes, expect + pos, (size_t)got) != 0) {
            peer->mismatch = true;
            return false;
        }
        pos += (size_t)got;
    }
    return true;
}

static bool send_all(const struct peer *peer, int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno != EAGAIN)
            return false;
        if (sent < 0 && !wait_for(peer, fd, POLLOUT))
            return false;
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        }
    }
    return true;
}

static void send_endless(const struct peer *peer, int fd)
{
    static char zeros[1 << 16];
    struct pollfd stop = {.fd = peer->stop_fds[0]};
    bool slow = peer->end == PEER_TRICKLE;

    if (!send_all(peer, fd, endless, strlen(endless)))
        return;
    while (poll(&stop, 1, slow ? TRICKLE_MS : 0) == 0) {
        if (!send_all(peer, fd, zeros, slow ? 1 : sizeof zeros))
            return;
    }
}

static void serve(struct peer *peer, int fd)
{
    char byte;

    for (const struct peer_step *step = peer->steps; step->expect != NULL; step++) {
        if (!read_expected(peer, fd, step->expect) ||
            !send_all(peer, fd, step->send, strlen(step->send)))
            return;
    }
    if (peer->end == PEER_TRICKLE || peer->end == PEER_FLOOD)
        send_endless(peer, fd);
    while (peer->end == PEER_HOLD && wait_for(peer, fd, POLLIN)) {
        if (read(fd, &byte, 1) <= 0)
            return;
    }
}

static void *run(void *user)
{
    struct peer *peer = user;

    while (wait_for(peer, peer->listen_fd, POLLIN)) {
        int fd = accept(peer->listen_fd, NULL, NULL);

        check(fd >= 0, "accept");
        peer->accepted++;
        serve(peer, fd);
        close(fd);
    }
    return NULL;
}

/* Listens on the address and starts the thread. */
static void start(struct peer *peer, const struct sockaddr *address, socklen_t address_len)
{
    peer->listen_fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(peer->listen_fd >= 0, "socket");
    check(bind(peer->listen_fd, address, address_len) == 0, "bind");
    check(listen(peer->listen_fd, 8) == 0, "listen");
    check(pipe(peer->stop_fds) == 0, "pipe");
    check(pthread_create(&peer->thread, NULL, run, peer) == 0, "pthread_create");
}

void peer_start(struct peer *peer, const struct peer_step *steps, enum peer_end end)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *peer = (struct peer){.dir = "/tmp/xs-test-peer-XXXXXX", .steps = steps, .end = end};
    check(mkdtemp(peer->dir) != NULL, "mkdtemp");
    snprintf(peer->path, sizeof peer->path, "%s/sock", peer->dir);
    strcpy(address.sun_path, peer->path);
    start(peer, (struct sockaddr *)&address, sizeof address);
}

void peer_start_on_port(struct peer *peer, const struct peer_step *steps, enum peer_end end)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_len = sizeof address;

    *peer = (struct peer){.steps = steps, .end = end};
    start(peer, (struct sockaddr *)&address, sizeof address);
    check(getsockname(peer->listen_fd, (struct sockaddr *)&address, &address_len) == 0,
          "getsockname");
    peer->port = ntohs(address.sin_port);
}

void peer_stop(struct peer *peer)
{
    close(peer->stop_fds[1]);
    check(pthread_join(peer->thread, NULL) == 0, "pthread_join");
    close(peer->stop_fds[0]);
    close(peer->listen_fd);
    if (peer->port != 0)
        return;
    unlink(peer->path);
    rmdir(peer->dir);
}
