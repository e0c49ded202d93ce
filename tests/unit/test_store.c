#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis_peer.h"
#include "store.h"

/* What a lookup of one letter at one letter must send. */
#define FLAGS(u, d)                                                                                \
    "*4\r\n$5\r\nHMGET\r\n$16\r\nxmpp:publish:{" d "}\r\n$1\r\n" d "\r\n$3\r\n" u "@" d "\r\n"
#define LEASE(d) "*2\r\n$3\r\nGET\r\n$12\r\nxmpp:bot:{" d "}\r\n"
#define RECORD(u, d)                                                                               \
    "*7\r\n$5\r\nHMGET\r\n$19\r\nxmpp:presence:{" d "}:" u                                         \
    "\r\n$4\r\ntype\r\n$4\r\nshow\r\n$4\r\nlast\r\n$6\r\nstatus\r\n$4\r\nlang\r\n"
#define LOOKUP(u, d) FLAGS(u, d) LEASE(d) RECORD(u, d)

#define OPEN      "*2\r\n$10\r\nyes status\r\n$-1\r\n"
#define LEASED    "$12\r\n1700000030 b\r\n"
#define AVAILABLE "*5\r\n$9\r\navailable\r\n$4\r\naway\r\n$-1\r\n$5\r\nhello\r\n$2\r\nen\r\n"
#define NOTHING   "*5\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n"

static struct xs_store *store_new(const struct peer *peer, int timeout_ms)
{
    const struct xs_redis_config config = {.path = peer->path, .timeout_ms = timeout_ms};
    struct xs_store *store = xs_store_new(&config);

    assert_non_null(store);
    return store;
}

static void lookup_set(struct xs_lookup *lookup, const char *jid)
{
    memset(lookup, 0x55, sizeof *lookup);
    assert_int_equal(xs_jid_parse(jid, strlen(jid), &lookup->jid), XS_OK);
}

static void store_lookup__does_nothing__for_no_jid(void **state)
{
    const struct xs_redis_config config = {.path = "/nonexistent/redis.sock", .timeout_ms = 100};
    struct xs_store *store = xs_store_new(&config);

    (void)state;
    assert_non_null(store);
    assert_int_equal(xs_store_lookup(store, NULL, 0), XS_OK);
    assert_string_equal(xs_store_error(store), "");
    xs_store_free(store);
    xs_store_free(NULL);
}

static void store_lookup__asks_everything__in_one_round_trip(void **state)
{
    static const struct peer_step steps[] = {
        {LOOKUP("a", "x") LOOKUP("b", "y"), OPEN LEASED AVAILABLE OPEN "$-1\r\n" NOTHING},
        {LOOKUP("c", "x"), OPEN LEASED NOTHING},
        {NULL, NULL},
    };
    struct xs_lookup lookups[2];
    struct peer peer;
    struct xs_store *store;

    (void)state;
    peer_start(&peer, steps, PEER_HOLD);
    store = store_new(&peer, 1000);
    lookup_set(&lookups[0], "a@x");
    lookup_set(&lookups[1], "b@y");
    assert_int_equal(xs_store_lookup(store, (struct xs_lookup *[]){&lookups[0], &lookups[1]}, 2),
                     XS_OK);
    assert_int_equal(lookups[0].error, XS_OK);
    assert_true(lookups[0].facts.domain_publish.status);
    assert_true(lookups[0].facts.lease.exists);
    assert_int_equal(lookups[0].facts.record, XS_RECORD_SOUND);
    assert_string_equal(lookups[0].facts.presence.status, "hello");
    assert_int_equal(lookups[1].error, XS_OK);
    assert_false(lookups[1].facts.lease.exists);
    assert_int_equal(lookups[1].facts.record, XS_RECORD_ABSENT);
    lookup_set(&lookups[0], "c@x");
    assert_int_equal(xs_store_lookup(store, (struct xs_lookup *[]){&lookups[0]}, 1), XS_OK);
    assert_int_equal(lookups[0].facts.record, XS_RECORD_ABSENT);
    assert_string_equal(xs_store_error(store), "");
    xs_store_free(store);
    peer_stop(&peer);
    assert_false(peer.mismatch);
    assert_int_equal(peer.accepted, 1);
}

