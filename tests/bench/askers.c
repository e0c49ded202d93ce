/*
 * askers SECONDS CONNECTIONS USERS SOCKET...: asks responders on their FastCGI sockets as fast as
 * they answer, on so many connections to each, for so many users in turn; for the bench `cores`.
 *
 * Prints the number of answers and the nanoseconds they took. Ends with 1 if one was not a 200.
 */
#include <fastcgi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "asking.h"

#define EVENTS_MAX      256
#define ANSWER_MAX      4096
#define CONNECTIONS_MAX 256

/* The end of an answer: that of its output, which is empty, and that of the request. */
#define END_LEN (FCGI_HEADER_LEN + sizeof(FCGI_EndRequestRecord))

static const char status[] = "Status: 200 ";

struct asker {
    int fd;
    size_t len;
    unsigned char answer[ANSWER_MAX];
};

struct bench {
    int epoll_fd;
    unsigned users;
    unsigned asked;
    uint64_t answered;
};

static void ask(struct bench *bench, const struct asker *asker)
{
    unsigned char request[ASKING_REQUEST_MAX];
    char jid[64];

    (void)snprintf(jid, sizeof jid, "u%07u@example.org", bench->asked++ % bench->users);
    asking_send(asker->fd, request, asking_write(request, jid, "", false));
}

/* Says whether the answer has ended: whether its last record is FCGI_END_REQUEST. */
static int is_whole(const struct asker *asker)
{
    return asker->len >= END_LEN &&
           asker->answer[asker->len - sizeof(FCGI_EndRequestRecord) + 1] == FCGI_END_REQUEST &&
           asker->answer[asker->len - sizeof(FCGI_EndRequestRecord)] == FCGI_VERSION_1;
}

static void read_answer(struct bench *bench, struct asker *asker)
{
    ssize_t len =
        recv(asker->fd, asker->answer + asker->len, ANSWER_MAX - asker->len, MSG_DONTWAIT);

    if (len <= 0) {
        (void)fputs("askers: a responder has closed, or its answer is too long\n", stderr);
        exit(EXIT_FAILURE);
    }
    asker->len += (size_t)len;
    if (!is_whole(asker))
        return;
    if (memcmp(asker->answer + FCGI_HEADER_LEN, status, sizeof status - 1) != 0) {
        (void)fputs("askers: an answer was not a 200\n", stderr);
        exit(EXIT_FAILURE);
    }
    bench->answered++;
    asker->len = 0;
    ask(bench, asker);
}

static void open_asker(struct bench *bench, const char *path)
{
    struct asker *asker = calloc(1, sizeof *asker);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = asker};

    if (asker == NULL)
        asking_die("calloc");
    asker->fd = asking_connect(path);
    if (epoll_ctl(bench->epoll_fd, EPOLL_CTL_ADD, asker->fd, &event) != 0)
        asking_die("epoll_ctl");
    ask(bench, asker);
}

int main(int argc, char *argv[])
{
    struct bench bench = {.epoll_fd = epoll_create1(0)};
    unsigned seconds = argc > 4 ? (unsigned)atoi(argv[1]) : 0;
    unsigned connections = argc > 4 ? (unsigned)atoi(argv[2]) : 0;
    int64_t begin_ns = asking_clock_ns();

    bench.users = argc > 4 ? (unsigned)atoi(argv[3]) : 0;
    if (seconds == 0 || connections == 0 || connections > CONNECTIONS_MAX || bench.users == 0) {
        (void)fputs("usage: askers seconds connections users socket...\n", stderr);
        return EXIT_FAILURE;
    }
    for (int i = 4; i < argc; i++) {
        for (unsigned j = 0; j < connections; j++)
            open_asker(&bench, argv[i]);
    }
    while (asking_clock_ns() - begin_ns < (int64_t)seconds * 1000000000) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(bench.epoll_fd, events, EVENTS_MAX, 1000);

        for (int i = 0; i < count; i++)
            read_answer(&bench, events[i].data.ptr);
    }
    (void)printf("%llu %lld\n", (unsigned long long)bench.answered,
                 (long long)(asking_clock_ns() - begin_ns));
    return EXIT_SUCCESS;
}
