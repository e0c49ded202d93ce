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

/* A peer in the place of Redis, the connection to it, and what is known about it. */
struct meeting {
    struct xs_replica replica;
    struct script script;
    struct peer peer;
    struct xs_redis *redis;
};

/* Connects to a peer that answers with these texts; what was known before stays. */
static void meet(struct meeting *meeting, const char *const texts[], enum peer_end end)
{
    struct xs_redis_config config = {.timeout_ms = TIMEOUT_MS};

    script_make(&meeting->script, texts);
    peer_start(&meeting->peer, meeting->script.steps, end);
    config.path = meeting->peer.path;
    meeting->redis = xs_redis_new(&config);
    assert_non_null(meeting->redis);
    assert_int_equal(xs_redis_open(meeting->redis), XS_OK);
}

static void part(struct meeting *meeting)
{
    xs_redis_free(meeting->redis);
    peer_stop(&meeting->peer);
    assert_false(meeting->peer.mismatch);
}

static enum xs_error check(struct meeting *meeting, int64_t now_ms)
{
    return xs_replica_check(&meeting->replica, meeting->redis, now_ms);
}

/* What a replica answers that is met for the first time, until it is believed at 10000. */
#define SETTLED REPLICA("up", "0") RUN_1, REPLICA("up", "0") RUN_1

static void settle(struct meeting *meeting)
{
    assert_int_equal(check(meeting, 9000), XS_ERROR_UNAVAILABLE);
    assert_int_equal(check(meeting, 10000), XS_OK);
}

static void replica_check__asks__twice_a_second(void **state)
{
    struct meeting meeting = {.replica.cutoff_ms = CUTOFF_MS};

    (void)state;
    meet(&meeting, (const char *const[]){SETTLED, REPLICA("up", "1") RUN_1, NULL}, PEER_CLOSE);
    settle(&meeting);
    assert_int_equal(check(&meeting, 10499), XS_OK); /* asks nothing */
    assert_int_equal(check(&meeting, 10500), XS_OK);
    assert_int_equal(check(&meeting, 11000), XS_ERROR_UNAVAILABLE); /* closed */
    assert_non_null(strstr(meeting.replica.error, "asking Redis at "));
    part(&meeting);
}

/* The link is lost: what was known stays current for what was left, to the millisecond. */
static void replica_check__refuses__from_the_cutoff_until_the_link_is_back(void **state)
{
    struct meeting meeting = {.replica.cutoff_ms = CUTOFF_MS};

    (void)state;
    meet(&meeting,
         (const char *const[]){SETTLED, REPLICA("down", "-1") RUN_1, REPLICA("down", "-1") RUN_1,
                               REPLICA("up", "0") RUN_1, REPLICA("up", "0") RUN_1,
                               REPLICA("up", "0") RUN_1, NULL},
         PEER_HOLD);
    settle(&meeting);
    assert_int_equal(check(&meeting, 13600), XS_OK);
    assert_int_equal(check(&meeting, 13999), XS_OK);
    assert_int_equal(check(&meeting, 14000), XS_ERROR_UNAVAILABLE);
    assert_string_equal(meeting.replica.error,
                        "Redis is a replica cut off from its master: link down, last heard of -1 s "
                        "ago, replica_cutoff_s is 5; repl-ping-replica-period should be 1");
    assert_int_equal(check(&meeting, 14100), XS_ERROR_UNAVAILABLE);
    assert_int_equal(check(&meeting, 14199), XS_ERROR_UNAVAILABLE);
    /* Back; but what it has missed may still be on its way. */
    assert_int_equal(check(&meeting, 14200), XS_ERROR_UNAVAILABLE);
    assert_string_equal(meeting.replica.error,
                        "Redis is a replica that has just found its master, and may "
                        "have to catch up with it");
    assert_int_equal(check(&meeting, 15199), XS_ERROR_UNAVAILABLE);
    assert_int_equal(check(&meeting, 15299), XS_OK);
    part(&meeting);
}

/* The second counts anew with each loss of the link. */
static void replica_check__refuses__until_the_link_has_lasted(void **state)
{
    struct meeting meeting = {.replica.cutoff_ms = CUTOFF_MS};

    (void)state;
    meet(&meeting,
         (const char *const[]){REPLICA("up", "0") RUN_1, REPLICA("down", "-1") RUN_1,
                               REPLICA("up", "0") RUN_1, REPLICA("up", "0") RUN_1,
                               REPLICA("up", "0") RUN_1, NULL},
         PEER_HOLD);
    assert_int_equal(check(&meeting, 10000), XS_ERROR_UNAVAILABLE);
    assert_int_equal(check(&meeting, 10500), XS_ERROR_UNAVAILABLE);
    assert_int_equal(check(&meeting, 10900), XS_ERROR_UNAVAILABLE);
    assert_int_equal(check(&meeting, 11800), XS_ERROR_UNAVAILABLE);
    assert_int_equal(check(&meeting, 11900), XS_OK);
    part(&meeting);
}

/* A loss that was over in time leaves its word in force, and costs nothing. */
static void replica_check__goes_on_trusting__a_link_that_was_lost_for_less(void **state)
{
    struct meeting meeting = {.replica.cutoff_ms = CUTOFF_MS};

    (void)state;
    meet(
        &meeting,
        (const char *const[]){SETTLED, REPLICA("down", "-1") RUN_1, REPLICA("up", "0") RUN_1, NULL},
        PEER_HOLD);
    settle(&meeting);
    assert_int_equal(check(&meeting, 13000), XS_OK);
    assert_int_equal(check(&meeting, 13900), XS_OK);
    assert_int_equal(meeting.replica.current_ms, 17900);
    part(&meeting);
}

