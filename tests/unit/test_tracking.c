#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <string.h>

#include "redis_peer.h"
#include "tracking.h"

/* Long enough for a peer on a busy machine; where one is silent, a short one. */
#define TIMEOUT_MS       5000
#define SHORT_TIMEOUT_MS 50

#define PING          "*1\r\n$4\r\nPING\r\n"
#define CHANNEL       "$20\r\n__redis__:invalidate\r\n"
#define ASK_ID        "*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n"
#define ASK_SUBSCRIBE "*2\r\n$9\r\nSUBSCRIBE\r\n" CHANNEL
#define SUBSCRIBED    "*3\r\n$9\r\nsubscribe\r\n" CHANNEL ":1\r\n"
#define ASK_TRACKING                                                                               \
    "*5\r\n$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n$2\r\nON\r\n$8\r\nREDIRECT\r\n$2\r\n42\r\n"
#define ASK_RUN        "*3\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n$6\r\nserver\r\n"
#define RUN            "$14\r\n\nrun_id:a1b2\r\n\r\n"
#define OTHER_RUN      "$14\r\n\nrun_id:c3d4\r\n\r\n"
#define PONG           "*2\r\n$4\r\npong\r\n$0\r\n\r\n"
#define MESSAGE        "*3\r\n$7\r\nmessage\r\n" CHANNEL
#define KEY(size, key) "$" size "\r\n" key "\r\n"

static const struct peer_step data_steps[] = {{PING ASK_RUN, "+PONG\r\n" RUN},
                                              {ASK_TRACKING, "+OK\r\n"},
                                              {PING, "+PONG\r\n"},
                                              {PING, "+PONG\r\n"},
                                              {0}};

/* The two connections, each to a peer of its own, so that each can be told what to do. */
struct world {
    struct peer data_peer;
    struct peer news_peer;
    struct xs_redis *data;
    struct xs_tracking *tracking;
};

static void open_world(struct world *world, const struct peer_step *data,
                       const struct peer_step *news, enum peer_end end, int timeout_ms)
{
    struct xs_redis_config config = {.timeout_ms = timeout_ms};

    peer_start(&world->data_peer, data, PEER_HOLD);
    peer_start(&world->news_peer, news, end);
    config.path = world->data_peer.path;
    world->data = xs_redis_new(&config);
    config.path = world->news_peer.path;
    world->tracking = xs_tracking_new(&config);
    assert_non_null(world->data);
    assert_non_null(world->tracking);
}

static void close_world(struct world *world)
{
    xs_tracking_free(world->tracking);
    xs_redis_free(world->data);
    peer_stop(&world->data_peer);
    peer_stop(&world->news_peer);
    assert_false(world->data_peer.mismatch);
    assert_false(world->news_peer.mismatch);
}

/* Opens a world in which the first beat makes Redis say `news`, and lets that come. */
static void open_with_news(struct world *world, const char *news)
{
    static struct peer_step steps[4];
    struct pollfd ready;

    steps[0] = (struct peer_step){ASK_ID ASK_RUN, ":42\r\n" RUN};
    steps[1] = (struct peer_step){ASK_SUBSCRIBE, SUBSCRIBED};
    steps[2] = (struct peer_step){PING, news};
    steps[3] = (struct peer_step){0};
    open_world(world, data_steps, steps, PEER_HOLD, TIMEOUT_MS);
    assert_int_equal(xs_tracking_start(world->tracking, world->data, 0), XS_OK);
    assert_true(xs_tracking_is_on(world->tracking));
    assert_int_equal(xs_tracking_deadline_ms(world->tracking), XS_TRACKING_BEAT_MS);
    assert_int_equal(xs_tracking_next(world->tracking, XS_TRACKING_BEAT_MS, NULL), XS_NEWS_NONE);
    ready = (struct pollfd){.fd = xs_tracking_fd(world->tracking), .events = POLLIN};
    assert_int_equal(poll(&ready, 1, TIMEOUT_MS), 1);
}

static void assert_over(struct world *world)
{
    assert_int_equal(xs_tracking_next(world->tracking, XS_TRACKING_BEAT_MS, NULL), XS_NEWS_NONE);
    assert_false(xs_tracking_is_on(world->tracking));
    assert_int_equal(xs_redis_fd(world->data), -1); /* Redis would go on tracking for it */
    assert_int_equal(xs_tracking_deadline_ms(world->tracking), INT64_MAX);
}

