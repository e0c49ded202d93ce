#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "reader.h"
#include "redis_peer.h"
#include "replica.h"

#define INFO   "*3\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n$6\r\nserver\r\n"
#define MASTER "$23\r\nrole:master\r\nrun_id:1\r\n\r\n"

/* The lookup of a@x, and that nothing is known. */
#define LOOKUP                                                                                     \
    "*4\r\n$5\r\nHMGET\r\n$16\r\nxmpp:publish:{x}\r\n$1\r\nx\r\n$3\r\na@x\r\n"                     \
    "*2\r\n$3\r\nGET\r\n$12\r\nxmpp:bot:{x}\r\n"                                                   \
    "*7\r\n$5\r\nHMGET\r\n$19\r\nxmpp:presence:{x}:a\r\n"                                          \
    "$4\r\ntype\r\n$4\r\nshow\r\n$4\r\nlast\r\n$6\r\nstatus\r\n$4\r\nlang\r\n"
#define NOTHING "*2\r\n$-1\r\n$-1\r\n$-1\r\n*5\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n"

#define TIMEOUT_MS 300

static struct xs_metrics metrics;

/* Whose connection breaks when it is looked at next, and what it has to say on the next one. */
static struct peer *breaking_peer;
static const struct peer_step *steps_after;

ssize_t __real_recv(int fd, void *bytes, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags);

ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags)
{
    if ((flags & MSG_PEEK) == 0 || breaking_peer == NULL)
        return __real_recv(fd, bytes, size, flags);
    breaking_peer->steps = steps_after;
    breaking_peer = NULL;
    return 0;
}

static struct xs_reader *new_reader(const struct peer *peer, int cache_entries)
{
    static struct xs_config config;
    struct xs_reader *reader;

    config = (struct xs_config){.cache_entries = cache_entries, .replica_cutoff_s = 5};
    config.redis[XS_PROGRAM_FCGI] =
        (struct xs_redis_config){.path = peer->path, .timeout_ms = TIMEOUT_MS};
    reader = xs_reader_new(&config, &metrics);
    assert_non_null(reader);
    return reader;
}

/* Or a start that fails slowly would be due again as soon as it has failed, and hold up each turn.
 */
static void reader_refresh__waits__from_the_end_of_a_start_that_failed(void **state)
{
    static const struct peer_step steps[] = {{NULL, NULL}};
    int64_t now_ms = xs_clock_monotonic_ms();
    struct xs_key_owner owner;
    struct xs_reader *reader;
    struct peer peer;

    (void)state;
    peer_start(&peer, steps, PEER_HOLD); /* silent */
    reader = new_reader(&peer, 10);
    assert_int_equal(xs_reader_refresh(reader, now_ms, &owner), XS_NEWS_ALL); /* not current */
    assert_false(xs_reader_is_hearing(reader));
    assert_true(xs_reader_deadline_ms(reader) >= now_ms + TIMEOUT_MS + XS_READER_RETRY_MS);
    xs_reader_free(reader);
    peer_stop(&peer);
}

/* Waits until a refresh is due, and does one. */
static enum xs_news refresh_when_due(struct xs_reader *reader)
{
    int64_t due_ms = xs_reader_deadline_ms(reader);
    int64_t now_ms = xs_clock_monotonic_ms();
    struct xs_key_owner owner;

    assert_true(due_ms <= now_ms + XS_REPLICA_BEAT_MS);
    if (due_ms > now_ms)
        (void)poll(NULL, 0, (int)(due_ms - now_ms));
    return xs_reader_refresh(reader, due_ms, &owner);
}

/* Or a replica that was cut off while nobody asked would be believed as soon as somebody does. */
static void reader_refresh__checks__without_memory_and_without_a_question(void **state)
{
    static const struct peer_step steps[] = {
        {INFO, "-NOPERM no\r\n"}, {INFO, MASTER}, {NULL, NULL}};
    struct xs_key_owner owner;
    struct xs_reader *reader;
    struct peer peer;

    (void)state;
    peer_start(&peer, steps, PEER_HOLD);
    reader = new_reader(&peer, 0);
    assert_int_equal(refresh_when_due(reader), XS_NEWS_ALL);
    assert_string_equal(xs_reader_error(reader), "asking Redis whether it is current: NOPERM no");
    assert_int_equal(xs_reader_refresh(reader, xs_clock_monotonic_ms(), &owner), XS_NEWS_NONE);
    assert_int_equal(refresh_when_due(reader), XS_NEWS_ALL); /* it may be believed again */
    assert_string_equal(xs_reader_error(reader), "");
    xs_reader_free(reader);
    peer_stop(&peer);
    assert_false(peer.mismatch);
}

static void reader_look_up__says_why__if_the_connection_is_a_new_one(void **state)
{
    static const struct peer_step first[] = {{INFO, MASTER}, {NULL, NULL}};
    static const struct peer_step second[] = {{LOOKUP, NOTHING}, {NULL, NULL}};
    struct xs_lookup lookup = {.error = XS_ERROR_COUNT};
    struct xs_lookup *lookups[] = {&lookup};
    struct xs_reader *reader;
    struct peer peer;

    (void)state;
    assert_int_equal(xs_jid_parse("a@x", 3, &lookup.jid), XS_OK);
    peer_start(&peer, first, PEER_HOLD);
    breaking_peer = &peer;
    steps_after = second;
    reader = new_reader(&peer, 0);
    assert_int_equal(xs_reader_look_up(reader, lookups, 1), XS_ERROR_UNAVAILABLE);
    assert_int_equal(lookup.error, XS_ERROR_UNAVAILABLE);
    assert_string_equal(xs_reader_error(reader),
                        "asking Redis: it was connected to anew, and may not be current");
    xs_reader_free(reader);
    peer_stop(&peer);
    assert_false(peer.mismatch);
    assert_int_equal(peer.accepted, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_refresh__waits__from_the_end_of_a_start_that_failed),
        cmocka_unit_test(reader_refresh__checks__without_memory_and_without_a_question),
        cmocka_unit_test(reader_look_up__says_why__if_the_connection_is_a_new_one),
    };

    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
