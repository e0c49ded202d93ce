#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fastcgi.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "fcgi_bytes.h"

/* What "at once" means here, in milliseconds: far below any of libfcgi's waits. */
#define AT_ONCE_MS 100

static struct fcgi_bytes sent;
static unsigned char buffer[XS_REQUEST_MAX];

/* A connection as the loop makes it, and its other end. */
struct pair {
    struct xs_connection connection;
    int peer_fd;
};

static struct pair pair;

static int64_t clock_ms(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int open_pair(void **state)
{
    int fds[2];

    (void)state;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
        return -1;
    xs_connection_open(&pair.connection, fds[0]);
    pair.peer_fd = fds[1];
    sent.len = 0;
    return 0;
}

static int close_pair(void **state)
{
    (void)state;
    xs_connection_close(&pair.connection);
    if (pair.peer_fd >= 0)
        (void)close(pair.peer_fd);
    return 0;
}

static void send_all(void)
{
    assert_int_equal(send(pair.peer_fd, sent.bytes, sent.len, 0), (ssize_t)sent.len);
    sent.len = 0;
}

/* What the peer has got so far; 0 is the end of the connection, -1 that nothing waits. */
static ssize_t receive(unsigned char bytes[65536])
{
    return recv(pair.peer_fd, bytes, 65536, 0);
}

static struct xs_response small_response(void)
{
    struct xs_response response = {.status = 200, .body = "<presence/>\n", .body_len = 12};

    strcpy(response.head, "Status: 200 OK\r\n\r\n");
    response.head_len = strlen(response.head);
    return response;
}

/* Takes the request that waits and answers it, as the loop does. */
static struct xs_request_params serve(bool has_ended)
{
    struct xs_request_params params;
    const struct xs_response response = small_response();

    assert_int_equal(xs_connection_peek(&pair.connection, has_ended, buffer), XS_WAITING_WHOLE);
    assert_int_equal(xs_connection_read(&pair.connection, &params), XS_OK);
    xs_connection_answer(&pair.connection, &response);
    return params;
}

static void connection__answers_and_stays_open__when_asked_to(void **state)
{
    static const char expected[] = "\1\6\0\1\0\36\2\0Status: 200 OK\r\n\r\n<presence/>\n\0\0"
                                   "\1\6\0\1\0\0\0\0"
                                   "\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0\0";
    unsigned char bytes[65536];

    (void)state;
    for (int round = 0; round < 3; round++) {
        fcgi_add_request(&sent, "GET", "/a@example.org", "q");
        send_all();
        (void)serve(false);
        assert_true(xs_connection_is_open(&pair.connection));
        assert_int_equal(receive(bytes), (ssize_t)sizeof(expected) - 1);
        assert_memory_equal(bytes, expected, sizeof(expected) - 1);
        assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_NOTHING);
    }
}

static void connection_read__gives_the_parameters__and_null_for_absent_ones(void **state)
{
    struct xs_request_params params;

    (void)state;
    fcgi_add_request(&sent, "HEAD", "/a@example.org", NULL);
    send_all();
    assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_WHOLE);
    assert_int_equal(xs_connection_read(&pair.connection, &params), XS_OK);
    assert_string_equal(params.method, "HEAD");
    assert_string_equal(params.path, "/a@example.org");
    assert_null(params.query);
}

/* Requests larger than libfcgi's buffer of 8 KiB, so that several reads are needed. */
static void connection__stands_at_the_next_request__after_one_of_any_size(void **state)
{
    static char query[20000];
    unsigned char bytes[65536];
    struct xs_request_params params;

    (void)state;
    for (size_t len = 8000; len < 8400; len += 7) {
        memset(query, 'q', len);
        query[len] = '\0';
        fcgi_add_request(&sent, "GET", "/a@example.org", query);
        send_all();
        (void)serve(false);
        assert_true(xs_connection_is_open(&pair.connection));
        assert_true(receive(bytes) > 0);
        assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_NOTHING);
    }
    fcgi_add_request(&sent, "GET", "/b@example.org", "");
    send_all();
    assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_WHOLE);
    assert_int_equal(xs_connection_read(&pair.connection, &params), XS_OK);
    assert_string_equal(params.path, "/b@example.org");
}

