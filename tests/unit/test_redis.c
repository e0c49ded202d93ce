#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "redis.h"
#include "redis_peer.h"

#define TIMEOUT_MS 100

/* How much later than its deadline a call may return on a busy machine. */
#define SLACK_MS 400

#define PING "*1\r\n$4\r\nPING\r\n"

static const struct peer_step silence[] = {{NULL, NULL}};
static const struct peer_step one_ping[] = {{PING, "+PONG\r\n"}, {NULL, NULL}};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct xs_redis *redis_new(const char *path, int timeout_ms)
{
    const struct xs_redis_config config = {.path = path, .timeout_ms = timeout_ms};
    struct xs_redis *redis = xs_redis_new(&config);

    assert_non_null(redis);
    assert_string_equal(xs_redis_error(redis), "");
    return redis;
}

/* Opens and exchanges `count` PINGs, at most two. */
static enum xs_error ping(struct xs_redis *redis, redisReply *replies[2], size_t count)
{
    enum xs_error error = xs_redis_open(redis);

    replies[0] = replies[1] = NULL;
    for (size_t i = 0; error == XS_OK && i < count; i++)
        error = xs_redis_append(redis, 1, (const char *[]){"PING"}, (const size_t[]){4});
    if (error == XS_OK)
        error = xs_redis_exchange(redis, replies, count);
    return error;
}

/* Exchanges PINGs with a peer that misbehaves; expects the error and its text. */
static void assert_ping_fails(const struct peer_step *steps, enum peer_end end,
                              enum xs_error expected, const char *why)
{
    struct peer peer;
    struct xs_redis *redis;
    redisReply *replies[2];
    char text[XS_ERROR_TEXT_SIZE];
    int64_t start_ms;
    int64_t took_ms;

    peer_start(&peer, steps, end);
    redis = redis_new(peer.path, end == PEER_FLOOD ? 30000 : TIMEOUT_MS);
    start_ms = now_ms();
    assert_int_equal(ping(redis, replies, 2), expected);
    took_ms = now_ms() - start_ms;
    assert_null(replies[0]);
    assert_null(replies[1]);
    snprintf(text, sizeof text, "asking Redis at %s: %s", peer.path, why);
    assert_string_equal(xs_redis_error(redis), text);
    if (expected == XS_ERROR_TIMEOUT)
        assert_in_range(took_ms, TIMEOUT_MS - 1, TIMEOUT_MS + SLACK_MS);
    /* The connection is gone, and the pause has begun. */
    assert_int_equal(xs_redis_append(redis, 1, (const char *[]){"PING"}, (const size_t[]){4}),
                     XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_redis_exchange(redis, replies, 1), XS_ERROR_UNAVAILABLE);
    xs_redis_free(redis);
    peer_stop(&peer);
}

static void redis_exchange__times_out__with_a_silent_peer(void **state)
{
    (void)state;
    assert_ping_fails(silence, PEER_HOLD, XS_ERROR_TIMEOUT, "no answer in time");
}

static void redis_exchange__times_out_as_a_whole__with_a_trickling_peer(void **state)
{
    (void)state;
    assert_ping_fails(silence, PEER_TRICKLE, XS_ERROR_TIMEOUT, "no answer in time");
}

static void redis_exchange__times_out__with_half_the_replies(void **state)
{
    static const struct peer_step steps[] = {{PING PING, "+PONG\r\n"}, {NULL, NULL}};

    (void)state;
    assert_ping_fails(steps, PEER_HOLD, XS_ERROR_TIMEOUT, "no answer in time");
}

static void redis_exchange__is_unavailable__if_the_peer_closes(void **state)
{
    static const struct peer_step steps[] = {{PING PING, "+PONG\r\n+PO"}, {NULL, NULL}};

    (void)state;
    assert_ping_fails(steps, PEER_CLOSE, XS_ERROR_UNAVAILABLE, "Server closed the connection");
}

