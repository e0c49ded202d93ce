#include "loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "notify.h"

/* The state of the loop. Connections' and the reader's events carry them, others these addresses.
 */
struct loop {
    int epoll_fd;
    int signal_fd;
    int listen_fd;
    struct xs_pool *pool;
    struct xs_reader *reader;
    struct xs_streams *streams;
    struct xs_batch *batch;
    int64_t now_ms;           /* when the last wait ended */
    int64_t stop_ms;          /* the end at the latest; INT64_MAX before the signal */
    int64_t accept_resume_ms; /* when to accept again; INT64_MAX if not in a pause */
    int64_t accept_quiet_ms;  /* from when on a shortage is worth a log line again */
    struct xs_notify notify;
    int64_t notify_ms; /* when the next sign of life is due; INT64_MAX if nobody waits for any */
    unsigned char buffer[XS_REQUEST_MAX];
};

static bool watch(const struct loop *loop, int fd, uint32_t events, void *what)
{
    struct epoll_event event = {.events = events, .data.ptr = what};

    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/*
 * Edge-triggered, so half a request wakes us once, not for as long as it lies there. No edge gets
 * lost: what arrives after the wait has ended, while we answer for example, makes a new one.
 */
static void add_connection(struct loop *loop, int fd)
{
    static const int yes = 1;
    struct xs_connection *connection = xs_pool_open(loop->pool, fd);

    if (connection == NULL) {
        (void)close(fd);
        return;
    }
    /* Only for a TCP socket, where an answer of two writes would wait; fails on others. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (!watch(loop, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, connection))
        xs_pool_close(loop->pool, connection);
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Whether accept failed for one connection only, which is gone. See accept(2). */
static bool is_lost_connection(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM ||
           error == ENETDOWN || error == EHOSTDOWN || error == EHOSTUNREACH ||
           error == ENETUNREACH || error == ENOPROTOOPT || error == ENONET || error == EOPNOTSUPP ||
           error == ETIMEDOUT;
}

/* The socket stays readable while there is no descriptor for it, so watching it would spin. */
static void pause_accept(struct loop *loop, int error)
{
    if (loop->now_ms >= loop->accept_quiet_ms)
        xs_log(XS_LOG_WARNING, "cannot accept connections: %s; closing idle ones", strerror(error));
    loop->accept_quiet_ms = loop->now_ms + XS_LOOP_ACCEPT_QUIET_MS;
    (void)xs_pool_drop_oldest(loop->pool);
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, loop->listen_fd, NULL) == 0)
        loop->accept_resume_ms = loop->now_ms + XS_LOOP_ACCEPT_PAUSE_MS;
}

static enum xs_error accept_ready(struct loop *loop)
{
    for (int i = 0; i < XS_LOOP_ACCEPT_MAX; i++) {
        int fd = accept4(loop->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            add_connection(loop, fd);
        } else if (errno == EAGAIN) {
            return XS_OK;
        } else if (is_shortage(errno)) {
            pause_accept(loop, errno);
            return XS_OK;
        } else if (!is_lost_connection(errno)) {
            return XS_ERROR_SYSTEM;
        }
    }
    return XS_OK;
}

static bool watch_listener(struct loop *loop)
{
    return watch(loop, loop->listen_fd, EPOLLIN, &loop->listen_fd);
}

/* What was short for a connection may still be short for this, which is no reason to end. */
static enum xs_error resume_accept(struct loop *loop)
{
    loop->accept_resume_ms = INT64_MAX;
    if (watch_listener(loop))
        return XS_OK;
    if (errno != ENOMEM && errno != ENOSPC)
        return XS_ERROR_SYSTEM;
    loop->accept_resume_ms = loop->now_ms + XS_LOOP_ACCEPT_PAUSE_MS;
    return XS_OK;
}

