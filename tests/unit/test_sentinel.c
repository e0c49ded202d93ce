#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "redis.h"
#include "redis_peer.h"
#include "sentinel.h"

#define TIMEOUT_MS 300

/* How much later than its deadline a call may return on a busy machine. */
#define SLACK_MS 400

#define QUESTION   "*3\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n$4\r\nmain\r\n"
#define ROLE       "*1\r\n$4\r\nROLE\r\n"
#define PING       "*1\r\n$4\r\nPING\r\n"
#define MASTER     "*3\r\n$6\r\nmaster\r\n:7\r\n*0\r\n"
#define REPLICA    "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:1\r\n$9\r\nconnected\r\n:7\r\n"
#define PLACE_SIZE 64

static const struct peer_step silence[] = {{NULL, NULL}};
static const struct peer_step as_master[] = {{ROLE, MASTER}, {PING, "+PONG\r\n"}, {NULL, NULL}};
static const struct peer_step as_replica[] = {{ROLE, REPLICA}, {NULL, NULL}};
static const struct peer_step ignorant[] = {{QUESTION, "*-1\r\n"}, {NULL, NULL}};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A Sentinel that names a port as the master's; `steps` has room for two, `text` for the answer. */
static void name_port(struct peer_step steps[2], char text[PLACE_SIZE], int port)
{
    char digits[8];
    int len = snprintf(digits, sizeof digits, "%d", port);

    snprintf(text, PLACE_SIZE, "*2\r\n$9\r\n127.0.0.1\r\n$%d\r\n%s\r\n", len, digits);
    steps[0] = (struct peer_step){QUESTION, text};
    steps[1] = (struct peer_step){NULL, NULL};
}

static void add_peer(struct xs_sentinel_config *config, int port)
{
    config->master = "main";
    config->peers[config->peer_count].host = "127.0.0.1";
    config->peers[config->peer_count].port = port;
    config->peer_count++;
}

static struct xs_redis *redis_new(const struct xs_sentinel_config *sentinel)
{
    const struct xs_redis_config config = {.sentinel = sentinel, .timeout_ms = TIMEOUT_MS};
    struct xs_redis *redis = xs_redis_new(&config);

    assert_non_null(redis);
    return redis;
}

/* Asks a Sentinel that answers with `answer`. */
static enum xs_error ask(const char *answer, struct xs_sentinel_answer *ret_answer,
                         struct xs_error_info *info)
{
    const struct peer_step steps[] = {{QUESTION, answer}, {NULL, NULL}};
    struct xs_sentinel_config config = {.master = NULL};
    struct peer peer;
    enum xs_error error;

    peer_start_on_port(&peer, steps, PEER_HOLD);
    add_peer(&config, peer.port);
    error = xs_sentinel_ask(&config, 0, TIMEOUT_MS, ret_answer, info);
    peer_stop(&peer);
    assert_false(peer.mismatch);
    return error;
}

static void sentinel_ask__reads__the_place(void **state)
{
    struct xs_sentinel_answer answer;

    (void)state;
    assert_int_equal(ask("*2\r\n$7\r\nfd00::2\r\n$4\r\n6380\r\n", &answer, NULL), XS_OK);
    assert_string_equal(answer.host, "fd00::2");
    assert_int_equal(answer.port, 6380);
}