static void next__tells__each_key_in_order(void **state)
{
    struct world world;
    struct xs_key_owner owner;

    (void)state;
    open_with_news(&world, MESSAGE "*2\r\n" KEY("20", "xmpp:publish:{d.org}") KEY("5", "other")
                               PONG MESSAGE "*1\r\n" KEY("23", "xmpp:presence:{d.org}:a"));
    assert_int_equal(xs_tracking_next(world.tracking, 600, &owner), XS_NEWS_KEY);
    assert_int_equal(owner.kind, XS_KEY_PUBLISH);
    assert_string_equal(owner.name, "d.org");
    assert_int_equal(xs_tracking_next(world.tracking, 600, &owner), XS_NEWS_KEY);
    assert_int_equal(owner.kind, XS_KEY_OTHER);
    assert_int_equal(xs_tracking_next(world.tracking, 600, &owner), XS_NEWS_KEY);
    assert_int_equal(owner.kind, XS_KEY_PRESENCE);
    assert_string_equal(owner.name, "a@d.org");
    assert_int_equal(xs_tracking_next(world.tracking, 600, &owner), XS_NEWS_NONE);
    assert_true(xs_tracking_is_on(world.tracking));
    close_world(&world);
}

static void next__tells__that_the_database_was_emptied(void **state)
{
    struct world world;

    (void)state;
    open_with_news(&world, MESSAGE "*-1\r\n" PONG);
    assert_int_equal(xs_tracking_next(world.tracking, 600, NULL), XS_NEWS_ALL);
    assert_int_equal(xs_tracking_next(world.tracking, 600, NULL), XS_NEWS_NONE);
    assert_true(xs_tracking_is_on(world.tracking));
    close_world(&world);
}

static void next__ends__at_anything_that_is_no_news(void **state)
{
    static const char *const strange[] = {"+OK\r\n",
                                          "-ERR no\r\n",
                                          ":1\r\n",
                                          "$-1\r\n",
                                          "*-1\r\n",
                                          "*0\r\n",
                                          "nonsense\r\n",
                                          MESSAGE "$1\r\nx\r\n",
                                          MESSAGE ":1\r\n",
                                          MESSAGE "*1\r\n:1\r\n",
                                          MESSAGE "*1\r\n$-1\r\n",
                                          MESSAGE "*1\r\n*0\r\n",
                                          "*3\r\n$7\r\nmessage\r\n$5\r\nother\r\n*0\r\n",
                                          "*3\r\n$8\r\npmessage\r\n" CHANNEL "*0\r\n",
                                          "*3\r\n:1\r\n:2\r\n:3\r\n",
                                          "*4\r\n$7\r\nmessage\r\n" CHANNEL "*0\r\n*0\r\n",
                                          "*2\r\n$4\r\npung\r\n$0\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        struct world world;
        struct xs_key_owner owner;

        open_with_news(&world, strange[i]);
        assert_int_equal(xs_tracking_next(world.tracking, 600, &owner), XS_NEWS_ALL);
        assert_string_not_equal(xs_tracking_error(world.tracking), "");
        assert_over(&world);
        close_world(&world);
    }
}

static void next__ends__when_a_pong_is_overdue(void **state)
{
    struct world world;

    (void)state;
    open_with_news(&world, MESSAGE "*0\r\n"); /* news, but no pong */
    assert_int_equal(xs_tracking_next(world.tracking, 999, NULL), XS_NEWS_NONE);
    assert_true(xs_tracking_is_on(world.tracking));
    assert_int_equal(xs_tracking_next(world.tracking, 1000, NULL), XS_NEWS_ALL);
    assert_string_equal(xs_tracking_error(world.tracking), "listening to Redis: no answer in time");
    assert_over(&world);
    close_world(&world);
}

static void next__goes_on__from_beat_to_beat(void **state)
{
    struct world world;

    (void)state;
    open_with_news(&world, PONG);
    assert_int_equal(xs_tracking_next(world.tracking, 999, NULL), XS_NEWS_NONE);
    assert_int_equal(xs_tracking_deadline_ms(world.tracking), 1000);
    assert_int_equal(xs_tracking_next(world.tracking, 1000, NULL), XS_NEWS_NONE);
    assert_true(xs_tracking_is_on(world.tracking));
    assert_int_equal(xs_tracking_deadline_ms(world.tracking), 1500);
    close_world(&world);
}

/* While the process stood still the connection for news may have died unnoticed. */
static void next__ends__when_an_answer_is_seen_too_late(void **state)
{
    struct world world;

    (void)state;
    open_with_news(&world, PONG);
    assert_int_equal(xs_tracking_next(world.tracking, 1500, NULL), XS_NEWS_ALL);
    assert_over(&world);
    close_world(&world);
}

