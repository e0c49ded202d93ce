#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "watches.h"

#define NOW 1700000000

static struct xs_watches *watches;

static int setup(void **state)
{
    (void)state;
    watches = xs_watches_new();
    return watches == NULL;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(xs_watches_count(watches), 0);
    xs_watches_free(watches);
    return 0;
}

static struct xs_jid parse(const char *text)
{
    struct xs_jid jid;

    assert_int_equal(xs_jid_parse(text, strlen(text), &jid), XS_OK);
    return jid;
}

static struct xs_lookup found(const char *jid)
{
    return (struct xs_lookup){
        .jid = parse(jid),
        .error = XS_OK,
        .facts = {.domain_publish = {.setting = XS_PUBLISH_YES},
                  .lease = {.exists = true, .until_s = NOW + 30},
                  .record = XS_RECORD_SOUND,
                  .presence = {.available = true, .last_s = XS_LAST_UNKNOWN}},
    };
}

/* Joins and takes in what was found, as opening a stream does. */
static void join(const char *text, struct xs_subscription *subscription)
{
    struct xs_jid jid = parse(text);
    struct xs_lookup lookup = found(text);

    assert_int_equal(xs_watches_join(watches, &jid, subscription), XS_OK);
    assert_int_equal(xs_watches_update(watches, subscription->watch, &lookup, NOW), XS_OK);
}

/* Takes all that have to be looked up; returns their JIDs, sorted as they come. */
static const char *take_all(void)
{
    static char text[1024];
    struct xs_jid jid;

    text[0] = '\0';
    while (xs_watches_next(watches, &jid) != NULL) {
        assert_int_equal(strlen(jid.bare), xs_jid_len(&jid));
        strcat(strcat(text, jid.bare), " ");
    }
    assert_false(xs_watches_has_next(watches));
    return text;
}

static void note(enum xs_key_kind kind, const char *name)
{
    struct xs_key_owner owner = {.kind = kind, .name_len = strlen(name)};

    strcpy(owner.name, name);
    xs_watches_note(watches, &owner);
}

static void assert_json(const struct xs_subscription *subscription, const char *expected)
{
    size_t len;
    const char *json = xs_watch_json(subscription->watch, &len);

    assert_int_equal(len, strlen(expected));
    assert_memory_equal(json, expected, len);
}

static void watches__hold_a_jid__once(void **state)
{
    struct xs_subscription first, second;
    const struct xs_subscription *each;
    int count = 0;

    (void)state;
    join("a@b.example", &first);
    join("A@B.example/x", &second);
    assert_ptr_equal(first.watch, second.watch);
    assert_int_equal(xs_watches_count(watches), 1);
    LIST_FOREACH(each, xs_watch_subscriptions(first.watch), link)
    {
        count++;
    }
    assert_int_equal(count, 2);
    xs_watches_leave(watches, &first);
    assert_int_equal(xs_watches_count(watches), 1);
    assert_json(&second, "{\"jid\":\"a@b.example\",\"state\":\"online\"}");
    xs_watches_leave(watches, &second);
}

static void watches_note__finds_those__whose_answers_rest_on_the_key(void **state)
{
    struct xs_subscription a, b, other;

    (void)state;
    join("a@b.example", &a);
    join("b@b.example", &b);
    join("a@c.example", &other);
    assert_string_equal(take_all(), ""); /* all have just been found */
    note(XS_KEY_PRESENCE, "a@b.example");
    note(XS_KEY_PRESENCE, "a@b.example");
    note(XS_KEY_PRESENCE, "nobody@b.example");
    note(XS_KEY_OTHER, "");
    assert_string_equal(take_all(), "a@b.example ");
    note(XS_KEY_LEASE, "c.example");
    note(XS_KEY_PUBLISH, "d.example");
    assert_string_equal(take_all(), "a@c.example ");
    note(XS_KEY_PUBLISH, "b.example");
    assert_int_equal(strlen(take_all()), strlen("a@b.example b@b.example "));
    xs_watches_note_all(watches);
    assert_int_equal(strlen(take_all()), strlen("a@b.example b@b.example a@c.example "));
    assert_string_equal(take_all(), "");
    xs_watches_leave(watches, &a);
    xs_watches_leave(watches, &b);
    xs_watches_leave(watches, &other);
}