/* As when the process stood still, or the replica could not be reached. */
static void replica_check__refuses__whom_nobody_has_asked_for_long(void **state)
{
    struct meeting meeting = {.replica.cutoff_ms = CUTOFF_MS};

    (void)state;
    meet(&meeting,
         (const char *const[]){SETTLED, REPLICA("up", "0") RUN_1, REPLICA("up", "0") RUN_1,
                               REPLICA("up", "0") RUN_1, REPLICA("up", "0") RUN_1, NULL},
         PEER_HOLD);
    settle(&meeting);
    assert_int_equal(check(&meeting, 10000 + CUTOFF_MS - 1), XS_OK);
    assert_int_equal(check(&meeting, 60000), XS_ERROR_UNAVAILABLE);
    assert_int_equal(check(&meeting, 60999), XS_ERROR_UNAVAILABLE);
    assert_int_equal(check(&meeting, 61099), XS_OK);
    part(&meeting);
}

static void replica_check__trusts_a_master__at_once(void **state)
{
    struct meeting meeting = {.replica.cutoff_ms = CUTOFF_MS};

    (void)state;
    meet(&meeting, (const char *const[]){REPLICA("up", "0") RUN_1, MASTER RUN_1, NULL}, PEER_HOLD);
    assert_int_equal(check(&meeting, 10000), XS_ERROR_UNAVAILABLE);
    assert_int_equal(check(&meeting, 10100), XS_OK);
    part(&meeting);
}

/* Asks a peer on one connection and, after 10 ms, on another. Returns what comes of the second. */
static enum xs_error check_twice(struct meeting *meeting, const char *first, const char *second)
{
    enum xs_error error;

    meet(meeting, (const char *const[]){first, first, NULL}, PEER_HOLD);
    (void)check(meeting, 9000);
    assert_int_equal(check(meeting, 10000), XS_OK);
    part(meeting);

    meet(meeting, (const char *const[]){second, NULL}, PEER_HOLD);
    xs_redis_close(meeting->redis);
    assert_int_equal(xs_redis_open(meeting->redis), XS_OK); /* the second of this object */
    error = check(meeting, 10010);
    part(meeting);
    return error;
}

/* A replica that has just started, with what it had on its disk. */
static void replica_check__refuses__another_run_without_a_link(void **state)
{
    struct meeting meeting = {.replica.cutoff_ms = CUTOFF_MS};

    (void)state;
    assert_int_equal(check_twice(&meeting, REPLICA("up", "0") RUN_1, REPLICA("down", "-1") RUN_2),
                     XS_ERROR_UNAVAILABLE);
    assert_int_equal(check_twice(&meeting, REPLICA("up", "0") RUN_1, REPLICA("down", "-1")),
                     XS_ERROR_UNAVAILABLE);
    assert_int_equal(check_twice(&meeting, MASTER, REPLICA("down", "-1")), XS_ERROR_UNAVAILABLE);
}

/* One that has just been made the master: that breaks connections, and nobody follows yet. */
static void replica_check__goes_on_trusting__the_same_run(void **state)
{
    struct meeting meeting = {.replica.cutoff_ms = CUTOFF_MS};

    (void)state;
    assert_int_equal(check_twice(&meeting, REPLICA("up", "0") RUN_1,
                                 MASTER "min_slaves_good_slaves:0\r\n" RUN_1),
                     XS_OK);
    assert_int_equal(meeting.replica.current_ms, 14000);
}

static void replica_check__refuses__if_redis_does_not_say(void **state)
{
    struct meeting meeting = {.replica.cutoff_ms = CUTOFF_MS};

    (void)state;
    meet(&meeting, (const char *const[]){"-NOPERM this user has no permissions", NULL}, PEER_HOLD);
    assert_int_equal(check(&meeting, 10000), XS_ERROR_UNAVAILABLE);
    assert_string_equal(meeting.replica.error,
                        "asking Redis whether it is current: NOPERM this user has no permissions");
    part(&meeting);
}

static void replica_check__says_why__if_a_master_has_no_followers(void **state)
{
    struct meeting meeting = {.replica.cutoff_ms = CUTOFF_MS};

    (void)state;
    meet(&meeting, (const char *const[]){MASTER "min_slaves_good_slaves:0\r\n", NULL}, PEER_HOLD);
    assert_int_equal(check(&meeting, 10000), XS_ERROR_UNAVAILABLE);
    assert_string_equal(meeting.replica.error, "Redis is a master that no replica follows");
    part(&meeting);
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
        cmocka_unit_test(replica_check__refuses__whom_nobody_has_asked_for_long),
        cmocka_unit_test(replica_check__trusts_a_master__at_once),
        cmocka_unit_test(replica_check__refuses__another_run_without_a_link),
        cmocka_unit_test(replica_check__goes_on_trusting__the_same_run),
        cmocka_unit_test(replica_check__refuses__if_redis_does_not_say),
        cmocka_unit_test(replica_check__says_why__if_a_master_has_no_followers),
    };

    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