static void redis_exchange__refuses__garbage(void **state)
{
    static const struct peer_step steps[] = {{PING PING, "HTTP/1.1 400\r\n"}, {NULL, NULL}};

    (void)state;
    assert_ping_fails(steps, PEER_HOLD, XS_ERROR_PROTOCOL,
                      "Protocol error, got \"H\" as reply type byte");
}

static void redis_exchange__refuses__more_replies_than_commands(void **state)
{
    static const struct peer_step steps[] = {{PING PING, "+PONG\r\n+PONG\r\n+P"}, {NULL, NULL}};

    (void)state;
    assert_ping_fails(steps, PEER_HOLD, XS_ERROR_PROTOCOL, "more replies than commands");
}

static void redis_exchange__refuses__endless_replies(void **state)
{
    (void)state;
    assert_ping_fails(silence, PEER_FLOOD, XS_ERROR_PROTOCOL, "the replies are too long");
}

/* Since its version 1, hiredis finds that out itself. */
#if HIREDIS_MAJOR >= 1
#define TOO_MANY_ELEMENTS "Multi-bulk length out of range"
#else
#define TOO_MANY_ELEMENTS "an array is too long"
#endif

static void redis_exchange__refuses__an_array_that_announces_too_much(void **state)
{
    static const struct peer_step steps[] = {{PING PING, "*16777217\r\n"}, {NULL, NULL}};
    static const struct peer_step nested[] = {{PING PING, "*1\r\n*699999000\r\n"}, {NULL, NULL}};

    (void)state;
    assert_ping_fails(steps, PEER_HOLD, XS_ERROR_PROTOCOL, TOO_MANY_ELEMENTS);
    assert_ping_fails(nested, PEER_HOLD, XS_ERROR_PROTOCOL, TOO_MANY_ELEMENTS);
}

