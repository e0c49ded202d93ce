#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "batch.h"
#include "fcgi_bytes.h"

#define NOW_MS 5000

static struct xs_monitor *monitor;
static struct xs_reader *reader;
static struct xs_streams *streams;
static struct xs_batch *batch;
static struct xs_pool *pool;

/* A batch that has nothing to do with Redis: all lookups fail. */
static int setup(void **state)
{
    static struct xs_config config;

    (void)state;
    config = (struct xs_config){.replica_cutoff_s = 5};
    config.redis[XS_PROGRAM_FCGI] =
        (struct xs_redis_config){.path = "/nonexistent/redis.sock", .timeout_ms = 100};
    monitor = xs_monitor_new(&config, "0");
    assert_non_null(monitor);
    reader = xs_reader_new(&config, xs_monitor_metrics(monitor));
    streams = xs_streams_new(1, XS_QUERY_JIDS_MAX, xs_monitor_metrics(monitor));
    batch = xs_batch_new(reader, monitor, streams, 1);
    pool = xs_pool_new(1);
    return reader == NULL || streams == NULL || batch == NULL || pool == NULL;
}

static int teardown(void **state)
{
    (void)state;
    xs_batch_free(batch);
    xs_streams_free(streams);
    xs_pool_free(pool);
    xs_reader_free(reader);
    xs_monitor_free(monitor);
    return 0;
}

/* Adds a request for as many users as there may be in one; returns the peer's end. */
static int add_list(const char *options)
{
    static struct fcgi_bytes bytes;
    static unsigned char buffer[XS_REQUEST_MAX];
    char query[XS_QUERY_MAX];
    struct xs_connection *connection;
    size_t len = (size_t)snprintf(query, sizeof query, "%s", options);
    int fds[2];

    for (int i = 0; i < XS_QUERY_JIDS_MAX; i++)
        len += (size_t)snprintf(query + len, sizeof query - len, "&jid=u%d@b.example", i);
    bytes.len = 0;
    fcgi_add_request(&bytes, "GET", NULL, query);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    connection = xs_pool_open(pool, fds[0]);
    assert_int_equal(send(fds[1], bytes.bytes, bytes.len, 0), (ssize_t)bytes.len);
    assert_int_equal(xs_connection_peek(connection, false, buffer), XS_WAITING_WHOLE);
    xs_batch_add(batch, pool, connection);
    return fds[1];
}

/* However long the lists are that are asked for, one turn brings the longest stream its news. */
static void batch__has_room__for_streams_beside_lists(void **state)
{
    struct xs_watches *watches = xs_streams_watches(streams);
    int peers[XS_BATCH_MAX];
    size_t count = 0;

    (void)state;
    peers[count++] = add_list("format=events");
    xs_batch_answer(batch, pool, NOW_MS);
    assert_int_equal(xs_monitor_metrics(monitor)->values[XS_METRIC_STREAMS], 1);
    assert_int_equal(xs_watches_count(watches), XS_QUERY_JIDS_MAX);
    xs_watches_note_all(watches);
    while (!xs_batch_is_full(batch))
        peers[count++] = add_list("format=json");
    assert_in_range(count, 3, 6);
    xs_batch_answer(batch, pool, NOW_MS);
    assert_false(xs_watches_has_next(watches));
    while (count > 0)
        (void)close(peers[--count]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(batch__has_room__for_streams_beside_lists, setup, teardown),
    };

    if (xs_connection_init_library() != XS_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