static void connection__reads_a_body_away__of_the_largest_size(void **state)
{
    static const char body[XS_REQUEST_BODY_MAX];
    unsigned char bytes[65536];

    (void)state;
    fcgi_add_begin(&sent, FCGI_RESPONDER, FCGI_KEEP_CONN);
    fcgi_add_record(&sent, FCGI_PARAMS, NULL, 0);
    fcgi_add_record(&sent, FCGI_STDIN, body, sizeof(body));
    fcgi_add_record(&sent, FCGI_STDIN, NULL, 0);
    send_all();
    (void)serve(false);
    assert_true(xs_connection_is_open(&pair.connection));
    assert_true(receive(bytes) > 0);
    assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_NOTHING);
}

static void connection__closes_after_the_answer__when_not_asked_to_keep(void **state)
{
    int64_t start_ms = clock_ms();
    unsigned char bytes[65536];

    (void)state;
    fcgi_add_begin(&sent, FCGI_RESPONDER, 0);
    fcgi_add_record(&sent, FCGI_PARAMS, NULL, 0);
    fcgi_add_record(&sent, FCGI_STDIN, NULL, 0);
    send_all();
    (void)serve(false);
    assert_false(xs_connection_is_open(&pair.connection));
    assert_true(receive(bytes) > 0);
    assert_int_equal(receive(bytes), 0);
    assert_true(clock_ms() - start_ms < AT_ONCE_MS);
}

static void connection__closes_after_the_answer__when_more_than_a_request_was_sent(void **state)
{
    unsigned char bytes[65536];

    (void)state;
    fcgi_add_request(&sent, "GET", "/a@example.org", "");
    fcgi_add_request(&sent, "GET", "/b@example.org", "");
    send_all();
    (void)serve(false);
    assert_false(xs_connection_is_open(&pair.connection));
    assert_true(receive(bytes) > 0);
}

static void connection__closes_after_the_answer__when_the_peer_sends_no_more(void **state)
{
    unsigned char bytes[65536];

    (void)state;
    fcgi_add_request(&sent, "GET", "/a@example.org", "");
    send_all();
    assert_int_equal(shutdown(pair.peer_fd, SHUT_WR), 0);
    (void)serve(true);
    assert_false(xs_connection_is_open(&pair.connection));
    assert_true(receive(bytes) > 0);
    assert_int_equal(receive(bytes), 0);
}

static void connection_peek__takes_nothing_away__from_a_part(void **state)
{
    size_t request_len;

    (void)state;
    fcgi_add_request(&sent, "GET", "/a@example.org", "");
    request_len = sent.len;
    for (size_t i = 0; i < request_len; i++) {
        if (i > 0)
            assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_PART);
        assert_int_equal(send(pair.peer_fd, sent.bytes + i, 1, 0), 1);
    }
    (void)serve(false);
}

static void connection_peek__refuses__what_can_never_be_served(void **state)
{
    (void)state;
    fcgi_add(&sent, "GET / HTTP/1.1\r\n", 16);
    send_all();
    assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_REFUSED);
}

static void connection_peek__refuses__a_part_whose_rest_will_not_come(void **state)
{
    (void)state;
    fcgi_add_begin(&sent, FCGI_RESPONDER, 0);
    send_all();
    assert_int_equal(xs_connection_peek(&pair.connection, true, buffer), XS_WAITING_REFUSED);
}

static void connection_peek__refuses__at_the_end(void **state)
{
    (void)state;
    (void)close(pair.peer_fd);
    pair.peer_fd = -1;
    assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_REFUSED);
}

/* libfcgi 2.4.2 must take a full socket for an error, neither wait nor spin. */
static void connection_answer__closes_at_once__when_the_peer_does_not_read(void **state)
{
    const struct xs_response response = small_response();
    int64_t start_ms = clock_ms();
    struct xs_request_params params;
    int rounds = 0;

    (void)state;
    while (xs_connection_is_open(&pair.connection) && rounds++ < 100000) {
        fcgi_add_request(&sent, "GET", "/a@example.org", "");
        send_all();
        assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_WHOLE);
        assert_int_equal(xs_connection_read(&pair.connection, &params), XS_OK);
        start_ms = clock_ms();
        xs_connection_answer(&pair.connection, &response);
    }
    assert_false(xs_connection_is_open(&pair.connection));
    assert_true(clock_ms() - start_ms < AT_ONCE_MS);
}