static void next__ends__when_a_beat_was_late_and_is_not_answered(void **state)
{
    static const struct peer_step news[] = {
        {ASK_ID ASK_RUN, ":42\r\n" RUN}, {ASK_SUBSCRIBE, SUBSCRIBED}, {PING, ""}, {0}};
    struct world world;

    (void)state;
    open_world(&world, data_steps, news, PEER_HOLD, TIMEOUT_MS);
    assert_int_equal(xs_tracking_start(world.tracking, world.data, 0), XS_OK);
    assert_int_equal(xs_tracking_next(world.tracking, 900, NULL), XS_NEWS_NONE);
    assert_int_equal(xs_tracking_deadline_ms(world.tracking), 1000); /* not 500 from now */
    assert_int_equal(xs_tracking_next(world.tracking, 1000, NULL), XS_NEWS_ALL);
    assert_over(&world);
    close_world(&world);
}

static void next__ends__when_the_data_connection_does_not_answer(void **state)
{
    static const struct peer_step data[] = {
        {PING ASK_RUN, "+PONG\r\n" RUN}, {ASK_TRACKING, "+OK\r\n"}, {PING, ""}, {0}};
    static const struct peer_step news[] = {
        {ASK_ID ASK_RUN, ":42\r\n" RUN}, {ASK_SUBSCRIBE, SUBSCRIBED}, {0}};
    struct world world;

    (void)state;
    open_world(&world, data, news, PEER_HOLD, SHORT_TIMEOUT_MS * 10);
    assert_int_equal(xs_tracking_start(world.tracking, world.data, 0), XS_OK);
    assert_int_equal(xs_tracking_next(world.tracking, 500, NULL), XS_NEWS_ALL);
    assert_non_null(strstr(xs_tracking_error(world.tracking), "no answer in time"));
    assert_over(&world);
    close_world(&world);
}

static void next__ends__when_redis_refuses_a_ping(void **state)
{
    static const struct peer_step data[] = {{PING ASK_RUN, "+PONG\r\n" RUN},
                                            {ASK_TRACKING, "+OK\r\n"},
                                            {PING, "-LOADING later\r\n"},
                                            {0}};
    static const struct peer_step news[] = {
        {ASK_ID ASK_RUN, ":42\r\n" RUN}, {ASK_SUBSCRIBE, SUBSCRIBED}, {0}};
    struct world world;

    (void)state;
    open_world(&world, data, news, PEER_HOLD, TIMEOUT_MS);
    assert_int_equal(xs_tracking_start(world.tracking, world.data, 0), XS_OK);
    assert_int_equal(xs_tracking_next(world.tracking, 500, NULL), XS_NEWS_ALL);
    assert_string_equal(xs_tracking_error(world.tracking), "PING: LOADING later");
    assert_over(&world);
    close_world(&world);
}

static void next__ends__when_the_connection_for_news_is_closed(void **state)
{
    static const struct peer_step news[] = {
        {ASK_ID ASK_RUN, ":42\r\n" RUN}, {ASK_SUBSCRIBE, SUBSCRIBED}, {0}};
    struct world world;
    struct pollfd ready;

    (void)state;
    open_world(&world, data_steps, news, PEER_CLOSE, TIMEOUT_MS);
    assert_int_equal(xs_tracking_start(world.tracking, world.data, 0), XS_OK);
    ready = (struct pollfd){.fd = xs_tracking_fd(world.tracking), .events = POLLIN};
    assert_int_equal(poll(&ready, 1, TIMEOUT_MS), 1);
    assert_int_equal(xs_tracking_next(world.tracking, 1, NULL), XS_NEWS_ALL);
    assert_over(&world);
    assert_int_equal(poll(&ready, 1, 0), 0); /* nothing to spin on */
    close_world(&world);
}

static void next__ends__when_the_data_connection_is_another_one(void **state)
{
    struct world world;

    (void)state;
    open_with_news(&world, MESSAGE "*1\r\n" KEY("20", "xmpp:publish:{d.org}"));
    xs_redis_close(world.data);
    assert_false(xs_tracking_is_on(world.tracking));
    assert_int_equal(xs_redis_open(world.data), XS_OK);
    assert_false(xs_tracking_is_on(world.tracking));
    assert_int_equal(xs_tracking_next(world.tracking, 501, NULL), XS_NEWS_ALL);
    assert_int_equal(xs_tracking_next(world.tracking, 501, NULL), XS_NEWS_NONE);
    assert_true(xs_redis_fd(world.data) >= 0); /* nothing is tracked on the new one */
    close_world(&world);
}