static void store_lookup__fails_single_lookups__if_redis_refuses(void **state)
{
    static const struct peer_step steps[] = {
        {LOOKUP("a", "x") LOOKUP("b", "y"),
         OPEN LEASED "-LOADING Redis is loading\r\n" OPEN LEASED AVAILABLE},
        {NULL, NULL},
    };
    struct xs_lookup lookups[2];
    struct peer peer;
    struct xs_store *store;

    (void)state;
    peer_start(&peer, steps, PEER_HOLD);
    store = store_new(&peer, 1000);
    lookup_set(&lookups[0], "a@x");
    lookup_set(&lookups[1], "b@y");
    assert_int_equal(xs_store_lookup(store, (struct xs_lookup *[]){&lookups[0], &lookups[1]}, 2),
                     XS_OK);
    assert_int_equal(lookups[0].error, XS_ERROR_UNAVAILABLE);
    assert_int_equal(lookups[1].error, XS_OK);
    assert_int_equal(lookups[1].facts.record, XS_RECORD_SOUND);
    assert_string_equal(xs_store_error(store),
                        "asking Redis: it refused: LOADING Redis is loading");
    xs_store_free(store);
    peer_stop(&peer);
}

static void store_lookup__connects_anew__after_an_answer_of_the_wrong_shape(void **state)
{
    static const struct peer_step steps[] = {{LOOKUP("a", "x"), ":1\r\n:2\r\n:3\r\n"},
                                             {NULL, NULL}};
    struct xs_lookup lookup;
    struct peer peer;
    struct xs_store *store;

    (void)state;
    peer_start(&peer, steps, PEER_HOLD);
    store = store_new(&peer, 1000);
    for (int i = 0; i < 2; i++) {
        lookup_set(&lookup, "a@x");
        assert_int_equal(xs_store_lookup(store, (struct xs_lookup *[]){&lookup}, 1), XS_OK);
        assert_int_equal(lookup.error, XS_ERROR_PROTOCOL);
        assert_string_equal(xs_store_error(store), "asking Redis: an answer of the wrong shape");
    }
    xs_store_free(store);
    peer_stop(&peer);
    assert_int_equal(peer.accepted, 2);
}

static void store_lookup__fails_all_lookups__if_redis_is_silent(void **state)
{
    static const struct peer_step steps[] = {{LOOKUP("a", "x"), OPEN LEASED}, {NULL, NULL}};
    struct xs_lookup lookups[2];
    struct peer peer;
    struct xs_store *store;

    (void)state;
    peer_start(&peer, steps, PEER_HOLD);
    store = store_new(&peer, 60);
    lookup_set(&lookups[0], "a@x");
    lookup_set(&lookups[1], "b@y");
    assert_int_equal(xs_store_lookup(store, (struct xs_lookup *[]){&lookups[0], &lookups[1]}, 2),
                     XS_ERROR_TIMEOUT);
    assert_int_equal(lookups[0].error, XS_ERROR_TIMEOUT);
    assert_int_equal(lookups[1].error, XS_ERROR_TIMEOUT);
    assert_non_null(strstr(xs_store_error(store), ": no answer in time"));
    xs_store_free(store);
    peer_stop(&peer);
}

/* A value that nobody can have meant is dropped on its way, and the others are answered. */
static void store_lookup__takes_a_huge_value__for_damage(void **state)
{
    enum { HUGE_LEN = 3 * XS_STORE_VALUE_MAX };
    static const char start[] = OPEN LEASED "*5\r\n$9\r\navailable\r\n$-1\r\n$-1\r\n";
    static const char end[] = "$-1\r\n" OPEN LEASED AVAILABLE;
    char *send = calloc(1, sizeof start + sizeof end + HUGE_LEN + 32);
    struct peer_step steps[] = {{LOOKUP("a", "x") LOOKUP("b", "x"), send}, {NULL, NULL}};
    struct xs_lookup lookups[2];
    struct peer peer;
    struct xs_store *store;
    size_t len;

    (void)state;
    assert_non_null(send);
    len = (size_t)sprintf(send, "%s$%d\r\n", start, HUGE_LEN);
    memset(send + len, 's', HUGE_LEN);
    strcpy(send + len + HUGE_LEN, "\r\n");
    strcat(send + len + HUGE_LEN, end);
    peer_start(&peer, steps, PEER_HOLD);
    store = store_new(&peer, 5000);
    lookup_set(&lookups[0], "a@x");
    lookup_set(&lookups[1], "b@x");
    assert_int_equal(xs_store_lookup(store, (struct xs_lookup *[]){&lookups[0], &lookups[1]}, 2),
                     XS_OK);
    assert_int_equal(lookups[0].error, XS_OK);
    assert_int_equal(lookups[0].facts.record, XS_RECORD_DAMAGED);
    assert_int_equal(lookups[1].error, XS_OK);
    assert_int_equal(lookups[1].facts.record, XS_RECORD_SOUND);
    xs_store_free(store);
    peer_stop(&peer);
    free(send);
}

/* Appends `count` values of the longest length; returns the end. */
static char *put_longest(char *pos, int count)
{
    for (; count > 0; count--) {
        pos += sprintf(pos, "$%d\r\n", XS_STORE_VALUE_MAX);
        memset(pos, 'v', XS_STORE_VALUE_MAX);
        pos += XS_STORE_VALUE_MAX;
        pos += sprintf(pos, "\r\n");
    }
    return pos;
}