static void connection_answer__sends_the_longest_answers_whole__to_a_peer_that_reads(void **state)
{
    static char body[60000];
    static unsigned char bytes[65536];
    struct xs_response response = small_response();
    struct xs_request_params params;

    (void)state;
    memset(body, 'b', sizeof(body));
    response.body = body;
    response.body_len = sizeof(body);
    fcgi_add_request(&sent, "GET", "/a@example.org", "");
    send_all();
    assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_WHOLE);
    assert_int_equal(xs_connection_read(&pair.connection, &params), XS_OK);
    xs_connection_answer(&pair.connection, &response);
    assert_true(xs_connection_is_open(&pair.connection));
    assert_true(receive(bytes) > (ssize_t)sizeof(body));
}

static void connection_answer__closes__when_the_peer_is_gone(void **state)
{
    const struct xs_response response = small_response();
    struct xs_request_params params;

    (void)state;
    fcgi_add_request(&sent, "GET", "/a@example.org", "");
    send_all();
    assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_WHOLE);
    assert_int_equal(xs_connection_read(&pair.connection, &params), XS_OK);
    (void)close(pair.peer_fd);
    pair.peer_fd = -1;
    xs_connection_answer(&pair.connection, &response);
    assert_false(xs_connection_is_open(&pair.connection));
}

static void connection_close__drops_the_request__that_was_read(void **state)
{
    int64_t start_ms = clock_ms();
    struct xs_request_params params;
    unsigned char bytes[65536];

    (void)state;
    fcgi_add_request(&sent, "GET", "/a@example.org", "");
    send_all();
    assert_int_equal(xs_connection_peek(&pair.connection, false, buffer), XS_WAITING_WHOLE);
    assert_int_equal(xs_connection_read(&pair.connection, &params), XS_OK);
    xs_connection_close(&pair.connection);
    assert_false(xs_connection_is_open(&pair.connection));
    assert_int_equal(receive(bytes), 0);
    assert_true(clock_ms() - start_ms < AT_ONCE_MS);
}

/* Without the peek first: what would happen if a part got through. */
static void connection_read__fails_at_once__when_the_rest_is_missing(void **state)
{
    int64_t start_ms = clock_ms();
    struct xs_request_params params;

    (void)state;
    fcgi_add_begin(&sent, FCGI_RESPONDER, FCGI_KEEP_CONN);
    fcgi_add_header(&sent, FCGI_PARAMS, 100, 0);
    send_all();
    assert_int_equal(xs_connection_read(&pair.connection, &params), XS_ERROR_PROTOCOL);
    assert_true(clock_ms() - start_ms < AT_ONCE_MS);
}

static int prepare(void **state)
{
    (void)state;
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return -1;
    return xs_connection_init_library() == XS_OK ? 0 : -1;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_pair, close_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(connection__answers_and_stays_open__when_asked_to),
        TEST(connection_read__gives_the_parameters__and_null_for_absent_ones),
        TEST(connection__stands_at_the_next_request__after_one_of_any_size),
        TEST(connection__reads_a_body_away__of_the_largest_size),
        TEST(connection__closes_after_the_answer__when_not_asked_to_keep),
        TEST(connection__closes_after_the_answer__when_more_than_a_request_was_sent),
        TEST(connection__closes_after_the_answer__when_the_peer_sends_no_more),
        TEST(connection_peek__takes_nothing_away__from_a_part),
        TEST(connection_peek__refuses__what_can_never_be_served),
        TEST(connection_peek__refuses__a_part_whose_rest_will_not_come),
        TEST(connection_peek__refuses__at_the_end),
        TEST(connection_answer__closes_at_once__when_the_peer_does_not_read),
        TEST(connection_answer__sends_the_longest_answers_whole__to_a_peer_that_reads),
        TEST(connection_answer__closes__when_the_peer_is_gone),
        TEST(connection_close__drops_the_request__that_was_read),
        TEST(connection_read__fails_at_once__when_the_rest_is_missing),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