/* Takes in what has changed in Redis, or with time, before anything is looked up. */
static void hear_changes(struct loop *loop)
{
    struct xs_watches *watches = xs_streams_watches(loop->streams);
    struct xs_key_owner owner;
    enum xs_news news;

    while ((news = xs_reader_refresh(loop->reader, loop->now_ms, &owner)) != XS_NEWS_NONE) {
        if (news == XS_NEWS_KEY)
            xs_watches_note(watches, &owner);
        else
            xs_watches_note_all(watches);
    }
    xs_streams_tick(loop->streams, !xs_reader_is_hearing(loop->reader), xs_clock_wall_s(),
                    loop->now_ms);
}

/* Answers what there is. */
static void answer(struct loop *loop)
{
    hear_changes(loop);
    xs_batch_answer(loop->batch, loop->pool, loop->now_ms);
}

/* Nothing is to come from the peer of a stream but its end. */
static void look_at_stream(struct loop *loop, struct xs_connection *connection, bool has_ended)
{
    if (xs_connection_peek(connection, has_ended, loop->buffer) == XS_WAITING_NOTHING)
        return;
    xs_streams_close(loop->streams, connection->stream);
    xs_pool_close(loop->pool, connection);
}

/* Takes in what an event says about a connection: a request for the batch, or its end. */
static void look_at(struct loop *loop, struct xs_connection *connection, uint32_t events)
{
    bool has_ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;

    if (connection->stream != NULL) {
        look_at_stream(loop, connection, has_ended);
        return;
    }
    switch (xs_connection_peek(connection, has_ended, loop->buffer)) {
    case XS_WAITING_WHOLE:
        if (xs_batch_is_full(loop->batch))
            answer(loop);
        xs_batch_add(loop->batch, loop->pool, connection);
        break;
    case XS_WAITING_PART:
        xs_pool_set_receiving(loop->pool, connection, loop->now_ms);
        break;
    case XS_WAITING_NOTHING:
        xs_pool_set_idle(loop->pool, connection);
        break;
    default:
        xs_pool_close(loop->pool, connection);
    }
}

static void begin_stop(struct loop *loop)
{
    struct signalfd_siginfo info;

    (void)!read(loop->signal_fd, &info, sizeof(info)); /* which one, does not matter */
    if (loop->stop_ms != INT64_MAX)
        return;
    loop->stop_ms = loop->now_ms + XS_LOOP_STOP_MS;
    loop->accept_resume_ms = INT64_MAX;
    xs_notify_stopping();
    /* Fails if accepting was paused, which comes to the same. */
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, loop->listen_fd, NULL);
}

/* Tells systemd that we serve, and finds out when to do so again. */
static void notify_alive(struct loop *loop)
{
    int64_t interval_ms = xs_notify_interval_ms();

    xs_notify_tell(&loop->notify, true, loop->now_ms);
    loop->notify_ms = interval_ms > 0 ? loop->now_ms + interval_ms : INT64_MAX;
}

/* Says how long to wait: not at all once we are to stop, else up to the next deadline. */
static int find_timeout_ms(const struct loop *loop)
{
    int64_t deadline_ms = xs_pool_deadline_ms(loop->pool);
    int64_t left_ms;

    if (loop->stop_ms != INT64_MAX || xs_watches_has_next(xs_streams_watches(loop->streams)))
        return 0;
    if (xs_streams_deadline_ms(loop->streams) < deadline_ms)
        deadline_ms = xs_streams_deadline_ms(loop->streams);
    if (loop->notify_ms < deadline_ms)
        deadline_ms = loop->notify_ms;
    if (loop->accept_resume_ms < deadline_ms)
        deadline_ms = loop->accept_resume_ms;
    if (xs_reader_deadline_ms(loop->reader) < deadline_ms)
        deadline_ms = xs_reader_deadline_ms(loop->reader);
    if (deadline_ms == INT64_MAX)
        return -1;
    left_ms = deadline_ms - xs_clock_monotonic_ms();
    if (left_ms > XS_LOOP_WAIT_MAX_MS)
        return XS_LOOP_WAIT_MAX_MS;
    return left_ms > 0 ? (int)left_ms : 0;
}