/* Makes what Redis says of `count` users whose values are all of the longest length, and `end`. */
static char *make_longest(size_t count, const char *end)
{
    char *text = malloc(count * XS_STORE_LOOKUP_MAX + strlen(end) + 1);
    char *pos = text;

    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        pos = put_longest(pos + sprintf(pos, "*2\r\n"), 2);
        pos = put_longest(pos, 1);
        pos = put_longest(pos + sprintf(pos, "*5\r\n"), 5);
    }
    strcpy(pos, end);
    return text;
}

enum { MANY = 512 }; /* as many as the responder looks up at once */

/* Looks up one user so many times in one round trip, which Redis answers with `send`. */
static void look_up_many(const char *send, int timeout_ms,
                         void (*check)(const struct xs_lookup lookups[MANY]))
{
    static const char one[] = LOOKUP("a", "x");
    char *expect = calloc(MANY, sizeof one);
    struct xs_lookup *lookups = calloc(MANY, sizeof *lookups);
    struct xs_lookup *pointers[MANY];
    struct peer_step steps[] = {{expect, send}, {NULL, NULL}};
    struct peer peer;
    struct xs_store *store;

    assert_true(expect != NULL && lookups != NULL);
    for (size_t i = 0; i < MANY; i++) {
        memcpy(expect + i * (sizeof one - 1), one, sizeof one);
        lookup_set(&lookups[i], "a@x");
        pointers[i] = &lookups[i];
    }
    peer_start(&peer, steps, PEER_HOLD);
    store = store_new(&peer, timeout_ms);
    assert_int_equal(xs_store_lookup(store, pointers, MANY), XS_OK);
    check(lookups);
    xs_store_free(store);
    peer_stop(&peer);
    assert_false(peer.mismatch);
    free(expect);
    free(lookups);
}

static void check_first_and_last(const struct xs_lookup lookups[MANY])
{
    assert_int_equal(lookups[0].error, XS_OK);
    assert_int_equal(lookups[MANY - 1].error, XS_OK);
    assert_string_equal(lookups[MANY - 1].facts.presence.status, "hello");
}

/* None of them spoils the answers of the others. */
static void store_lookup__has_room__for_the_longest_values(void **state)
{
    char *send = make_longest(MANY - 1, OPEN LEASED AVAILABLE);

    (void)state;
    look_up_many(send, 20000, check_first_and_last);
    free(send);
}

static void store_describe_damage__names__the_key(void **state)
{
    static const char *const expected[XS_DAMAGE_COUNT] = {
        [XS_DAMAGE_NONE] = "",
        [XS_DAMAGE_FLAGS] = "the flags xmpp:publish:{x}",
        [XS_DAMAGE_LEASE] = "the lease xmpp:bot:{x}",
        [XS_DAMAGE_RECORD] = "the record xmpp:presence:{x}:a",
    };
    struct xs_lookup lookup;
    char text[64];

    (void)state;
    lookup_set(&lookup, "a@x");
    for (int damage = 0; damage < XS_DAMAGE_COUNT; damage++) {
        lookup.facts.damage = (enum xs_damage)damage;
        xs_store_describe_damage(&lookup, text, sizeof text);
        assert_string_equal(text, expected[damage]);
    }
    lookup.facts.damage = XS_DAMAGE_FLAGS;
    xs_store_describe_damage(&lookup, text, 10);
    assert_string_equal(text, "the flags");
}

static void check_all(const struct xs_lookup lookups[MANY])
{
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(lookups[i].error, XS_OK);
        assert_string_equal(lookups[i].facts.presence.status, "hello");
    }
}

static void store_lookup__serves__any_number_of_jids(void **state)
{
    static const char answer[] = OPEN LEASED AVAILABLE;
    char *send = calloc(MANY, sizeof answer);

    (void)state;
    assert_non_null(send);
    for (size_t i = 0; i < MANY; i++)
        memcpy(send + i * (sizeof answer - 1), answer, sizeof answer);
    look_up_many(send, 5000, check_all);
    free(send);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store_lookup__does_nothing__for_no_jid),
        cmocka_unit_test(store_lookup__asks_everything__in_one_round_trip),
        cmocka_unit_test(store_lookup__fails_single_lookups__if_redis_refuses),
        cmocka_unit_test(store_lookup__connects_anew__after_an_answer_of_the_wrong_shape),
        cmocka_unit_test(store_lookup__fails_all_lookups__if_redis_is_silent),
        cmocka_unit_test(store_lookup__takes_a_huge_value__for_damage),
        cmocka_unit_test(store_lookup__has_room__for_the_longest_values),
        cmocka_unit_test(store_describe_damage__names__the_key),
        cmocka_unit_test(store_lookup__serves__any_number_of_jids),
    };

    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
