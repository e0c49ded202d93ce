#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "redis_peer.h"
#include "replica.h"

#define CUTOFF_MS  5000
#define TIMEOUT_MS 1000

#define QUESTION "*3\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n$6\r\nserver\r\n"
#define RUN      "\r\n# Server\r\nredis_version:7.0.15\r\nrun_id:"
#define RUN_1    RUN "1b5bb9e69a4b1a0b0cdd6f4b0e6b8b3a3c2f0001\r\n"
#define RUN_2    RUN "1b5bb9e69a4b1a0b0cdd6f4b0e6b8b3a3c2f0002\r\n"
#define REPLICA(status, silence)                                                                   \
    "# Replication\r\nrole:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n"                  \
    "master_link_status:" status "\r\nmaster_last_io_seconds_ago:" silence "\r\n"                  \
    "master_sync_in_progress:0\r\n"
#define MASTER "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"

static int64_t parse(const char *text)
{
    return xs_replica_parse(text, strlen(text), CUTOFF_MS);
}

static void replica_parse__trusts__a_replica_for_what_is_left(void **state)
{
    (void)state;
    assert_int_equal(parse(REPLICA("up", "0")), 4000);
    assert_int_equal(parse(REPLICA("up", "1")), 3000);
    assert_int_equal(parse(REPLICA("up", "3")), 1000);
    assert_int_equal(parse(REPLICA("up", "4")), 0);
    assert_int_equal(parse(REPLICA("up", "999999")), 0);
    assert_int_equal(xs_replica_parse(REPLICA("up", "9"), strlen(REPLICA("up", "9")), 3600000),
                     3590000);
}

static void replica_parse__trusts_no_replica__without_a_link(void **state)
{
    (void)state;
    assert_int_equal(parse(REPLICA("down", "0")), 0);
    assert_int_equal(parse(REPLICA("down", "-1")), 0);
    assert_int_equal(parse(REPLICA("up", "-1")), 0);
    assert_int_equal(parse(REPLICA("up", "")), 0);
    assert_int_equal(parse(REPLICA("up", "1000001")), 0);
    assert_int_equal(parse(REPLICA("up", "99999999999999999999999999999")), 0);
    assert_int_equal(parse(REPLICA("", "0")), 0);
    assert_int_equal(parse("role:slave\r\nmaster_link_status:up\r\n"), 0);
    assert_int_equal(parse("role:slave\r\nmaster_last_io_seconds_ago:0\r\n"), 0);
}

static void replica_parse__trusts__a_master(void **state)
{
    (void)state;
    assert_int_equal(parse(MASTER), CUTOFF_MS);
    assert_int_equal(parse("role:master"), CUTOFF_MS);
}

static void replica_parse__wants_a_follower__of_a_master_that_demands_one(void **state)
{
    (void)state;
    assert_int_equal(parse(MASTER "min_slaves_good_slaves:2\r\n"), XS_REPLICA_MASTER_MS);
    assert_int_equal(parse(MASTER "min_slaves_good_slaves:1\r\n"), XS_REPLICA_MASTER_MS);
    assert_int_equal(parse(MASTER "min_slaves_good_slaves:0\r\n"), 0);
    assert_int_equal(parse(MASTER "min_slaves_good_slaves:\r\n"), 0);
}