static void watches_note_time__finds_leases__that_begin_or_end(void **state)
{
    struct xs_subscription a, b;
    struct xs_lookup lookup = found("a@b.example");

    (void)state;
    join("a@b.example", &a);
    join("b@b.example", &b);
    (void)take_all();
    xs_watches_note_time(watches, NOW + 29);
    assert_string_equal(take_all(), "");
    xs_watches_note_time(watches, NOW + 30);
    assert_int_equal(strlen(take_all()), strlen("a@b.example b@b.example "));
    /* Judged because of something else: the others of the domain have to be as well. */
    assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW + 30), XS_OK);
    assert_json(&a, "{\"jid\":\"a@b.example\",\"error\":\"remote-server-timeout\"}");
    assert_non_null(strstr(take_all(), "b@b.example"));
    xs_watches_note_time(watches, NOW + 31);
    assert_string_equal(take_all(), "");
    /* Too far ahead, and then no longer. */
    lookup.facts.lease.until_s = NOW + 200;
    assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW + 32), XS_OK);
    assert_string_equal(take_all(), "");
    xs_watches_note_time(watches, NOW + 140);
    assert_int_equal(strlen(take_all()), strlen("a@b.example b@b.example "));
    xs_watches_leave(watches, &a);
    xs_watches_leave(watches, &b);
}

/* Else its users would be looked up at every tick, from the end of the last lease on. */
static void watches_note_time__finds_nothing__of_a_domain_that_is_closed(void **state)
{
    struct xs_subscription a, b;
    struct xs_lookup lookup = found("a@b.example");

    (void)state;
    join("a@b.example", &a);
    join("b@b.example", &b);
    lookup.facts.domain_publish.setting = XS_PUBLISH_NO;
    lookup.facts.lease.until_s = 0; /* whatever: it may not have been looked at */
    assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW), XS_OK);
    (void)take_all();
    xs_watches_note_time(watches, NOW + 29);
    assert_string_equal(take_all(), "");
    xs_watches_note_time(watches, NOW + 31);
    assert_string_equal(take_all(), "");
    /* Open again: that goes for its others too. */
    lookup = found("a@b.example");
    assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW), XS_OK);
    assert_string_equal(take_all(), "b@b.example ");
    xs_watches_leave(watches, &a);
    xs_watches_leave(watches, &b);
}

static void watches_note_time__tries_again__what_failed(void **state)
{
    struct xs_subscription a, b;
    struct xs_lookup lookup = found("a@b.example");

    (void)state;
    join("a@b.example", &a);
    join("b@c.example", &b);
    (void)take_all();
    lookup.error = XS_ERROR_UNAVAILABLE;
    assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW), XS_OK);
    assert_json(&a, "{\"jid\":\"a@b.example\",\"error\":\"remote-server-timeout\"}");
    xs_watches_note_time(watches, NOW);
    assert_string_equal(take_all(), "a@b.example ");
    lookup.error = XS_OK;
    assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW), XS_OK);
    xs_watches_note_time(watches, NOW);
    assert_string_equal(take_all(), "");
    lookup.error = XS_ERROR_TIMEOUT;
    assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW), XS_OK);
    xs_watches_leave(watches, &a);
    xs_watches_note_time(watches, NOW);
    assert_string_equal(take_all(), "");
    xs_watches_leave(watches, &b);
}

static void watches_leave__forgets__what_was_to_be_looked_up(void **state)
{
    struct xs_subscription a;

    (void)state;
    join("a@b.example", &a);
    xs_watches_note_all(watches);
    xs_watches_leave(watches, &a);
    assert_string_equal(take_all(), "");
}