/* One turn. `ret_count` is the number of events there were. */
static enum xs_error turn(struct loop *loop, int *ret_count)
{
    struct epoll_event events[XS_BATCH_MAX]; /* one request each at most */
    bool can_accept = false;
    int count = epoll_wait(loop->epoll_fd, events, XS_BATCH_MAX, find_timeout_ms(loop));

    if (count < 0 && errno != EINTR)
        return XS_ERROR_SYSTEM;
    loop->now_ms = xs_clock_monotonic_ms();
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &loop->listen_fd)
            can_accept = true;
        else if (events[i].data.ptr == &loop->signal_fd)
            begin_stop(loop);
        else if (events[i].data.ptr != loop->reader)
            look_at(loop, events[i].data.ptr, events[i].events);
    }
    *ret_count = count;
    answer(loop);
    xs_streams_reap(loop->streams, loop->pool);
    if (loop->stop_ms != INT64_MAX)
        xs_streams_stop(loop->streams, loop->pool);
    xs_pool_expire(loop->pool, loop->now_ms);
    if (loop->now_ms >= loop->notify_ms)
        notify_alive(loop);
    /* Last, because it may close idle connections, which no event may be pending for. */
    if (can_accept && loop->stop_ms == INT64_MAX)
        return accept_ready(loop);
    return loop->accept_resume_ms <= loop->now_ms ? resume_accept(loop) : XS_OK;
}

/* Sees to it that streams leave descriptors for everybody else. */
static void limit_streams(const struct loop *loop)
{
    size_t asked = xs_streams_max(loop->streams);
    size_t max = xs_pool_streams_max(loop->pool);

    if (max >= asked)
        return;
    xs_log(XS_LOG_WARNING, "only %zu of %zu streams: the process may not open more files", max,
           asked);
    xs_streams_limit(loop->streams, max);
}

static enum xs_error open_loop(struct loop *loop)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    loop->pool = xs_pool_new(xs_streams_max(loop->streams));
    if (loop->pool == NULL)
        return errno == ENOMEM ? XS_ERROR_NOMEM : XS_ERROR_SYSTEM;
    limit_streams(loop);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (loop->epoll_fd < 0 || loop->signal_fd < 0 ||
        !watch(loop, loop->signal_fd, EPOLLIN, &loop->signal_fd))
        return XS_ERROR_SYSTEM;
    if (xs_reader_fd(loop->reader) >= 0 &&
        !watch(loop, xs_reader_fd(loop->reader), EPOLLIN, loop->reader))
        return XS_ERROR_SYSTEM;
    loop->now_ms = xs_clock_monotonic_ms();
    notify_alive(loop);
    return watch_listener(loop) ? XS_OK : XS_ERROR_SYSTEM;
}

static void close_loop(struct loop *loop)
{
    int saved_errno = errno;

    if (loop->pool != NULL)
        xs_streams_stop(loop->streams, loop->pool);
    xs_pool_free(loop->pool);
    if (loop->signal_fd >= 0)
        (void)close(loop->signal_fd);
    if (loop->epoll_fd >= 0)
        (void)close(loop->epoll_fd);
    errno = saved_errno;
}

enum xs_error xs_loop_run(int listen_fd, struct xs_reader *reader, struct xs_streams *streams,
                          struct xs_batch *batch)
{
    struct loop loop = {.epoll_fd = -1,
                        .signal_fd = -1,
                        .listen_fd = listen_fd,
                        .reader = reader,
                        .streams = streams,
                        .batch = batch,
                        .stop_ms = INT64_MAX,
                        .accept_resume_ms = INT64_MAX};
    enum xs_error error = open_loop(&loop);
    int count = 1;

    /* After the signal: until nothing more is there, and not for ever. */
    while (error == XS_OK &&
           (loop.stop_ms == INT64_MAX || (count > 0 && loop.now_ms < loop.stop_ms)))
        error = turn(&loop, &count);
    close_loop(&loop);
    return error;
}