static void replica_parse__trusts_nothing__that_is_no_answer(void **state)
{
    static const char *const texts[] = {
        "",
        "role:",
        "role:sentinel\r\n",
        "role:masters\r\n",
        "rolemaster",
        "xrole:master\r\n",
        "ROLE:master\r\n",
        "role: master\r\n",
        "\r\n\r\n",
        ":",
        "role:master1234567890123456789\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(parse(texts[i]), 0);
    assert_int_equal(xs_replica_parse("role:master\0\r\n", 14, CUTOFF_MS), 0);
    /* The length counts, not a terminator. */
    assert_int_equal(xs_replica_parse("role:master", 10, CUTOFF_MS), 0);
}

/* Steps of a peer that answers with these texts, one after the other. */
struct script {
    struct peer_step steps[9];
    char answers[8][512];
};

static void script_make(struct script *script, const char *const texts[])
{
    size_t i = 0;

    for (; texts[i] != NULL; i++) {
        if (texts[i][0] == '-')
            snprintf(script->answers[i], sizeof script->answers[i], "%s\r\n", texts[i]);
        else
            snprintf(script->answers[i], sizeof script->answers[i], "$%zu\r\n%s\r\n",
                     strlen(texts[i]), texts[i]);
        script->steps[i] = (struct peer_step){QUESTION, script->answers[i]};
    }
    script->steps[i] = (struct peer_step){NULL, NULL};
}

static struct xs_redis *redis_new(const struct peer *peer)
{
    const struct xs_redis_config config = {.path = peer->path, .timeout_ms = TIMEOUT_MS};
    struct xs_redis *redis = xs_redis_new(&config);

    assert_non_null(redis);
    assert_int_equal(xs_redis_open(redis), XS_OK);
    return redis;
}

/* What a replica answers that is met for the first time, until it is believed at 10000. */
#define SETTLED REPLICA("up", "0") RUN_1, REPLICA("up", "0") RUN_1

static void settle(struct xs_replica *replica, struct xs_redis *redis)
{
    assert_int_equal(xs_replica_check(replica, redis, 9000), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_replica_check(replica, redis, 10000), XS_OK);
}

static void replica_check__asks__twice_a_second(void **state)
{
    struct xs_replica replica = {.cutoff_ms = CUTOFF_MS};
    struct script script;
    struct peer peer;
    struct xs_redis *redis;

    (void)state;
    script_make(&script, (const char *const[]){SETTLED, REPLICA("up", "1") RUN_1, NULL});
    peer_start(&peer, script.steps, PEER_CLOSE);
    redis = redis_new(&peer);
    settle(&replica, redis);
    assert_int_equal(xs_replica_check(&replica, redis, 10499), XS_OK); /* asks nothing */
    assert_int_equal(xs_replica_check(&replica, redis, 10500), XS_OK);
    assert_int_equal(xs_replica_check(&replica, redis, 11000), XS_ERROR_UNAVAILABLE); /* closed */
    assert_non_null(strstr(replica.error, "asking Redis at "));
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

/* The link is lost: what was known stays current for what was left, to the millisecond. */
static void replica_check__refuses__from_the_cutoff_until_the_link_is_back(void **state)
{
    struct xs_replica replica = {.cutoff_ms = CUTOFF_MS};
    struct script script;
    struct peer peer;
    struct xs_redis *redis;

    (void)state;
    script_make(&script,
                (const char *const[]){SETTLED, REPLICA("down", "-1") RUN_1,
                                      REPLICA("down", "-1") RUN_1, REPLICA("up", "0") RUN_1,
                                      REPLICA("up", "0") RUN_1, REPLICA("up", "0") RUN_1, NULL});
    peer_start(&peer, script.steps, PEER_HOLD);
    redis = redis_new(&peer);
    settle(&replica, redis);
    assert_int_equal(xs_replica_check(&replica, redis, 13600), XS_OK);
    assert_int_equal(xs_replica_check(&replica, redis, 13999), XS_OK);
    assert_int_equal(xs_replica_check(&replica, redis, 14000), XS_ERROR_UNAVAILABLE);
    assert_string_equal(replica.error,
                        "Redis is a replica cut off from its master: link down, last heard of -1 s "
                        "ago, replica_cutoff_s is 5; repl-ping-replica-period should be 1");
    assert_int_equal(xs_replica_check(&replica, redis, 14100), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_replica_check(&replica, redis, 14199), XS_ERROR_UNAVAILABLE);
    /* Back; but what it has missed may still be on its way. */
    assert_int_equal(xs_replica_check(&replica, redis, 14200), XS_ERROR_UNAVAILABLE);
    assert_string_equal(replica.error, "Redis is a replica that has just found its master, and may "
                                       "have to catch up with it");
    assert_int_equal(xs_replica_check(&replica, redis, 15199), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_replica_check(&replica, redis, 15299), XS_OK);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

/* The second counts anew with each loss of the link. */
static void replica_check__refuses__until_the_link_has_lasted(void **state)
{
    struct xs_replica replica = {.cutoff_ms = CUTOFF_MS};
    struct script script;
    struct peer peer;
    struct xs_redis *redis;

    (void)state;
    script_make(&script,
                (const char *const[]){REPLICA("up", "0") RUN_1, REPLICA("down", "-1") RUN_1,
                                      REPLICA("up", "0") RUN_1, REPLICA("up", "0") RUN_1,
                                      REPLICA("up", "0") RUN_1, NULL});
    peer_start(&peer, script.steps, PEER_HOLD);
    redis = redis_new(&peer);
    assert_int_equal(xs_replica_check(&replica, redis, 10000), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_replica_check(&replica, redis, 10500), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_replica_check(&replica, redis, 10900), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_replica_check(&replica, redis, 11800), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_replica_check(&replica, redis, 11900), XS_OK);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

/* A loss that was over in time leaves its word in force, and costs nothing. */
static void replica_check__goes_on_trusting__a_link_that_was_lost_for_less(void **state)
{
    struct xs_replica replica = {.cutoff_ms = CUTOFF_MS};
    struct script script;
    struct peer peer;
    struct xs_redis *redis;

    (void)state;
    script_make(&script, (const char *const[]){SETTLED, REPLICA("down", "-1") RUN_1,
                                               REPLICA("up", "0") RUN_1, NULL});
    peer_start(&peer, script.steps, PEER_HOLD);
    redis = redis_new(&peer);
    settle(&replica, redis);
    assert_int_equal(xs_replica_check(&replica, redis, 13000), XS_OK);
    assert_int_equal(xs_replica_check(&replica, redis, 13900), XS_OK);
    assert_int_equal(replica.current_ms, 17900);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

/* Without memory it is asked only when there is something to look up. */
static void replica_check__goes_on_trusting__whom_nobody_has_asked(void **state)
{
    struct xs_replica replica = {.cutoff_ms = CUTOFF_MS};
    struct script script;
    struct peer peer;
    struct xs_redis *redis;

    (void)state;
    script_make(&script, (const char *const[]){SETTLED, REPLICA("up", "0") RUN_1, NULL});
    peer_start(&peer, script.steps, PEER_HOLD);
    redis = redis_new(&peer);
    settle(&replica, redis);
    assert_int_equal(xs_replica_check(&replica, redis, 60000), XS_OK);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

static void replica_check__trusts_a_master__at_once(void **state)
{
    struct xs_replica replica = {.cutoff_ms = CUTOFF_MS};
    struct script script;
    struct peer peer;
    struct xs_redis *redis;

    (void)state;
    script_make(&script, (const char *const[]){REPLICA("up", "0") RUN_1, MASTER RUN_1, NULL});
    peer_start(&peer, script.steps, PEER_HOLD);
    redis = redis_new(&peer);
    assert_int_equal(xs_replica_check(&replica, redis, 10000), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_replica_check(&replica, redis, 10100), XS_OK);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

/* Asks a peer on one connection and, after 10 ms, on another. Returns what comes of the second. */
static enum xs_error check_twice(struct xs_replica *replica, const char *first, const char *second)
{
    struct script script;
    struct peer peer;
    struct xs_redis *redis;
    enum xs_error error;

    script_make(&script, (const char *const[]){first, first, NULL});
    peer_start(&peer, script.steps, PEER_HOLD);
    redis = redis_new(&peer);
    (void)xs_replica_check(replica, redis, 9000);
    assert_int_equal(xs_replica_check(replica, redis, 10000), XS_OK);
    xs_redis_free(redis);
    peer_stop(&peer);

    script_make(&script, (const char *const[]){second, NULL});
    peer_start(&peer, script.steps, PEER_HOLD);
    redis = redis_new(&peer);
    xs_redis_close(redis);
    assert_int_equal(xs_redis_open(redis), XS_OK); /* the second of this object */
    error = xs_replica_check(replica, redis, 10010);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
    return error;
}

/* A replica that has just started, with what it had on its disk. */
static void replica_check__refuses__another_run_without_a_link(void **state)
{
    struct xs_replica replica = {.cutoff_ms = CUTOFF_MS};

    (void)state;
    assert_int_equal(check_twice(&replica, REPLICA("up", "0") RUN_1, REPLICA("down", "-1") RUN_2),
                     XS_ERROR_UNAVAILABLE);
    assert_int_equal(check_twice(&replica, REPLICA("up", "0") RUN_1, REPLICA("down", "-1")),
                     XS_ERROR_UNAVAILABLE);
    assert_int_equal(check_twice(&replica, MASTER, REPLICA("down", "-1")), XS_ERROR_UNAVAILABLE);
}

/* One that has just been made the master: that breaks connections, and nobody follows yet. */
static void replica_check__goes_on_trusting__the_same_run(void **state)
{
    struct xs_replica replica = {.cutoff_ms = CUTOFF_MS};

    (void)state;
    assert_int_equal(check_twice(&replica, REPLICA("up", "0") RUN_1,
                                 MASTER "min_slaves_good_slaves:0\r\n" RUN_1),
                     XS_OK);
    assert_int_equal(replica.current_ms, 14000);
}

static void replica_check__refuses__if_redis_does_not_say(void **state)
{
    struct xs_replica replica = {.cutoff_ms = CUTOFF_MS};
    struct script script;
    struct peer peer;
    struct xs_redis *redis;

    (void)state;
    script_make(&script, (const char *const[]){"-NOPERM this user has no permissions", NULL});
    peer_start(&peer, script.steps, PEER_HOLD);
    redis = redis_new(&peer);
    assert_int_equal(xs_replica_check(&replica, redis, 10000), XS_ERROR_UNAVAILABLE);
    assert_string_equal(replica.error,
                        "asking Redis whether it is current: NOPERM this user has no permissions");
    xs_redis_free(redis);
    peer_stop(&peer);
}

static void replica_check__says_why__if_a_master_has_no_followers(void **state)
{
    struct xs_replica replica = {.cutoff_ms = CUTOFF_MS};
    struct script script;
    struct peer peer;
    struct xs_redis *redis;

    (void)state;
    script_make(&script, (const char *const[]){MASTER "min_slaves_good_slaves:0\r\n", NULL});
    peer_start(&peer, script.steps, PEER_HOLD);
    redis = redis_new(&peer);
    assert_int_equal(xs_replica_check(&replica, redis, 10000), XS_ERROR_UNAVAILABLE);
    assert_string_equal(replica.error, "Redis is a master that no replica follows");
    xs_redis_free(redis);
    peer_stop(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replica_parse__trusts__a_replica_for_what_is_left),
        cmocka_unit_test(replica_parse__trusts_no_replica__without_a_link),
        cmocka_unit_test(replica_parse__trusts__a_master),
        cmocka_unit_test(replica_parse__wants_a_follower__of_a_master_that_demands_one),
        cmocka_unit_test(replica_parse__trusts_nothing__that_is_no_answer),
        cmocka_unit_test(replica_check__asks__twice_a_second),
        cmocka_unit_test(replica_check__refuses__from_the_cutoff_until_the_link_is_back),
        cmocka_unit_test(replica_check__refuses__until_the_link_has_lasted),
        cmocka_unit_test(replica_check__goes_on_trusting__a_link_that_was_lost_for_less),
        cmocka_unit_test(replica_check__goes_on_trusting__whom_nobody_has_asked),
        cmocka_unit_test(replica_check__trusts_a_master__at_once),
        cmocka_unit_test(replica_check__refuses__another_run_without_a_link),
        cmocka_unit_test(replica_check__goes_on_trusting__the_same_run),
        cmocka_unit_test(replica_check__refuses__if_redis_does_not_say),
        cmocka_unit_test(replica_check__says_why__if_a_master_has_no_followers),
    };

    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