static void watch_hash__changes__with_the_answer_only(void **state)
{
    struct xs_subscription a;
    struct xs_lookup lookup = found("a@b.example");
    uint64_t hash;

    (void)state;
    join("a@b.example", &a);
    hash = xs_watch_hash(a.watch);
    assert_true(hash == UINT64_C(0x83b485f9a)); /* the same in every process and version */
    lookup.facts.presence.status = "withheld";
    lookup.facts.lease.until_s++;
    assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW), XS_OK);
    assert_true(xs_watch_hash(a.watch) == hash);
    lookup.facts.domain_publish.status = true;
    assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW), XS_OK);
    assert_json(&a, "{\"jid\":\"a@b.example\",\"state\":\"online\",\"status\":\"withheld\"}");
    assert_false(xs_watch_hash(a.watch) == hash);
    assert_null(xs_watch_verdict(a.watch)->presence.status);
    xs_watches_leave(watches, &a);
}

/* Whoever chooses a text chooses the hash, but for the bit that an error has and they have not. */
static void watch_hash__tells__presence_from_an_error(void **state)
{
    struct xs_subscription a, malformed;
    struct xs_lookup lookup = found("a@b.example");
    char status[] = "a";

    (void)state;
    join("a@b.example", &a);
    lookup.facts.presence.status = status;
    for (; status[0] <= 'z'; status[0]++) {
        lookup.facts.domain_publish =
            (struct xs_publish){.setting = XS_PUBLISH_YES, .status = true};
        assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW), XS_OK);
        assert_int_equal(xs_watch_hash(a.watch) & 1, 0);
        lookup.facts.domain_publish = (struct xs_publish){.setting = XS_PUBLISH_NO};
        assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW), XS_OK);
        assert_int_equal(xs_watch_hash(a.watch) & 1, 1);
    }
    assert_int_equal(xs_watches_update(watches, a.watch, &lookup, NOW + 30), XS_OK);
    assert_int_equal(xs_watch_hash(a.watch) & 1, 1);
    assert_int_equal(xs_watches_join(watches, NULL, &malformed), XS_OK);
    assert_int_equal(xs_watch_hash(malformed.watch) & 1, 1);
    assert_int_equal(xs_watch_hash(malformed.watch) >> XS_WATCH_HASH_BITS, 0);
    xs_watches_leave(watches, &malformed);
    xs_watches_leave(watches, &a);
}

static void watches_join__has_an_answer__for_what_is_not_a_jid(void **state)
{
    struct xs_subscription first, second;
    struct xs_lookup lookup = {.error = XS_ERROR_TIMEOUT};

    (void)state;
    assert_int_equal(xs_watches_join(watches, NULL, &first), XS_OK);
    assert_int_equal(xs_watches_join(watches, NULL, &second), XS_OK);
    assert_int_equal(xs_watches_update(watches, first.watch, &lookup, NOW), XS_OK);
    assert_json(&first, "{\"error\":\"jid-malformed\"}");
    assert_int_equal(xs_watch_verdict(second.watch)->kind, XS_VERDICT_MALFORMED);
    xs_watches_note_all(watches);
    xs_watches_note_time(watches, NOW);
    assert_string_equal(take_all(), "");
    xs_watches_leave(watches, &second);
    xs_watches_leave(watches, &first);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(watches__hold_a_jid__once),
        TEST(watches_note__finds_those__whose_answers_rest_on_the_key),
        TEST(watches_note_time__finds_leases__that_begin_or_end),
        TEST(watches_note_time__finds_nothing__of_a_domain_that_is_closed),
        TEST(watches_note_time__tries_again__what_failed),
        TEST(watches_leave__forgets__what_was_to_be_looked_up),
        TEST(watch_hash__changes__with_the_answer_only),
        TEST(watch_hash__tells__presence_from_an_error),
        TEST(watches_join__has_an_answer__for_what_is_not_a_jid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
