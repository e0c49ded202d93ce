#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pool.h"

/* A pool for three connections, made small through the limit of descriptors. */
#define POOL_COUNT 3

static struct xs_pool *pool;
static struct xs_connection *connections[POOL_COUNT];

static struct xs_pool *new_pool(rlim_t descriptors, size_t streams_max)
{
    struct rlimit saved;
    struct rlimit limit;
    struct xs_pool *new;
    int saved_errno;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
    limit = saved;
    limit.rlim_cur = descriptors;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    new = xs_pool_new(streams_max);
    saved_errno = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
    errno = saved_errno;
    return new;
}

static int open_fd(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static int fill(void **state)
{
    (void)state;
    pool = new_pool(XS_POOL_RESERVED + POOL_COUNT, 0);
    assert_non_null(pool);
    for (int i = 0; i < POOL_COUNT; i++) {
        connections[i] = xs_pool_open(pool, open_fd());
        assert_non_null(connections[i]);
    }
    return 0;
}

static int empty(void **state)
{
    (void)state;
    xs_pool_free(pool);
    return 0;
}

static void pool_new__fails__when_the_limit_leaves_no_connection(void **state)
{
    (void)state;
    assert_null(new_pool(XS_POOL_RESERVED, 100));
    assert_int_equal(errno, EMFILE);
}

/* What is left to streams, as descriptors get scarce. */
static void pool_streams_max__leaves__room_for_others(void **state)
{
    static const struct {
        rlim_t descriptors;
        size_t asked;
        size_t max;
    } rows[] = {
        {XS_POOL_RESERVED + XS_POOL_MAX + 100, 100, 100},
        {XS_POOL_RESERVED + XS_POOL_MAX + 100, 0, 0},
        {XS_POOL_RESERVED + 100, 10, 10},
        {XS_POOL_RESERVED + 100, 1000, 50},
        {XS_POOL_RESERVED + 1, 1000, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct xs_pool *new = new_pool(rows[i].descriptors, rows[i].asked);

        assert_non_null(new);
        assert_int_equal(xs_pool_streams_max(new), rows[i].max);
        xs_pool_free(new);
    }
}

static void pool_open__spares__streams_when_full(void **state)
{
    struct xs_pool *with_streams = new_pool(XS_POOL_RESERVED + 3, 1);
    struct xs_connection *stream = xs_pool_open(with_streams, open_fd());
    struct xs_connection *first;
    struct xs_connection *second;

    (void)state;
    xs_pool_set_streaming(with_streams, stream);
    first = xs_pool_open(with_streams, open_fd());
    second = xs_pool_open(with_streams, open_fd());
    assert_ptr_equal(xs_pool_open(with_streams, open_fd()), first);
    assert_ptr_equal(xs_pool_open(with_streams, open_fd()), second);
    xs_pool_close(with_streams, stream);
    assert_non_null(xs_pool_open(with_streams, open_fd()));
    assert_false(xs_connection_is_open(first)); /* the place that is free is a stream's */
    assert_int_equal(xs_pool_count_open(with_streams), 2);
    xs_pool_free(with_streams);
}

static void pool_open__closes_the_longest_idle__when_full(void **state)
{
    struct xs_connection *new;

    (void)state;
    new = xs_pool_open(pool, open_fd());
    assert_ptr_equal(new, connections[0]); /* the place of the first is reused */
    assert_true(xs_connection_is_open(new));
    assert_true(xs_connection_is_open(connections[1]));
    assert_ptr_equal(xs_pool_open(pool, open_fd()), connections[1]);
}

static void pool_open__spares_a_connection__that_was_used_since(void **state)
{
    (void)state;
    xs_pool_set_busy(pool, connections[0]);
    xs_pool_set_idle(pool, connections[0]);
    assert_ptr_equal(xs_pool_open(pool, open_fd()), connections[1]);
}

static void pool_set_idle__keeps_the_place__of_an_idle_connection(void **state)
{
    (void)state;
    xs_pool_set_idle(pool, connections[0]);
    assert_ptr_equal(xs_pool_open(pool, open_fd()), connections[0]);
}

static void pool_open__closes_a_receiving_one__only_if_none_is_idle(void **state)
{
    (void)state;
    xs_pool_set_receiving(pool, connections[0], 1);
    xs_pool_set_busy(pool, connections[2]);
    assert_ptr_equal(xs_pool_open(pool, open_fd()), connections[1]);
    xs_pool_set_busy(pool, connections[1]);
    assert_ptr_equal(xs_pool_open(pool, open_fd()), connections[0]);
}

static void pool_open__is_null__when_all_are_busy(void **state)
{
    int fd = open_fd();

    (void)state;
    for (int i = 0; i < POOL_COUNT; i++)
        xs_pool_set_busy(pool, connections[i]);
    assert_false(xs_pool_drop_oldest(pool));
    assert_null(xs_pool_open(pool, fd));
    (void)close(fd);
}

static void pool_deadline__is_that_of_the_first_byte__whatever_follows(void **state)
{
    (void)state;
    assert_int_equal(xs_pool_deadline_ms(pool), INT64_MAX);
    xs_pool_set_receiving(pool, connections[1], 5000);
    xs_pool_set_receiving(pool, connections[0], 5400);
    xs_pool_set_receiving(pool, connections[1], 5900);
    assert_int_equal(xs_pool_deadline_ms(pool), 5000 + XS_POOL_RECEIVE_MS);
}

static void pool_expire__closes__what_is_over_its_deadline(void **state)
{
    (void)state;
    xs_pool_set_receiving(pool, connections[1], 5000);
    xs_pool_set_receiving(pool, connections[0], 5400);
    xs_pool_expire(pool, 5000 + XS_POOL_RECEIVE_MS - 1);
    assert_true(xs_connection_is_open(connections[1]));
    xs_pool_expire(pool, 5000 + XS_POOL_RECEIVE_MS);
    assert_false(xs_connection_is_open(connections[1]));
    assert_true(xs_connection_is_open(connections[0]));
    assert_true(xs_connection_is_open(connections[2]));
    assert_int_equal(xs_pool_deadline_ms(pool), 5400 + XS_POOL_RECEIVE_MS);
}

static void pool_close__closes_the_descriptor__and_makes_room(void **state)
{
    int fd = connections[2]->fcgx.ipcFd;

    (void)state;
    xs_pool_close(pool, connections[2]);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_ptr_equal(xs_pool_open(pool, open_fd()), connections[2]);
    assert_true(xs_connection_is_open(connections[0]));
}

static void pool_free__closes_everything__also_busy_ones(void **state)
{
    int fd = connections[1]->fcgx.ipcFd;

    (void)state;
    xs_pool_set_busy(pool, connections[1]);
    xs_pool_free(pool);
    pool = NULL;
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void pool_count_open__counts__whatever_is_not_closed(void **state)
{
    (void)state;
    assert_int_equal(xs_pool_count_open(pool), POOL_COUNT);
    xs_pool_set_busy(pool, connections[0]);
    xs_pool_set_receiving(pool, connections[1], 0);
    assert_int_equal(xs_pool_count_open(pool), POOL_COUNT);
    xs_pool_close(pool, connections[2]);
    assert_int_equal(xs_pool_count_open(pool), POOL_COUNT - 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fill, empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_new__fails__when_the_limit_leaves_no_connection),
        cmocka_unit_test(pool_streams_max__leaves__room_for_others),
        cmocka_unit_test(pool_open__spares__streams_when_full),
        TEST(pool_open__closes_the_longest_idle__when_full),
        TEST(pool_open__spares_a_connection__that_was_used_since),
        TEST(pool_set_idle__keeps_the_place__of_an_idle_connection),
        TEST(pool_open__closes_a_receiving_one__only_if_none_is_idle),
        TEST(pool_open__is_null__when_all_are_busy),
        TEST(pool_deadline__is_that_of_the_first_byte__whatever_follows),
        TEST(pool_expire__closes__what_is_over_its_deadline),
        TEST(pool_close__closes_the_descriptor__and_makes_room),
        TEST(pool_count_open__counts__whatever_is_not_closed),
        TEST(pool_free__closes_everything__also_busy_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
