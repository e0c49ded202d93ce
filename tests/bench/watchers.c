/*
 * watchers PLACE COUNT USERS: so many watchers of so many users, in turn, for the bench `live`.
 *
 * PLACE is the responder's FastCGI socket, or a port of nginx on loopback. Prints "open" when each
 * has had its first event. Then for each line "N" on standard input prints "armed", and once N more
 * events have come "FIRST LAST", when the first and the last did, in nanoseconds of the monotonic
 * clock. "0" is answered with the number of watchers whose stream has ended. Ends with its input.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asking.h"

/* Events taken at once. */
#define EVENTS_MAX 512

/* What an event has exactly one of; it may come in two pieces, so its bytes are counted in turn. */
static const char mark[] = "\ndata: ";

/* Watchers with the same address of their own, below what nginx allows to one. */
#define PER_ADDRESS 100

struct watcher {
    int fd;
    size_t matched; /* bytes of the mark that the last bytes were */
};

struct bench {
    int epoll_fd;
    size_t ended;
    size_t seen;     /* events since the last order */
    size_t expected; /* 0: nothing */
    int64_t first_ns;
    struct watcher *watchers;
};

/* Asks as nginx does. */
static void ask_responder(int fd, const char *jid)
{
    unsigned char request[ASKING_REQUEST_MAX];

    asking_send(fd, request, asking_write(request, jid, "format=events", true));
}

static void ask_nginx(int fd, const char *jid)
{
    char out[512];
    int len = snprintf(out, sizeof out,
                       "GET /xmpp/status/%s HTTP/1.1\r\nHost: localhost\r\n"
                       "Accept: text/event-stream\r\n\r\n",
                       jid);

    asking_send(fd, out, (size_t)len);
}

/* From 127.1.0.1 on, each address for so many. */
static int connect_port(const char *port, size_t index)
{
    return asking_connect_port(port, 0x7F010001u + (uint32_t)(index / PER_ADDRESS));
}

static void open_watcher(struct bench *bench, const char *place, size_t index, size_t users)
{
    struct watcher *watcher = &bench->watchers[index];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watcher};
    char jid[64];

    (void)snprintf(jid, sizeof jid, "u%07zu@example.org", index % users);
    watcher->fd = place[0] == '/' ? asking_connect(place) : connect_port(place, index);
    if (place[0] == '/')
        ask_responder(watcher->fd, jid);
    else
        ask_nginx(watcher->fd, jid);
    if (epoll_ctl(bench->epoll_fd, EPOLL_CTL_ADD, watcher->fd, &event) != 0)
        asking_die("epoll_ctl");
}

static void count_events(struct bench *bench, struct watcher *watcher, const char *bytes,
                         size_t len)
{
    for (size_t i = 0; i < len; i++) {
        watcher->matched =
            bytes[i] == mark[watcher->matched] ? watcher->matched + 1 : bytes[i] == mark[0];
        if (mark[watcher->matched] != '\0')
            continue;
        watcher->matched = 0;
        if (bench->seen++ == 0)
            bench->first_ns = asking_clock_ns();
    }
}

static void read_watcher(struct bench *bench, struct watcher *watcher)
{
    char bytes[4096];
    ssize_t len = recv(watcher->fd, bytes, sizeof bytes, MSG_DONTWAIT);

    if (len > 0) {
        count_events(bench, watcher, bytes, (size_t)len);
    } else if (len == 0) {
        (void)epoll_ctl(bench->epoll_fd, EPOLL_CTL_DEL, watcher->fd, NULL);
        bench->ended++;
    }
}

/* Takes an order; false at the end of the input. */
static bool take_order(struct bench *bench)
{
    char line[32];

    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    bench->seen = 0;
    bench->expected = strtoul(line, NULL, 10);
    if (bench->expected == 0)
        (void)printf("%zu\n", bench->ended);
    else
        (void)puts("armed");
    return true;
}

static bool turn(struct bench *bench)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(bench->epoll_fd, events, EVENTS_MAX, -1);

    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr != NULL)
            read_watcher(bench, events[i].data.ptr);
        else if (!take_order(bench))
            return false;
    }
    if (bench->expected > 0 && bench->seen >= bench->expected) {
        (void)printf("%lld %lld\n", (long long)bench->first_ns, (long long)asking_clock_ns());
        bench->expected = 0;
    }
    return true;
}

int main(int argc, char *argv[])
{
    struct bench bench = {.epoll_fd = epoll_create1(0)};
    struct epoll_event event = {.events = EPOLLIN};
    size_t count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    size_t users = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;

    if (count == 0 || users == 0) {
        (void)fputs("usage: watchers place count users\n", stderr);
        return EXIT_FAILURE;
    }
    (void)setvbuf(stdin, NULL, _IONBF, 0);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    bench.watchers = calloc(count, sizeof *bench.watchers);
    if (bench.watchers == NULL || bench.epoll_fd < 0 ||
        epoll_ctl(bench.epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0)
        asking_die("watchers");
    bench.expected = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        open_watcher(&bench, argv[1], i, users);
        while (bench.seen + 64 < i + 1)
            (void)turn(&bench);
    }
    while (bench.seen < count)
        (void)turn(&bench);
    bench.expected = 0;
    (void)puts("open");
    while (turn(&bench))
        ;
    return EXIT_SUCCESS;
}