static void sentinel_ask__refuses__what_is_no_place(void **state)
{
    static const struct {
        const char *answer;
        enum xs_error expected;
        const char *why;
    } cases[] = {
        {"*-1\r\n", XS_ERROR_UNAVAILABLE, "it does not know it"},
        {"-NOAUTH Authentication required.\r\n", XS_ERROR_UNAVAILABLE,
         "NOAUTH Authentication required."},
        {"*0\r\n", XS_ERROR_PROTOCOL, "an answer of the wrong shape"},
        {"+OK\r\n", XS_ERROR_PROTOCOL, "an answer of the wrong shape"},
        {"*2\r\n$0\r\n\r\n$1\r\n1\r\n", XS_ERROR_PROTOCOL, "an answer of the wrong shape"},
        {"*2\r\n$3\r\na b\r\n$1\r\n1\r\n", XS_ERROR_PROTOCOL, "an answer of the wrong shape"},
        {"*2\r\n$1\r\na\r\n$1\r\n0\r\n", XS_ERROR_PROTOCOL, "an answer of the wrong shape"},
        {"*2\r\n$1\r\na\r\n$5\r\n65536\r\n", XS_ERROR_PROTOCOL, "an answer of the wrong shape"},
        {"*2\r\n$1\r\na\r\n:1\r\n", XS_ERROR_PROTOCOL, "an answer of the wrong shape"},
        {"*3\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\n1\r\n", XS_ERROR_PROTOCOL,
         "an answer of the wrong shape"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct xs_sentinel_answer answer = {.host = "untouched"};
        struct xs_error_info info = {.code = XS_OK};

        assert_int_equal(ask(cases[i].answer, &answer, &info), cases[i].expected);
        assert_string_equal(answer.host, "untouched");
        assert_non_null(strstr(info.text, "asking the Sentinel at 127.0.0.1 port "));
        assert_non_null(strstr(info.text, " for the master main: "));
        assert_non_null(strstr(info.text, cases[i].why));
    }
}

static void sentinel_ask__refuses__a_place_that_is_too_long(void **state)
{
    char text[512];
    char host[301];
    struct xs_sentinel_answer answer;

    (void)state;
    memset(host, 'a', 300);
    host[300] = '\0';
    snprintf(text, sizeof text, "*2\r\n$300\r\n%s\r\n$1\r\n1\r\n", host);
    assert_int_equal(ask(text, &answer, NULL), XS_ERROR_PROTOCOL);
}

static void redis_open__connects__to_the_master_that_a_sentinel_names(void **state)
{
    struct xs_sentinel_config config = {.master = NULL};
    struct peer master, sentinel;
    struct peer_step steps[2];
    char text[PLACE_SIZE];
    struct xs_redis *redis;
    redisReply *reply = NULL;

    (void)state;
    peer_start_on_port(&master, as_master, PEER_HOLD);
    name_port(steps, text, master.port);
    peer_start_on_port(&sentinel, steps, PEER_HOLD);
    add_peer(&config, 1); /* where nobody listens */
    add_peer(&config, sentinel.port);
    redis = redis_new(&config);
    assert_int_equal(xs_redis_open(redis), XS_OK);
    assert_int_equal(xs_redis_generation(redis), 1);
    assert_int_equal(xs_redis_append(redis, 1, (const char *[]){"PING"}, (const size_t[]){4}),
                     XS_OK);
    assert_int_equal(xs_redis_exchange(redis, &reply, 1), XS_OK);
    assert_string_equal(reply->str, "PONG");
    freeReplyObject(reply);
    xs_redis_free(redis);
    peer_stop(&sentinel);
    peer_stop(&master);
    assert_int_equal(sentinel.accepted, 1);
    assert_int_equal(master.accepted, 1);
}

static void redis_open__goes_on_to_the_next_sentinel__if_one_names_a_replica(void **state)
{
    struct xs_sentinel_config config = {.master = NULL};
    struct peer master, replica, sentinels[2];
    struct peer_step steps[2][2];
    char texts[2][PLACE_SIZE];
    struct xs_redis *redis;

    (void)state;
    peer_start_on_port(&master, as_master, PEER_HOLD);
    peer_start_on_port(&replica, as_replica, PEER_HOLD);
    name_port(steps[0], texts[0], replica.port);
    name_port(steps[1], texts[1], master.port);
    for (int i = 0; i < 2; i++) {
        peer_start_on_port(&sentinels[i], steps[i], PEER_HOLD);
        add_peer(&config, sentinels[i].port);
    }
    redis = redis_new(&config);
    assert_int_equal(xs_redis_open(redis), XS_OK);
    /* The one that was of use is the first to be asked next time. */
    xs_redis_close(redis);
    assert_int_equal(xs_redis_open(redis), XS_OK);
    xs_redis_free(redis);
    for (int i = 0; i < 2; i++)
        peer_stop(&sentinels[i]);
    peer_stop(&replica);
    peer_stop(&master);
    assert_int_equal(sentinels[0].accepted, 1);
    assert_int_equal(replica.accepted, 1);
    assert_int_equal(sentinels[1].accepted, 2);
    assert_int_equal(master.accepted, 2);
}

static void redis_open__is_unavailable__if_no_sentinel_names_a_master(void **state)
{
    struct xs_sentinel_config config = {.master = NULL};
    struct peer replica, sentinel;
    struct peer_step steps[2];
    char text[PLACE_SIZE], why[128];
    struct xs_redis *redis;

    (void)state;
    peer_start_on_port(&replica, as_replica, PEER_HOLD);
    name_port(steps, text, replica.port);
    peer_start_on_port(&sentinel, steps, PEER_HOLD);
    add_peer(&config, sentinel.port);
    redis = redis_new(&config);
    assert_int_equal(xs_redis_open(redis), XS_ERROR_UNAVAILABLE);
    snprintf(why, sizeof why, "asking for the role of Redis at 127.0.0.1:%d: it is not a master",
             replica.port);
    assert_string_equal(xs_redis_error(redis), why);
    /* The pause has begun. */
    assert_int_equal(xs_redis_open(redis), XS_ERROR_UNAVAILABLE);
    xs_redis_free(redis);
    peer_stop(&sentinel);
    peer_stop(&replica);
    assert_int_equal(sentinel.accepted, 1);
}

static void redis_open__says__which_sentinel_does_not_know_the_master(void **state)
{
    struct xs_sentinel_config config = {.master = NULL};
    struct peer sentinel;
    char why[128];
    struct xs_redis *redis;

    (void)state;
    peer_start_on_port(&sentinel, ignorant, PEER_HOLD);
    add_peer(&config, sentinel.port);
    redis = redis_new(&config);
    assert_int_equal(xs_redis_open(redis), XS_ERROR_UNAVAILABLE);
    snprintf(why, sizeof why,
             "asking the Sentinel at 127.0.0.1 port %d for the master main: it does not know it",
             sentinel.port);
    assert_string_equal(xs_redis_error(redis), why);
    xs_redis_free(redis);
    peer_stop(&sentinel);
}

/* Silent Sentinels, silent masters: `timeout_ms` is for all of them together. */
static void redis_open__times_out_as_a_whole__however_many_are_silent(void **state)
{
    struct xs_sentinel_config config = {.master = NULL};
    struct peer master, silent[2], sentinel;
    struct peer_step steps[2];
    char text[PLACE_SIZE];
    struct xs_redis *redis;
    int64_t start_ms;

    (void)state;
    peer_start_on_port(&master, silence, PEER_HOLD);
    name_port(steps, text, master.port);
    for (int i = 0; i < 2; i++) {
        peer_start_on_port(&silent[i], silence, PEER_HOLD);
        add_peer(&config, silent[i].port);
    }
    peer_start_on_port(&sentinel, steps, PEER_HOLD);
    add_peer(&config, sentinel.port);
    redis = redis_new(&config);
    start_ms = now_ms();
    assert_int_equal(xs_redis_open(redis), XS_ERROR_TIMEOUT);
    assert_in_range(now_ms() - start_ms, TIMEOUT_MS / 2, TIMEOUT_MS + SLACK_MS);
    xs_redis_free(redis);
    peer_stop(&sentinel);
    for (int i = 0; i < 2; i++)
        peer_stop(&silent[i]);
    peer_stop(&master);
    assert_int_equal(master.accepted, 1);
}

static void redis_open__is_not_stopped__by_a_silent_sentinel(void **state)
{
    struct xs_sentinel_config config = {.master = NULL};
    struct peer master, silent, sentinel;
    struct peer_step steps[2];
    char text[PLACE_SIZE];
    struct xs_redis *redis;

    (void)state;
    peer_start_on_port(&master, as_master, PEER_HOLD);
    name_port(steps, text, master.port);
    peer_start_on_port(&silent, silence, PEER_HOLD);
    peer_start_on_port(&sentinel, steps, PEER_HOLD);
    add_peer(&config, silent.port);
    add_peer(&config, sentinel.port);
    redis = redis_new(&config);
    assert_int_equal(xs_redis_open(redis), XS_OK);
    xs_redis_free(redis);
    peer_stop(&sentinel);
    peer_stop(&silent);
    peer_stop(&master);
}

/* Half of what is left would be none, and the Sentinel's contract broken. */
static void redis_open__gives_a_sentinel_some_time__however_little_there_is(void **state)
{
    struct xs_sentinel_config config = {.master = NULL};
    const struct xs_redis_config late = {.sentinel = &config, .timeout_ms = 1};
    struct peer sentinel;
    struct xs_redis *redis;

    (void)state;
    peer_start_on_port(&sentinel, silence, PEER_HOLD);
    add_peer(&config, sentinel.port);
    redis = xs_redis_new(&late);
    assert_non_null(redis);
    assert_int_not_equal(xs_redis_open(redis), XS_OK);
    xs_redis_free(redis);
    peer_stop(&sentinel);
}

/* A master that refuses to write, in words that a demoted one has: Sentinels are asked again. */
static void redis_exchange__closes__if_the_master_has_been_demoted(void **state)
{
    static const char *const refusals[] = {
        "-READONLY You can't write against a read only replica.\r\n",
        "-NOREPLICAS Not enough good replicas to write.\r\n",
        "-MASTERDOWN Link with MASTER is down.\r\n",
        "-OOM command not allowed\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct peer_step demoted[] = {{ROLE, MASTER}, {PING, refusals[i]}, {NULL, NULL}};
        bool is_demotion = strncmp(refusals[i], "-OOM", 4) != 0;
        struct xs_sentinel_config config = {.master = NULL};
        struct peer master, sentinel;
        struct peer_step steps[2];
        char text[PLACE_SIZE];
        struct xs_redis *redis;
        redisReply *reply = NULL;

        peer_start_on_port(&master, demoted, PEER_HOLD);
        name_port(steps, text, master.port);
        peer_start_on_port(&sentinel, steps, PEER_HOLD);
        add_peer(&config, sentinel.port);
        redis = redis_new(&config);
        assert_int_equal(xs_redis_open(redis), XS_OK);
        assert_int_equal(xs_redis_append(redis, 1, (const char *[]){"PING"}, (const size_t[]){4}),
                         XS_OK);
        assert_int_equal(xs_redis_exchange(redis, &reply, 1), XS_OK);
        assert_int_equal(reply->type, REDIS_REPLY_ERROR);
        freeReplyObject(reply);
        assert_int_equal(xs_redis_fd(redis) < 0, is_demotion);
        assert_int_equal(xs_redis_open(redis), XS_OK);
        xs_redis_free(redis);
        peer_stop(&sentinel);
        peer_stop(&master);
        assert_int_equal(sentinel.accepted, is_demotion ? 2 : 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentinel_ask__reads__the_place),
        cmocka_unit_test(sentinel_ask__refuses__what_is_no_place),
        cmocka_unit_test(sentinel_ask__refuses__a_place_that_is_too_long),
        cmocka_unit_test(redis_open__connects__to_the_master_that_a_sentinel_names),
        cmocka_unit_test(redis_open__goes_on_to_the_next_sentinel__if_one_names_a_replica),
        cmocka_unit_test(redis_open__is_unavailable__if_no_sentinel_names_a_master),
        cmocka_unit_test(redis_open__says__which_sentinel_does_not_know_the_master),
        cmocka_unit_test(redis_open__times_out_as_a_whole__however_many_are_silent),
        cmocka_unit_test(redis_open__is_not_stopped__by_a_silent_sentinel),
        cmocka_unit_test(redis_open__gives_a_sentinel_some_time__however_little_there_is),
        cmocka_unit_test(redis_exchange__closes__if_the_master_has_been_demoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
