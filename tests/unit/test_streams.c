#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fastcgi.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi_bytes.h"
#include "streams.h"

#define NOW        1700000000
#define NOW_MS     5000
#define PEER_COUNT 4

/* What a peer has got as the answer: what comes behind its head, up to now. */
static char got[65536];

static struct xs_streams *streams;
static struct xs_pool *pool;
static struct xs_metrics metrics;
static int peers[PEER_COUNT];
static size_t peer_count;

static int setup(void **state)
{
    (void)state;
    memset(&metrics, 0, sizeof metrics);
    peer_count = 0;
    streams = xs_streams_new(2, 3, &metrics);
    pool = xs_pool_new(2);
    return streams == NULL || pool == NULL;
}

static int teardown(void **state)
{
    (void)state;
    xs_streams_free(streams);
    xs_pool_free(pool);
    for (size_t i = 0; i < peer_count; i++)
        (void)close(peers[i]);
    return 0;
}

static struct xs_lookup found(const char *jid, enum xs_show show)
{
    struct xs_lookup lookup = {
        .error = XS_OK,
        .facts = {.domain_publish = {.setting = XS_PUBLISH_YES},
                  .lease = {.exists = true, .until_s = NOW + 30},
                  .record = XS_RECORD_SOUND,
                  .presence = {.available = true, .show = show, .last_s = XS_LAST_UNKNOWN}},
    };

    if (jid != NULL)
        assert_int_equal(xs_jid_parse(jid, strlen(jid), &lookup.jid), XS_OK);
    return lookup;
}

/* A connection of the pool whose request has been read; its peer is the next of `peers`. */
static struct xs_connection *connect_peer(void)
{
    static struct fcgi_bytes bytes;
    static unsigned char buffer[XS_REQUEST_MAX];
    struct xs_request_params params;
    struct xs_connection *connection;
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    connection = xs_pool_open(pool, fds[0]);
    assert_non_null(connection);
    peers[peer_count++] = fds[1];
    bytes.len = 0;
    fcgi_add_request(&bytes, "GET", "/a@b.example", "format=events");
    assert_int_equal(send(fds[1], bytes.bytes, bytes.len, 0), (ssize_t)bytes.len);
    assert_int_equal(xs_connection_peek(connection, false, buffer), XS_WAITING_WHOLE);
    assert_int_equal(xs_connection_read(connection, &params), XS_OK);
    return connection;
}

static enum xs_error open_on(struct xs_connection *connection, const struct xs_lookup *lookups,
                             size_t count, const char *last_event_id, bool is_any)
{
    const struct xs_request request = {
        .is_stream = true, .is_any = is_any, .jid_count = count, .last_event_id = last_event_id};
    struct xs_response head;
    enum xs_error error;

    xs_responder_begin_stream(&head);
    error = xs_streams_open(streams, connection, &request, lookups, &head, NOW, NOW_MS);
    if (error == XS_OK)
        xs_pool_set_streaming(pool, connection);
    return error;
}

static struct xs_connection *open_stream(const struct xs_lookup *lookups, size_t count,
                                         const char *last_event_id)
{
    struct xs_connection *connection = connect_peer();

    assert_int_equal(open_on(connection, lookups, count, last_event_id, false), XS_OK);
    return connection;
}

/* Takes what a peer has been sent; returns it without the framing and what every stream begins
 * with. */
static const char *receive(int fd)
{
    static unsigned char bytes[65536];
    ssize_t len = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    size_t got_len = 0;
    char *retry;

    for (ssize_t pos = 0; pos < len;) {
        size_t content_len = (size_t)bytes[pos + 4] << 8 | bytes[pos + 5];

        assert_int_equal(bytes[pos], FCGI_VERSION_1);
        assert_int_equal(bytes[pos + 3], 1);
        assert_int_equal(bytes[pos + 6], 0);
        if (bytes[pos + 1] == FCGI_STDOUT) {
            memcpy(got + got_len, bytes + pos + FCGI_HEADER_LEN, content_len);
            got_len += content_len;
        }
        pos += FCGI_HEADER_LEN + (ssize_t)content_len;
    }
    got[got_len] = '\0';
    retry = strstr(got, "retry: ");
    return retry != NULL ? strstr(retry, "\n\n") + 2 : got;
}

static void note(enum xs_key_kind kind, const char *name)
{
    struct xs_key_owner owner = {.kind = kind, .name_len = strlen(name)};

    strcpy(owner.name, name);
    xs_watches_note(xs_streams_watches(streams), &owner);
}