static void redis_exchange__hands_over__replies_and_errors(void **state)
{
    static const struct peer_step pongs[] = {{PING PING, "+PONG\r\n-ERR no\r\n"}, {NULL, NULL}};
    struct peer peer;
    struct xs_redis *redis;
    redisReply *replies[2];

    (void)state;
    peer_start(&peer, pongs, PEER_HOLD);
    redis = redis_new(peer.path, 1000);
    assert_int_equal(xs_redis_generation(redis), 0);
    assert_int_equal(ping(redis, replies, 2), XS_OK);
    assert_int_equal(replies[0]->type, REDIS_REPLY_STATUS);
    assert_string_equal(replies[0]->str, "PONG");
    assert_int_equal(replies[1]->type, REDIS_REPLY_ERROR);
    assert_string_equal(replies[1]->str, "ERR no");
    assert_int_equal(xs_redis_generation(redis), 1);
    freeReplyObject(replies[0]);
    freeReplyObject(replies[1]);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

static void redis_open__connects_anew__if_the_peer_has_closed(void **state)
{
    struct peer peer;
    struct xs_redis *redis;
    redisReply *replies[2];
    int64_t deadline_ms;

    (void)state;
    peer_start(&peer, one_ping, PEER_CLOSE);
    redis = redis_new(peer.path, 1000);
    assert_int_equal(ping(redis, replies, 1), XS_OK);
    assert_int_equal(xs_redis_generation(redis), 1);
    freeReplyObject(replies[0]);
    /* The peer closes a moment after its answer; until then the connection is good. */
    deadline_ms = now_ms() + 1000;
    while (xs_redis_open(redis) == XS_OK && xs_redis_generation(redis) == 1)
        assert_true(now_ms() < deadline_ms);
    assert_int_equal(xs_redis_generation(redis), 2);
    assert_int_equal(ping(redis, replies, 1), XS_OK);
    freeReplyObject(replies[0]);
    xs_redis_free(redis);
    peer_stop(&peer);
}

static void redis_open__sets__close_on_exec(void **state)
{
    struct peer peer;
    struct xs_redis *redis;
    int next;

    (void)state;
    peer_start(&peer, silence, PEER_HOLD);
    next = dup(0);
    close(next);
    redis = redis_new(peer.path, 1000);
    assert_int_equal(xs_redis_open(redis), XS_OK);
    /* The lowest free descriptor is the connection's. */
    assert_int_equal(fcntl(next, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    xs_redis_free(redis);
    peer_stop(&peer); /* a peer that is slow to accept may have got the same number */
    assert_int_equal(fcntl(next, F_GETFD), -1);
}

static void redis_open__is_unavailable__if_there_is_no_socket(void **state)
{
    struct xs_redis *redis = redis_new("/nonexistent/redis.sock", TIMEOUT_MS);

    (void)state;
    assert_int_equal(xs_redis_open(redis), XS_ERROR_UNAVAILABLE);
    assert_string_equal(xs_redis_error(redis), "connecting to Redis at /nonexistent/redis.sock: "
                                               "No such file or directory");
    assert_int_equal(xs_redis_open(redis), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_redis_generation(redis), 0);
    xs_redis_free(redis);
}

/* Opens until it succeeds. Returns how long that took; fails after a second. */
static int64_t open_again_ms(struct xs_redis *redis)
{
    int64_t start_ms = now_ms();

    while (xs_redis_open(redis) != XS_OK)
        assert_true(now_ms() - start_ms < 1000);
    return now_ms() - start_ms;
}

static void redis_open__doubles_the_pause__until_an_exchange_succeeds(void **state)
{
    struct peer peer;
    struct xs_redis *redis;
    redisReply *replies[2];

    (void)state;
    peer_start(&peer, one_ping, PEER_HOLD);
    redis = redis_new(peer.path, 40);
    assert_int_equal(ping(redis, replies, 2), XS_ERROR_TIMEOUT);
    assert_in_range(open_again_ms(redis), 36, 50 + SLACK_MS);
    xs_redis_close(redis);
    assert_int_equal(ping(redis, replies, 2), XS_ERROR_TIMEOUT);
    assert_in_range(open_again_ms(redis), 74, 100 + SLACK_MS);
    assert_int_equal(ping(redis, replies, 1), XS_OK);
    freeReplyObject(replies[0]);
    xs_redis_close(redis);
    assert_int_equal(ping(redis, replies, 2), XS_ERROR_TIMEOUT);
    assert_in_range(open_again_ms(redis), 36, 149); /* 150 at least if it went on doubling */
    xs_redis_free(redis);
    peer_stop(&peer);
}

/* Opens a connection with a password; expects the result, and the text if it is a failure. */
static void assert_auth(const char *username, const struct peer_step *steps, enum xs_error expected,
                        const char *why)
{
    char password_file[] = "/tmp/xs-test-password-XXXXXX";
    int fd = mkstemp(password_file);
    struct peer peer;
    struct xs_redis_config config = {.username = username, .timeout_ms = TIMEOUT_MS};
    struct xs_redis *redis;
    char text[XS_ERROR_TEXT_SIZE];

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "s3cret\n", 7), 7);
    close(fd);
    peer_start(&peer, steps, PEER_HOLD);
    config.path = peer.path;
    config.password_file = password_file;
    redis = xs_redis_new(&config);
    assert_non_null(redis);
    assert_int_equal(xs_redis_open(redis), expected);
    snprintf(text, sizeof text, "authenticating to Redis at %s: %s", peer.path, why);
    assert_string_equal(xs_redis_error(redis), expected != XS_OK ? text : "");
    assert_int_equal(xs_redis_generation(redis), expected == XS_OK);
    xs_redis_free(redis);
    peer_stop(&peer);
    unlink(password_file);
    assert_false(peer.mismatch);
}

#define AUTH      "*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n"
#define AUTH_USER "*3\r\n$4\r\nAUTH\r\n$5\r\npanel\r\n$6\r\ns3cret\r\n"

static void redis_open__authenticates(void **state)
{
    static const struct peer_step alone[] = {{AUTH, "+OK\r\n"}, {NULL, NULL}};
    static const struct peer_step user[] = {{AUTH_USER, "+OK\r\n"}, {NULL, NULL}};

    (void)state;
    assert_auth(NULL, alone, XS_OK, "");
    assert_auth("panel", user, XS_OK, "");
}

static void redis_open__tells_no_secret__if_authentication_fails(void **state)
{
    static const struct {
        const char *answer;
        enum xs_error error;
        const char *why;
    } rows[] = {
        {"-WRONGPASS invalid username-password pair or user is disabled.\r\n", XS_ERROR_UNAVAILABLE,
         "refused: WRONGPASS"},
        {"-ERR unknown command 'AUTH', with args beginning with: 's3cret'\r\n",
         XS_ERROR_UNAVAILABLE, "refused: ERR"},
        {"-s3cret\r\n", XS_ERROR_UNAVAILABLE, "refused: "},
        {":1\r\n", XS_ERROR_PROTOCOL, "not an answer to AUTH"},
        {"", XS_ERROR_TIMEOUT, "no answer in time"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct peer_step steps[] = {{AUTH, rows[i].answer}, {NULL, NULL}};

        assert_auth(NULL, steps, rows[i].error, rows[i].why);
    }
}

static void redis_open__says_why__if_there_is_no_password(void **state)
{
    struct peer peer;
    struct xs_redis_config config = {.password_file = "/nonexistent/p", .timeout_ms = TIMEOUT_MS};
    struct xs_redis *redis;
    char text[XS_ERROR_TEXT_SIZE];

    (void)state;
    peer_start(&peer, silence, PEER_HOLD);
    config.path = peer.path;
    redis = xs_redis_new(&config);
    assert_non_null(redis);
    assert_int_equal(xs_redis_open(redis), XS_ERROR_SYSTEM);
    snprintf(text, sizeof text,
             "authenticating to Redis at %s: cannot read the password file /nonexistent/p: "
             "No such file or directory",
             peer.path);
    assert_string_equal(xs_redis_error(redis), text);
    xs_redis_free(redis);
    peer_stop(&peer);
}

static void redis_open__is_unavailable__if_nobody_listens_on_the_port(void **state)
{
    const struct xs_redis_config config = {.host = "127.0.0.1", .port = 1, .timeout_ms = 1000};
    struct xs_redis *redis = xs_redis_new(&config);

    (void)state;
    assert_non_null(redis);
    assert_int_equal(xs_redis_open(redis), XS_ERROR_UNAVAILABLE);
    assert_string_equal(xs_redis_error(redis),
                        "connecting to Redis at 127.0.0.1:1: Connection refused");
    xs_redis_free(redis);
}

static void redis_append__is_unavailable__without_a_connection(void **state)
{
    struct xs_redis *redis = redis_new("/nonexistent/redis.sock", TIMEOUT_MS);

    (void)state;
    assert_int_equal(xs_redis_append(redis, 1, (const char *[]){"PING"}, (const size_t[]){4}),
                     XS_ERROR_UNAVAILABLE);
    xs_redis_free(redis);
    xs_redis_free(NULL);
}

/* Waits until a message has come; NULL on failure. */
static redisReply *receive(struct xs_redis *redis, enum xs_error *ret_error)
{
    struct pollfd ready = {.fd = xs_redis_fd(redis), .events = POLLIN};
    redisReply *reply = NULL;

    while ((*ret_error = xs_redis_receive(redis, &reply)) == XS_OK && reply == NULL) {
        if (poll(&ready, 1, TIMEOUT_MS + SLACK_MS) <= 0)
            break;
    }
    return reply;
}

static void redis_receive__takes__one_message_after_the_other(void **state)
{
    static const struct peer_step steps[] = {{PING, "+PONG\r\n:1\r\n*1\r\n$1\r\na\r\n"},
                                             {NULL, NULL}};
    struct peer peer;
    struct xs_redis *redis;
    redisReply *reply = NULL;
    enum xs_error error;

    (void)state;
    peer_start(&peer, steps, PEER_CLOSE);
    redis = redis_new(peer.path, TIMEOUT_MS);
    assert_int_equal(xs_redis_fd(redis), -1);
    assert_int_equal(xs_redis_receive(redis, &reply), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_redis_send(redis), XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_redis_open(redis), XS_OK);
    assert_int_equal(xs_redis_receive(redis, &reply), XS_OK);
    assert_null(reply);
    assert_int_equal(xs_redis_append(redis, 1, (const char *[]){"PING"}, (const size_t[]){4}),
                     XS_OK);
    assert_int_equal(xs_redis_send(redis), XS_OK);
    for (size_t i = 0; i < 3; i++) {
        static const int types[] = {REDIS_REPLY_STATUS, REDIS_REPLY_INTEGER, REDIS_REPLY_ARRAY};

        reply = receive(redis, &error);
        assert_non_null(reply);
        assert_int_equal(reply->type, types[i]);
        freeReplyObject(reply);
    }
    assert_null(receive(redis, &error));
    assert_int_equal(error, XS_ERROR_UNAVAILABLE);
    assert_int_equal(xs_redis_fd(redis), -1);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

static void redis_receive__gives_up__on_what_is_no_message(void **state)
{
    static const struct peer_step steps[] = {{PING, "what?\r\n"}, {NULL, NULL}};
    struct peer peer;
    struct xs_redis *redis;
    enum xs_error error;

    (void)state;
    peer_start(&peer, steps, PEER_HOLD);
    redis = redis_new(peer.path, TIMEOUT_MS);
    assert_int_equal(xs_redis_open(redis), XS_OK);
    assert_int_equal(xs_redis_append(redis, 1, (const char *[]){"PING"}, (const size_t[]){4}),
                     XS_OK);
    assert_int_equal(xs_redis_send(redis), XS_OK);
    assert_null(receive(redis, &error));
    assert_int_equal(error, XS_ERROR_PROTOCOL);
    assert_int_equal(xs_redis_fd(redis), -1);
    xs_redis_free(redis);
    peer_stop(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redis_exchange__times_out__with_a_silent_peer),
        cmocka_unit_test(redis_exchange__times_out_as_a_whole__with_a_trickling_peer),
        cmocka_unit_test(redis_exchange__times_out__with_half_the_replies),
        cmocka_unit_test(redis_exchange__is_unavailable__if_the_peer_closes),
        cmocka_unit_test(redis_exchange__refuses__garbage),
        cmocka_unit_test(redis_exchange__refuses__more_replies_than_commands),
        cmocka_unit_test(redis_exchange__refuses__endless_replies),
        cmocka_unit_test(redis_exchange__refuses__an_array_that_announces_too_much),
        cmocka_unit_test(redis_exchange__hands_over__replies_and_errors),
        cmocka_unit_test(redis_open__connects_anew__if_the_peer_has_closed),
        cmocka_unit_test(redis_open__sets__close_on_exec),
        cmocka_unit_test(redis_open__is_unavailable__if_there_is_no_socket),
        cmocka_unit_test(redis_open__doubles_the_pause__until_an_exchange_succeeds),
        cmocka_unit_test(redis_open__authenticates),
        cmocka_unit_test(redis_open__tells_no_secret__if_authentication_fails),
        cmocka_unit_test(redis_open__says_why__if_there_is_no_password),
        cmocka_unit_test(redis_open__is_unavailable__if_nobody_listens_on_the_port),
        cmocka_unit_test(redis_append__is_unavailable__without_a_connection),
        cmocka_unit_test(redis_receive__takes__one_message_after_the_other),
        cmocka_unit_test(redis_receive__gives_up__on_what_is_no_message),
    };

    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
