#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "redis_peer.h"
#include "survey.h"

#define PING "*1\r\n$4\r\nPING\r\n"
#define ASK(d)                                                                                     \
    "*2\r\n$3\r\nGET\r\n$12\r\nxmpp:bot:{" d "}\r\n"                                               \
    "*10\r\n$5\r\nHMGET\r\n$16\r\nxmpp:metrics:{" d "}\r\n"                                        \
    "$7\r\nstarted\r\n$6\r\nsynced\r\n$5\r\nsyncs\r\n$7\r\nstanzas\r\n$6\r\nonline\r\n"            \
    "$6\r\nlisted\r\n$10\r\nreconnects\r\n$7\r\noutages\r\n"
#define PONG   "+PONG\r\n"
#define LEASED "$12\r\n1700000030 b\r\n"
#define FIGURES                                                                                    \
    "*8\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n$1\r\n6\r\n"                     \
    "$1\r\n7\r\n$1\r\n8\r\n"

/* Takes a survey of `count` of two domains from a peer that follows `steps`. */
static enum xs_error take(const struct peer_step steps[], size_t count,
                          struct xs_surveyed domains[2], struct xs_error_info *info)
{
    struct xs_redis_config config = {.timeout_ms = 1000, .value_max = XS_SURVEY_VALUE_MAX};
    struct xs_redis *redis;
    enum xs_error error;
    struct peer peer;

    peer_start(&peer, steps, PEER_HOLD);
    config.path = peer.path;
    redis = xs_redis_new(&config);
    assert_non_null(redis);
    *info = (struct xs_error_info){.code = XS_OK};
    memset(domains, 0x55, 2 * sizeof(*domains));
    domains[0].domain = "x";
    domains[1].domain = "y";
    error = xs_survey_take(redis, domains, count, info);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
    return error;
}

static void survey_take__asks_everything__in_one_round_trip(void **state)
{
    static const struct peer_step steps[] = {
        {PING ASK("x") ASK("y"), PONG LEASED FIGURES "$-1\r\n-NOPERM no\r\n"},
        {NULL, NULL},
    };
    struct xs_surveyed domains[2];
    struct xs_error_info info;

    (void)state;
    assert_int_equal(take(steps, 2, domains, &info), XS_OK);
    assert_true(domains[0].lease.exists);
    assert_int_equal(domains[0].lease.until_s, 1700000030);
    assert_int_equal(domains[0].figures.values[XS_FIGURE_STARTED], 1);
    assert_int_equal(domains[0].figures.values[XS_FIGURE_OUTAGES], 8);
    assert_false(domains[1].lease.exists);
    assert_int_equal(domains[1].figures.values[XS_FIGURE_ONLINE], XS_FIGURE_UNKNOWN);
}

static void survey_take__only_pings__without_domains(void **state)
{
    static const struct peer_step steps[] = {{PING, PONG}, {NULL, NULL}};
    struct xs_surveyed domains[2];
    struct xs_error_info info;

    (void)state;
    assert_int_equal(take(steps, 0, domains, &info), XS_OK);
}

static void survey_take__takes_keys_of_the_wrong_type__for_absent(void **state)
{
    static const struct peer_step steps[] = {
        {PING ASK("x"), PONG "-WRONGTYPE a list\r\n-WRONGTYPE a list\r\n"},
        {NULL, NULL},
    };
    struct xs_surveyed domains[2];
    struct xs_error_info info;

    (void)state;
    assert_int_equal(take(steps, 1, domains, &info), XS_OK);
    assert_false(domains[0].lease.exists);
    assert_int_equal(domains[0].figures.values[XS_FIGURE_STANZAS], XS_FIGURE_UNKNOWN);
}

static void survey_take__fails_with_its_words__if_redis_refuses(void **state)
{
    static const struct peer_step loading[] = {
        {PING, "-LOADING Redis is loading\r\n"},
        {NULL, NULL},
    };
    static const struct peer_step refused[] = {
        {PING ASK("x"), PONG "-NOPERM no\r\n" FIGURES},
        {NULL, NULL},
    };
    struct xs_surveyed domains[2];
    struct xs_error_info info;

    (void)state;
    assert_int_equal(take(loading, 0, domains, &info), XS_ERROR_UNAVAILABLE);
    assert_string_equal(info.text, "asking Redis: it refused: LOADING Redis is loading");
    assert_int_equal(take(refused, 1, domains, &info), XS_ERROR_UNAVAILABLE);
    assert_string_equal(info.text, "asking Redis: it refused: NOPERM no");
}

static void survey_take__fails__on_an_answer_of_the_wrong_shape(void **state)
{
    static const struct peer_step steps[] = {
        {PING ASK("x"), PONG FIGURES LEASED},
        {NULL, NULL},
    };
    struct xs_surveyed domains[2];
    struct xs_error_info info;

    (void)state;
    assert_int_equal(take(steps, 1, domains, &info), XS_ERROR_PROTOCOL);
    assert_string_equal(info.text, "asking Redis: an answer of the wrong shape");
}

static void survey_take__says_why__if_redis_is_not_there(void **state)
{
    const struct xs_redis_config config = {.path = "/nonexistent/redis.sock", .timeout_ms = 100};
    struct xs_redis *redis = xs_redis_new(&config);
    struct xs_error_info info = {.code = XS_OK};

    (void)state;
    assert_non_null(redis);
    assert_int_equal(xs_survey_take(redis, NULL, 0, &info), XS_ERROR_UNAVAILABLE);
    assert_non_null(strstr(info.text, "/nonexistent/redis.sock"));
    xs_redis_free(redis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survey_take__asks_everything__in_one_round_trip),
        cmocka_unit_test(survey_take__only_pings__without_domains),
        cmocka_unit_test(survey_take__takes_keys_of_the_wrong_type__for_absent),
        cmocka_unit_test(survey_take__fails_with_its_words__if_redis_refuses),
        cmocka_unit_test(survey_take__fails__on_an_answer_of_the_wrong_shape),
        cmocka_unit_test(survey_take__says_why__if_redis_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
