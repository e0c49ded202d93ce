#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>

#include "redis_peer.h"
#include "scan.h"

#define SCAN(cursor, len)                                                                          \
    "*6\r\n$4\r\nSCAN\r\n$" len "\r\n" cursor                                                      \
    "\r\n$5\r\nMATCH\r\n$2\r\nx*\r\n$5\r\nCOUNT\r\n$4\r\n1000\r\n"
#define SCAN_SETS                                                                                  \
    "*8\r\n$4\r\nSCAN\r\n$1\r\n0\r\n$5\r\nMATCH\r\n$2\r\nx*\r\n$5\r\nCOUNT\r\n$4\r\n1000\r\n"      \
    "$4\r\nTYPE\r\n$3\r\nset\r\n"
#define HSCAN "*5\r\n$5\r\nHSCAN\r\n$1\r\nh\r\n$1\r\n0\r\n$5\r\nCOUNT\r\n$4\r\n1000\r\n"

static struct xs_redis *redis_new(const struct peer *peer)
{
    const struct xs_redis_config config = {.path = peer->path, .timeout_ms = 5000};
    struct xs_redis *redis = xs_redis_new(&config);

    assert_non_null(redis);
    return redis;
}

static void scan_keys__collects__all_pages_sorted_and_once(void **state)
{
    static const struct peer_step steps[] = {
        {SCAN("0", "1"), "*2\r\n$2\r\n17\r\n*2\r\n$2\r\nxc\r\n$2\r\nxa\r\n"},
        {SCAN("17", "2"), "*2\r\n$1\r\n5\r\n*0\r\n"},
        {SCAN("5", "1"), "*2\r\n$1\r\n0\r\n*2\r\n$2\r\nxb\r\n$2\r\nxa\r\n"},
        {SCAN_SETS, "*2\r\n$1\r\n0\r\n*1\r\n$2\r\nxs\r\n"},
        {NULL, NULL},
    };
    static const char *const expected[] = {"xa", "xb", "xc"};
    struct xs_error_info info = {.code = XS_OK};
    struct xs_entries entries = {.items = NULL};
    struct peer peer;
    struct xs_redis *redis;

    (void)state;
    peer_start(&peer, steps, PEER_HOLD);
    redis = redis_new(&peer);
    assert_int_equal(xs_scan_keys(redis, "x*", NULL, &entries, &info), XS_OK);
    assert_int_equal(entries.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(entries.items[i].name, expected[i]);
        assert_null(entries.items[i].value);
    }
    xs_entries_free(&entries);
    assert_int_equal(xs_scan_keys(redis, "x*", "set", &entries, &info), XS_OK);
    assert_int_equal(entries.count, 1);
    xs_entries_free(&entries);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

static void scan_hash__collects__fields_and_values(void **state)
{
    static const struct peer_step steps[] = {
        {HSCAN, "*2\r\n$1\r\n0\r\n*4\r\n$1\r\nb\r\n$2\r\nno\r\n$1\r\na\r\n$3\r\nyes\r\n"},
        {NULL, NULL},
    };
    struct xs_error_info info = {.code = XS_OK};
    struct xs_entries entries = {.items = NULL};
    struct peer peer;
    struct xs_redis *redis;

    (void)state;
    peer_start(&peer, steps, PEER_HOLD);
    redis = redis_new(&peer);
    assert_int_equal(xs_scan_hash(redis, "h", &entries, &info), XS_OK);
    assert_int_equal(entries.count, 2);
    assert_string_equal(entries.items[0].name, "a");
    assert_string_equal(entries.items[0].value, "yes");
    assert_string_equal(entries.items[1].value, "no");
    xs_entries_free(&entries);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

static void scan_hash__says__what_went_wrong(void **state)
{
    static const char shape[] = "asking Redis to HSCAN: an answer of the wrong shape";
    static const struct {
        const char *answer;
        enum xs_error error;
        const char *text;
    } cases[] = {
        {"-WRONGTYPE not a hash\r\n", XS_ERROR_INVALID,
         "asking Redis to HSCAN: it refused: WRONGTYPE not a hash"},
        {"-NOPERM no\r\n", XS_ERROR_UNAVAILABLE, "asking Redis to HSCAN: it refused: NOPERM no"},
        {"+OK\r\n", XS_ERROR_PROTOCOL, shape},
        {"*1\r\n$1\r\n0\r\n", XS_ERROR_PROTOCOL, shape},
        {"*2\r\n:0\r\n*0\r\n", XS_ERROR_PROTOCOL, shape},
        {"*2\r\n$0\r\n\r\n*0\r\n", XS_ERROR_PROTOCOL, shape},
        {"*2\r\n$24\r\n123456789012345678901234\r\n*0\r\n", XS_ERROR_PROTOCOL, shape},
        {"*2\r\n$1\r\n0\r\n$1\r\nx\r\n", XS_ERROR_PROTOCOL, shape},
        {"*2\r\n$1\r\n0\r\n*1\r\n$1\r\nx\r\n", XS_ERROR_PROTOCOL, shape},
        {"*2\r\n$1\r\n0\r\n*2\r\n$1\r\nx\r\n$-1\r\n", XS_ERROR_PROTOCOL, shape},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct peer_step steps[] = {{HSCAN, cases[i].answer}, {NULL, NULL}};
        struct xs_error_info info = {.code = XS_OK};
        struct xs_entries entries = {.items = NULL};
        struct peer peer;
        struct xs_redis *redis;

        peer_start(&peer, steps, PEER_HOLD);
        redis = redis_new(&peer);
        assert_int_equal(xs_scan_hash(redis, "h", &entries, &info), cases[i].error);
        assert_string_equal(info.text, cases[i].text);
        xs_entries_free(&entries);
        xs_redis_free(redis);
        peer_stop(&peer);
    }
}

static void scan_keys__says__that_redis_is_not_there(void **state)
{
    const struct xs_redis_config config = {.path = "/nonexistent/redis.sock", .timeout_ms = 100};
    struct xs_redis *redis = xs_redis_new(&config);
    struct xs_error_info info = {.code = XS_OK};
    struct xs_entries entries = {.items = NULL};

    (void)state;
    assert_non_null(redis);
    assert_int_equal(xs_scan_keys(redis, "x*", NULL, &entries, &info), XS_ERROR_UNAVAILABLE);
    assert_string_equal(info.text, "connecting to Redis at /nonexistent/redis.sock: "
                                   "No such file or directory");
    xs_redis_free(redis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_keys__collects__all_pages_sorted_and_once),
        cmocka_unit_test(scan_hash__collects__fields_and_values),
        cmocka_unit_test(scan_hash__says__what_went_wrong),
        cmocka_unit_test(scan_keys__says__that_redis_is_not_there),
    };

    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