/* Takes the next one to be looked up, which must be this. */
static struct xs_watch *take(const struct xs_lookup *lookup)
{
    struct xs_jid jid;
    struct xs_watch *watch = xs_watches_next(xs_streams_watches(streams), &jid);

    assert_non_null(watch);
    assert_string_equal(jid.bare, lookup->jid.bare);
    return watch;
}

/* One has changed, and is looked up. */
static void update(const struct xs_lookup *lookup)
{
    note(XS_KEY_PRESENCE, lookup->jid.bare);
    xs_streams_update(streams, take(lookup), lookup, NOW, NOW_MS);
}

static void streams_open__sends__the_head_and_each_answer(void **state)
{
    const struct xs_lookup lookups[] = {found("a@b.example", XS_SHOW_AWAY), found(NULL, 0),
                                        found("a@b.example", XS_SHOW_AWAY)};
    struct xs_connection *connection = open_stream(lookups, 3, NULL);

    (void)state;
    assert_non_null(connection->stream);
    assert_string_equal(receive(peers[0]),
                        "id: 9vI8R4......\ndata: {\"jid\":\"a@b.example\",\"state\":\"away\"}\n\n"
                        "id: 9vI8R4mV3WB3\ndata: {\"error\":\"jid-malformed\"}\n\n");
    assert_memory_equal(got, "Status: 200 OK\r\nContent-Type: text/event-stream\r\n", 49);
    assert_non_null(strstr(got, "\r\n\r\nretry: "));
    assert_int_equal(metrics.values[XS_METRIC_STREAMS], 1);
    assert_int_equal(metrics.values[XS_METRIC_WATCHES], 1);
    assert_int_equal(metrics.values[XS_METRIC_EVENTS], 2);
}

static void streams_open__sends__what_the_client_has_not_had(void **state)
{
    const struct xs_lookup lookups[] = {found("a@b.example", XS_SHOW_AWAY), found(NULL, 0)};

    (void)state;
    (void)open_stream(lookups, 2, "9vI8R4......");
    assert_string_equal(receive(peers[0]),
                        "id: 9vI8R4mV3WB3\ndata: {\"error\":\"jid-malformed\"}\n\n");
    (void)open_stream(lookups, 2, "9vI8R4mV3WB3");
    assert_string_equal(receive(peers[1]), "");
}