static void assert_refused(const struct peer_step *data, const struct peer_step *news,
                           const char *why)
{
    struct world world;

    open_world(&world, data, news, PEER_HOLD, TIMEOUT_MS);
    assert_int_equal(xs_tracking_start(world.tracking, world.data, 0), XS_ERROR_UNAVAILABLE);
    assert_string_equal(xs_tracking_error(world.tracking), why);
    assert_false(xs_tracking_is_on(world.tracking));
    assert_true(xs_redis_fd(world.data) >= 0); /* it can still be asked */
    assert_int_equal(xs_tracking_next(world.tracking, 0, NULL), XS_NEWS_NONE);
    close_world(&world);
}

static void start__fails__when_redis_refuses_any_part(void **state)
{
    static const struct peer_step idle[] = {{0}};
    static const struct peer_step subscribed[] = {
        {ASK_ID ASK_RUN, ":42\r\n" RUN}, {ASK_SUBSCRIBE, SUBSCRIBED}, {0}};

    (void)state;
    assert_refused(idle, (const struct peer_step[]){{ASK_ID ASK_RUN, "-NOPERM id\r\n" RUN}, {0}},
                   "CLIENT: NOPERM id");
    assert_refused(idle, (const struct peer_step[]){{ASK_ID ASK_RUN, "$2\r\n42\r\n" RUN}, {0}},
                   "CLIENT: an answer of the wrong shape");
    assert_refused(idle,
                   (const struct peer_step[]){
                       {ASK_ID ASK_RUN, ":42\r\n" RUN}, {ASK_SUBSCRIBE, "-NOPERM no\r\n"}, {0}},
                   "SUBSCRIBE: NOPERM no");
    assert_refused((const struct peer_step[]){{PING ASK_RUN, "-NOPERM ping\r\n" RUN}, {0}},
                   subscribed, "PING: NOPERM ping");
    assert_refused((const struct peer_step[]){{PING ASK_RUN, "+PONG\r\n" RUN},
                                              {ASK_TRACKING, "-ERR x\r\n"},
                                              {0}},
                   subscribed, "CLIENT: ERR x");
    assert_refused(idle,
                   (const struct peer_step[]){{ASK_ID ASK_RUN, ":42\r\n-NOPERM info\r\n"}, {0}},
                   "INFO: NOPERM info");
}

/* Else Redis would track for whoever else has that number there, and nobody would be told. */
static void start__fails__unless_both_connections_lead_to_one_server(void **state)
{
    static const struct peer_step news[] = {
        {ASK_ID ASK_RUN, ":42\r\n" RUN}, {ASK_SUBSCRIBE, SUBSCRIBED}, {0}};

    (void)state;
    assert_refused((const struct peer_step[]){{PING ASK_RUN, "+PONG\r\n" OTHER_RUN}, {0}}, news,
                   "the two connections lead to different servers");
    assert_refused((const struct peer_step[]){{PING ASK_RUN, "+PONG\r\n$0\r\n\r\n"}, {0}}, news,
                   "INFO: there is no run_id");
}

static void start__fails__when_the_connection_for_news_is_silent(void **state)
{
    static const struct peer_step idle[] = {{0}};
    static const struct peer_step news[] = {{ASK_ID ASK_RUN, ""}, {0}};
    struct world world;

    (void)state;
    open_world(&world, idle, news, PEER_HOLD, SHORT_TIMEOUT_MS);
    assert_int_equal(xs_tracking_start(world.tracking, world.data, 0), XS_ERROR_UNAVAILABLE);
    assert_non_null(strstr(xs_tracking_error(world.tracking), "no answer in time"));
    assert_false(xs_tracking_is_on(world.tracking));
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next__tells__each_key_in_order),
        cmocka_unit_test(next__tells__that_the_database_was_emptied),
        cmocka_unit_test(next__ends__at_anything_that_is_no_news),
        cmocka_unit_test(next__ends__when_a_pong_is_overdue),
        cmocka_unit_test(next__goes_on__from_beat_to_beat),
        cmocka_unit_test(next__ends__when_an_answer_is_seen_too_late),
        cmocka_unit_test(next__ends__when_a_beat_was_late_and_is_not_answered),
        cmocka_unit_test(next__ends__when_the_data_connection_does_not_answer),
        cmocka_unit_test(next__ends__when_redis_refuses_a_ping),
        cmocka_unit_test(next__ends__when_the_connection_for_news_is_closed),
        cmocka_unit_test(next__ends__when_the_data_connection_is_another_one),
        cmocka_unit_test(start__fails__when_redis_refuses_any_part),
        cmocka_unit_test(start__fails__unless_both_connections_lead_to_one_server),
        cmocka_unit_test(start__fails__when_the_connection_for_news_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
