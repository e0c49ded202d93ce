/*
 * pacer PORT TARGET RATE SECONDS CONNECTIONS: asks nginx on loopback for a target RATE times a
 * second; for the bench `http`.
 *
 * Each request is due at a time that is fixed beforehand, and is sent then on the connection that
 * has been free for longest. What an answer took is counted from when its request was due, not from
 * when it was sent: to wait until there is a connection that has had its answer is to wait, too.
 *
 * Prints the rate at which answers came, and the median and the 99th percentile of what they took,
 * in ms, as JSON. Ends with 1 if one was not a 200.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asking.h"

#define EVENTS_MAX  64
#define ANSWER_MAX  4096
#define REQUEST_MAX 1024
#define NS_PER_S    1000000000LL

/* How long answers are waited for after the last request was due. */
#define PATIENCE_NS NS_PER_S

static const char status[] = "HTTP/1.1 200 ";
static const char length[] = "\r\nContent-Length: ";
static const char closing[] = "\r\nConnection: close\r\n";

struct asker {
    int fd;
    int64_t due_ns;
    size_t len;
    TAILQ_ENTRY(asker) link;
    char answer[ANSWER_MAX];
};

struct bench {
    int epoll_fd;
    const char *port;
    char request[REQUEST_MAX];
    size_t request_len;
    double rate;
    int64_t begin_ns;
    size_t count; /* of requests in all */
    size_t asked;
    size_t answered;
    int64_t *taken_ns;        /* of each answer */
    TAILQ_HEAD(, asker) free; /* the first has been for longest */
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "pacer: %s\n", what);
    exit(EXIT_FAILURE);
}

static void open_asker(struct bench *bench, struct asker *asker)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = asker};

    asker->fd = asking_connect_port(bench->port, INADDR_LOOPBACK);
    if (epoll_ctl(bench->epoll_fd, EPOLL_CTL_ADD, asker->fd, &event) != 0)
        asking_die("epoll_ctl");
}

static int64_t next_due_ns(const struct bench *bench)
{
    return bench->begin_ns + (int64_t)((double)bench->asked / bench->rate * NS_PER_S);
}

/* Sends what is due, as far as connections are free. */
static void ask(struct bench *bench)
{
    struct asker *asker;

    while (bench->asked < bench->count && (asker = TAILQ_FIRST(&bench->free)) != NULL &&
           next_due_ns(bench) <= asking_clock_ns()) {
        TAILQ_REMOVE(&bench->free, asker, link);
        asker->due_ns = next_due_ns(bench);
        asker->len = 0;
        asking_send(asker->fd, bench->request, bench->request_len);
        bench->asked++;
    }
}

/* Says whether an answer has ended, by its Content-Length. */
static bool is_whole(const struct asker *asker)
{
    const char *end = memmem(asker->answer, asker->len, "\r\n\r\n", 4);
    size_t head_len = end != NULL ? (size_t)(end - asker->answer) + 4 : 0;
    const char *found = memmem(asker->answer, head_len, length, sizeof length - 1);

    if (end != NULL && found == NULL)
        fail("an answer without Content-Length");
    return end != NULL && asker->len == head_len + strtoul(found + sizeof length - 1, NULL, 10);
}

static void read_answer(struct bench *bench, struct asker *asker)
{
    ssize_t len = recv(asker->fd, asker->answer + asker->len, ANSWER_MAX - asker->len, 0);

    if (len <= 0)
        fail("a connection was closed, or an answer is too long");
    asker->len += (size_t)len;
    if (!is_whole(asker))
        return;
    bench->taken_ns[bench->answered++] = asking_clock_ns() - asker->due_ns;
    if (memcmp(asker->answer, status, sizeof status - 1) != 0)
        fail("an answer was not a 200");
    /* nginx ends a connection after so many requests, with the answer to the last. */
    if (memmem(asker->answer, asker->len, closing, sizeof closing - 1) != NULL) {
        (void)close(asker->fd);
        open_asker(bench, asker);
    }
    TAILQ_INSERT_TAIL(&bench->free, asker, link);
}

/* Waits for answers, until the next request is due if it can be sent then. */
static void turn(struct bench *bench, int64_t end_ns)
{
    struct epoll_event events[EVENTS_MAX];
    bool is_waiting = bench->asked < bench->count && !TAILQ_EMPTY(&bench->free);
    int64_t wait_ns = (is_waiting ? next_due_ns(bench) : end_ns) - asking_clock_ns();
    struct timespec timeout = {.tv_sec = wait_ns > 0 ? wait_ns / NS_PER_S : 0,
                               .tv_nsec = wait_ns > 0 ? wait_ns % NS_PER_S : 0};
    int count = epoll_pwait2(bench->epoll_fd, events, EVENTS_MAX, &timeout, NULL);

    for (int i = 0; i < count; i++)
        read_answer(bench, events[i].data.ptr);
}

static int compare(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

    return (a > b) - (a < b);
}

static void report(struct bench *bench)
{
    double taken_s = (double)(asking_clock_ns() - bench->begin_ns) / NS_PER_S;

    qsort(bench->taken_ns, bench->answered, sizeof *bench->taken_ns, compare);
    (void)printf("{\"rate\": %.1f, \"p50_ms\": %.4f, \"p99_ms\": %.4f}\n",
                 (double)bench->answered / taken_s,
                 (double)bench->taken_ns[bench->answered / 2] / 1e6,
                 (double)bench->taken_ns[bench->answered * 99 / 100] / 1e6);
}

static void open_askers(struct bench *bench, unsigned count)
{
    struct asker *askers = calloc(count, sizeof *askers);

    if (askers == NULL)
        asking_die("calloc");
    TAILQ_INIT(&bench->free);
    for (unsigned i = 0; i < count; i++) {
        open_asker(bench, &askers[i]);
        TAILQ_INSERT_TAIL(&bench->free, &askers[i], link);
    }
}

int main(int argc, char *argv[])
{
    struct bench bench = {.epoll_fd = epoll_create1(0)};
    int seconds = argc == 6 ? atoi(argv[4]) : 0, connections = argc == 6 ? atoi(argv[5]) : 0;
    int64_t end_ns;

    if (seconds <= 0 || connections <= 0 || (bench.rate = atof(argv[3])) <= 0)
        fail("usage: pacer port target rate seconds connections");
    bench.port = argv[1];
    bench.request_len = (size_t)snprintf(bench.request, sizeof bench.request,
                                         "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argv[2]);
    bench.count = (size_t)(bench.rate * seconds);
    bench.taken_ns = calloc(bench.count, sizeof *bench.taken_ns);
    /* The kernel would be up to 50 microseconds late to wake us. */
    if (bench.taken_ns == NULL || prctl(PR_SET_TIMERSLACK, 1) != 0)
        asking_die("pacer");
    open_askers(&bench, (unsigned)connections);
    bench.begin_ns = asking_clock_ns();
    end_ns = bench.begin_ns + seconds * NS_PER_S + PATIENCE_NS;
    while (bench.answered < bench.count && asking_clock_ns() < end_ns) {
        ask(&bench);
        turn(&bench, end_ns);
    }
    report(&bench);
    return EXIT_SUCCESS;
}
