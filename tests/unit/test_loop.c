#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop.h"

/* A directory of its own, and the socket in it. */
static char dir[] = "/tmp/xs-test-loop-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int listen_fd;

static int accept_count; /* attempts to accept */
static int
    watch_error; /* why watching the listener fails after the first of them; 0: it does not */
static int watch_count; /* how often it has failed */

int __wrap_accept4(int fd, struct sockaddr *peer, socklen_t *peer_len, int flags);
int __real_epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event);

/* No descriptor is left the first time; after the second the process is told to stop. */
int __wrap_accept4(int fd, struct sockaddr *peer, socklen_t *peer_len, int flags)
{
    (void)fd;
    (void)peer;
    (void)peer_len;
    (void)flags;
    errno = EMFILE;
    if (++accept_count == 2) {
        assert_int_equal(raise(SIGTERM), 0);
        errno = EAGAIN;
    }
    return -1;
}

int __wrap_epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    if (operation != EPOLL_CTL_ADD || fd != listen_fd || accept_count != 1 || watch_count == 3 ||
        watch_error == 0)
        return __real_epoll_ctl(epoll_fd, operation, fd, event);
    watch_count++;
    errno = watch_error;
    return -1;
}

/* Listens, and has a client that waits to be accepted. Returns the client. */
static int listen_with_client(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_non_null(mkdtemp(dir));
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/sock", dir);
    assert_int_equal(bind(listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listen_fd, 1), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Runs a responder that has nothing to do with Redis. */
static enum xs_error run_loop(void)
{
    struct xs_config config = {.replica_cutoff_s = 5};
    struct xs_monitor *monitor;
    struct xs_reader *reader;
    struct xs_streams *streams;
    struct xs_batch *batch;
    int client = listen_with_client();
    enum xs_error error;

    config.redis[XS_PROGRAM_FCGI] =
        (struct xs_redis_config){.path = "/nonexistent/redis.sock", .timeout_ms = 100};
    monitor = xs_monitor_new(&config, "0");
    assert_non_null(monitor);
    reader = xs_reader_new(&config, xs_monitor_metrics(monitor));
    streams = xs_streams_new(0, 1, xs_monitor_metrics(monitor));
    batch = xs_batch_new(reader, monitor, streams, 1);
    assert_true(reader != NULL && streams != NULL && batch != NULL);
    error = xs_loop_run(listen_fd, reader, streams, batch);
    xs_batch_free(batch);
    xs_streams_free(streams);
    xs_reader_free(reader);
    xs_monitor_free(monitor);
    (void)close(client);
    (void)close(listen_fd);
    assert_int_equal(unlink(address.sun_path), 0);
    assert_int_equal(rmdir(dir), 0);
    return error;
}

static int setup(void **state)
{
    (void)state;
    accept_count = 0;
    watch_count = 0;
    (void)snprintf(dir, sizeof dir, "/tmp/xs-test-loop-XXXXXX");
    return 0;
}

static void loop_run__tries_again__to_accept_when_resources_stay_short(void **state)
{
    static const int errors[] = {ENOMEM, ENOSPC};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        (void)setup(state);
        watch_error = errors[i];
        assert_int_equal(run_loop(), XS_OK);
        assert_int_equal(watch_count, 3);
        assert_int_equal(accept_count, 2);
    }
}

static void loop_run__ends__when_it_cannot_accept_for_another_reason(void **state)
{
    (void)state;
    watch_error = EBADF;
    assert_int_equal(run_loop(), XS_ERROR_SYSTEM);
    assert_int_equal(watch_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(loop_run__tries_again__to_accept_when_resources_stay_short, setup),
        cmocka_unit_test_setup(loop_run__ends__when_it_cannot_accept_for_another_reason, setup),
    };
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0 || xs_connection_init_library() != XS_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