static void streams_open__refuses__too_many(void **state)
{
    struct xs_lookup lookups[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        lookups[i] = found("a@b.example", XS_SHOW_NONE);
    assert_int_equal(open_on(connect_peer(), lookups, 4, NULL, false), XS_ERROR_TOO_LONG);
    (void)open_stream(lookups, 1, NULL);
    (void)open_stream(lookups, 1, NULL);
    assert_int_equal(open_on(connect_peer(), lookups, 1, NULL, false), XS_ERROR_UNAVAILABLE);
    assert_int_equal(metrics.values[XS_METRIC_STREAMS_REFUSED], 1);
    assert_int_equal(metrics.values[XS_METRIC_STREAMS], 2);
}

static void streams_update__sends__a_change_once(void **state)
{
    struct xs_lookup lookup = found("a@b.example", XS_SHOW_AWAY);

    (void)state;
    (void)open_stream(&lookup, 1, NULL);
    (void)open_stream(&lookup, 1, NULL);
    (void)receive(peers[0]);
    (void)receive(peers[1]);
    update(&lookup);
    lookup.facts.presence.last_s = NOW - 5;
    lookup.facts.domain_publish.nolast = true;
    update(&lookup);
    assert_string_equal(receive(peers[0]), "");
    lookup.facts.presence.show = XS_SHOW_XA;
    update(&lookup);
    update(&lookup);
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(receive(peers[i]),
                            "id: 1jMbeU\ndata: {\"jid\":\"a@b.example\",\"state\":\"xa\"}\n\n");
    lookup.error = XS_ERROR_TIMEOUT;
    update(&lookup);
    assert_non_null(strstr(receive(peers[1]), "remote-server-timeout"));
}

static void streams_update__sends_the_best__of_any(void **state)
{
    struct xs_lookup lookups[] = {found("a@b.example", XS_SHOW_AWAY),
                                  found("b@b.example", XS_SHOW_DND)};

    (void)state;
    assert_int_equal(open_on(connect_peer(), lookups, 2, NULL, true), XS_OK);
    assert_string_equal(receive(peers[0]),
                        "id: 9vI8R4\ndata: {\"jid\":\"a@b.example\",\"state\":\"away\"}\n\n");
    lookups[1].facts.presence.show = XS_SHOW_XA;
    update(&lookups[1]);
    assert_string_equal(receive(peers[0]), "");
    lookups[0].facts.user_publish.setting = XS_PUBLISH_NO;
    update(&lookups[0]);
    assert_non_null(strstr(receive(peers[0]), "{\"jid\":\"b@b.example\",\"state\":\"xa\"}"));
    lookups[0].facts.presence.show = XS_SHOW_CHAT;
    update(&lookups[0]);
    assert_string_equal(receive(peers[0]), "");
}

/* A stream of any of two, who have just changed. */
static void open_any_of_changed(struct xs_lookup lookups[2])
{
    lookups[0] = found("a@b.example", XS_SHOW_AWAY);
    lookups[1] = found("b@c.example", XS_SHOW_DND);
    assert_int_equal(open_on(connect_peer(), lookups, 2, NULL, true), XS_OK);
    assert_non_null(strstr(receive(peers[0]), "{\"jid\":\"a@b.example\",\"state\":\"away\"}"));
    note(XS_KEY_PRESENCE, "a@b.example");
    note(XS_KEY_PRESENCE, "b@c.example");
}

/* What was known of the second is no better known than what was of the first. */
static void streams_update__waits__for_all_of_any_that_are_pending(void **state)
{
    struct xs_lookup lookups[2];
    struct xs_watch *first, *second;

    (void)state;
    open_any_of_changed(lookups);
    first = take(&lookups[0]);
    second = take(&lookups[1]);
    lookups[0].facts.presence.show = XS_SHOW_XA;
    xs_streams_update(streams, first, &lookups[0], NOW, NOW_MS);
    assert_string_equal(receive(peers[0]), "");
    lookups[1].facts.presence.show = XS_SHOW_CHAT;
    xs_streams_update(streams, second, &lookups[1], NOW, NOW_MS);
    assert_non_null(strstr(receive(peers[0]), "{\"jid\":\"b@c.example\",\"state\":\"chat\"}"));
}

/* They are withdrawn at once, but there was no room to look up the second. */
static void streams_update__waits__for_the_best_of_any_if_it_is_dirty(void **state)
{
    struct xs_lookup lookups[2];

    (void)state;
    open_any_of_changed(lookups);
    lookups[0].facts.user_publish.setting = XS_PUBLISH_NO;
    lookups[1].facts.user_publish.setting = XS_PUBLISH_NO;
    xs_streams_update(streams, take(&lookups[0]), &lookups[0], NOW, NOW_MS);
    assert_string_equal(receive(peers[0]), "");
    xs_streams_update(streams, take(&lookups[1]), &lookups[1], NOW, NOW_MS);
    assert_non_null(
        strstr(receive(peers[0]), "{\"jid\":\"a@b.example\",\"error\":\"item-not-found\"}"));
}

/* Or a stream would be silent for as long as others of it change and change. */
static void streams_update__does_not_wait__for_others_that_are_dirty(void **state)
{
    struct xs_lookup lookups[2];

    (void)state;
    open_any_of_changed(lookups);
    lookups[0].facts.presence.show = XS_SHOW_XA;
    xs_streams_update(streams, take(&lookups[0]), &lookups[0], NOW, NOW_MS);
    assert_non_null(strstr(receive(peers[0]), "{\"jid\":\"a@b.example\",\"state\":\"xa\"}"));
}

/* What a new one is for has just been looked up, whatever others wait for. */
static void streams_open__begins__any_of_those_that_are_pending_or_dirty(void **state)
{
    struct xs_lookup lookups[2];
    struct xs_watch *first;

    (void)state;
    open_any_of_changed(lookups);
    first = take(&lookups[0]);
    lookups[0].facts.presence.show = XS_SHOW_XA;
    assert_int_equal(open_on(connect_peer(), lookups, 2, NULL, true), XS_OK);
    assert_non_null(strstr(receive(peers[1]), "{\"jid\":\"a@b.example\",\"state\":\"xa\"}"));
    xs_streams_update(streams, first, &lookups[0], NOW, NOW_MS);
    assert_string_equal(receive(peers[1]), "");
}

static void streams_update__drops__who_takes_nothing_or_is_gone(void **state)
{
    static char status[4001];
    struct xs_lookup lookup = found("a@b.example", XS_SHOW_NONE);
    struct xs_connection *slow = open_stream(&lookup, 1, NULL);
    struct xs_connection *gone = open_stream(&lookup, 1, NULL);

    (void)state;
    (void)close(peers[1]);
    peer_count = 1;
    memset(status, 'x', sizeof status - 1);
    lookup.facts.domain_publish.status = true;
    lookup.facts.presence.status = status;
    for (int i = 0; i < 200 && metrics.values[XS_METRIC_STREAMS] > 0; i++) {
        status[0] = (char)('0' + i % 10);
        update(&lookup);
        xs_streams_reap(streams, pool);
        assert_false(xs_connection_is_open(gone));
    }
    assert_int_equal(metrics.values[XS_METRIC_STREAMS], 0);
    assert_false(xs_connection_is_open(slow));
    assert_int_equal(xs_watches_count(xs_streams_watches(streams)), 0);
    assert_int_equal(metrics.values[XS_METRIC_STREAMS_DROPPED], 2);
}

static void streams_tick__sends_a_comment__to_who_was_silent(void **state)
{
    struct xs_lookup lookup = found("a@b.example", XS_SHOW_NONE);

    (void)state;
    assert_true(xs_streams_deadline_ms(streams) == INT64_MAX);
    (void)open_stream(&lookup, 1, NULL);
    (void)receive(peers[0]);
    assert_true(xs_streams_deadline_ms(streams) == NOW_MS + XS_STREAMS_TICK_MS);
    xs_streams_tick(streams, false, NOW, NOW_MS + XS_STREAMS_COMMENT_MS - 1);
    assert_string_equal(receive(peers[0]), "");
    xs_streams_tick(streams, false, NOW, NOW_MS + XS_STREAMS_COMMENT_MS);
    assert_string_equal(receive(peers[0]), ""); /* not a tick later */
    xs_streams_tick(streams, false, NOW, NOW_MS + XS_STREAMS_COMMENT_MS + XS_STREAMS_TICK_MS);
    assert_string_equal(receive(peers[0]), ":\n\n");
    xs_streams_tick(streams, false, NOW, NOW_MS + 2 * XS_STREAMS_COMMENT_MS);
    assert_string_equal(receive(peers[0]), "");
}

static void streams_tick__looks_everybody_up__when_blind(void **state)
{
    struct xs_lookup lookup = found("a@b.example", XS_SHOW_NONE);
    struct xs_watches *watches = xs_streams_watches(streams);
    struct xs_jid jid;

    (void)state;
    (void)open_stream(&lookup, 1, NULL);
    (void)xs_watches_next(watches, &jid);
    xs_streams_tick(streams, false, NOW, NOW_MS + 1000);
    assert_false(xs_watches_has_next(watches));
    xs_streams_tick(streams, true, NOW, NOW_MS + 2000);
    assert_true(xs_watches_has_next(watches));
}

static void streams_stop__ends_all__with_a_word(void **state)
{
    struct xs_lookup lookup = found("a@b.example", XS_SHOW_NONE);
    struct xs_connection *connection = open_stream(&lookup, 1, NULL);
    unsigned char bytes[256];
    ssize_t len;

    (void)state;
    (void)receive(peers[0]);
    xs_streams_stop(streams, pool);
    assert_false(xs_connection_is_open(connection));
    len = recv(peers[0], bytes, sizeof bytes, 0);
    assert_true(len > 40);
    assert_memory_equal(bytes + FCGI_HEADER_LEN, "retry: ", 7);
    assert_memory_equal(bytes + len - 24, "\1\6\0\1\0\0\0\0\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0\0", 24);
    assert_int_equal(recv(peers[0], bytes, sizeof bytes, 0), 0);
    assert_int_equal(open_on(connect_peer(), &lookup, 1, NULL, false), XS_ERROR_UNAVAILABLE);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(streams_open__sends__the_head_and_each_answer),
        TEST(streams_open__sends__what_the_client_has_not_had),
        TEST(streams_open__refuses__too_many),
        TEST(streams_update__sends__a_change_once),
        TEST(streams_update__sends_the_best__of_any),
        TEST(streams_update__waits__for_all_of_any_that_are_pending),
        TEST(streams_update__waits__for_the_best_of_any_if_it_is_dirty),
        TEST(streams_update__does_not_wait__for_others_that_are_dirty),
        TEST(streams_open__begins__any_of_those_that_are_pending_or_dirty),
        TEST(streams_update__drops__who_takes_nothing_or_is_gone),
        TEST(streams_tick__sends_a_comment__to_who_was_silent),
        TEST(streams_tick__looks_everybody_up__when_blind),
        TEST(streams_stop__ends_all__with_a_word),
    };

    if (xs_connection_init_library() != XS_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
