#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cache.h"

#define UNTIL_S 1000

/* A text in a buffer of its own, as the cache must keep a copy. */
static char status_buffer[64];

static struct xs_jid jid_of(const char *text)
{
    struct xs_jid jid;

    assert_int_equal(xs_jid_parse(text, strlen(text), &jid), XS_OK);
    return jid;
}

/* What Redis says of a user who is shown, away with a status text. */
static struct xs_lookup found(const char *jid)
{
    struct xs_lookup lookup = {.jid = jid_of(jid), .error = XS_OK};

    (void)snprintf(status_buffer, sizeof status_buffer, "text of %s", jid);
    lookup.facts = (struct xs_facts){
        .domain_publish = {.setting = XS_PUBLISH_YES, .status = true},
        .lease = {.exists = true, .until_s = UNTIL_S},
        .record = XS_RECORD_SOUND,
        .presence = {.available = true,
                     .show = XS_SHOW_AWAY,
                     .last_s = 7,
                     .status = status_buffer,
                     .lang = "en"},
    };
    return lookup;
}

static void put(struct xs_cache *cache, struct xs_lookup lookup)
{
    xs_cache_put(cache, &lookup);
    memset(status_buffer, '#', sizeof status_buffer - 1);
}

static void drop(struct xs_cache *cache, const char *key)
{
    struct xs_key_owner owner;

    xs_key_parse(key, strlen(key), &owner);
    assert_int_not_equal(owner.kind, XS_KEY_OTHER);
    xs_cache_drop(cache, &owner);
}

static bool find(struct xs_cache *cache, const char *jid, struct xs_lookup *ret_lookup)
{
    *ret_lookup = (struct xs_lookup){.jid = jid_of(jid), .error = XS_ERROR_COUNT};
    return xs_cache_find(cache, ret_lookup);
}

static bool knows(struct xs_cache *cache, const char *jid)
{
    struct xs_lookup lookup;

    return find(cache, jid, &lookup);
}

static struct xs_cache *new_cache(size_t entries_max)
{
    struct xs_cache *cache = xs_cache_new(entries_max);

    assert_non_null(cache);
    return cache;
}

static void find__finds__what_was_put(void **state)
{
    struct xs_cache *cache = new_cache(10);
    struct xs_lookup lookup;

    (void)state;
    assert_false(find(cache, "a@d.org", &lookup));
    assert_int_equal(lookup.error, XS_ERROR_COUNT);
    put(cache, found("a@d.org"));
    assert_true(find(cache, "a@d.org", &lookup));
    assert_int_equal(lookup.error, XS_OK);
    assert_int_equal(lookup.facts.domain_publish.setting, XS_PUBLISH_YES);
    assert_int_equal(lookup.facts.user_publish.setting, XS_PUBLISH_ABSENT);
    assert_int_equal(lookup.facts.lease.until_s, UNTIL_S);
    assert_int_equal(lookup.facts.record, XS_RECORD_SOUND);
    assert_int_equal(lookup.facts.presence.show, XS_SHOW_AWAY);
    assert_int_equal(lookup.facts.presence.last_s, 7);
    assert_string_equal(lookup.facts.presence.status, "text of a@d.org");
    assert_string_equal(lookup.facts.presence.lang, "en");
    assert_false(knows(cache, "b@d.org"));
    assert_false(knows(cache, "a@e.org"));
    xs_cache_free(cache);
}

static void put__replaces__what_was_known_of_a_user(void **state)
{
    struct xs_cache *cache = new_cache(10);
    struct xs_lookup lookup = found("a@d.org");

    (void)state;
    put(cache, lookup);
    lookup.facts.record = XS_RECORD_ABSENT;
    lookup.facts.presence = (struct xs_presence){.last_s = XS_LAST_UNKNOWN};
    put(cache, lookup);
    assert_int_equal(xs_cache_count(cache), 2);
    assert_true(find(cache, "a@d.org", &lookup));
    assert_int_equal(lookup.facts.record, XS_RECORD_ABSENT);
    assert_null(lookup.facts.presence.status);
    xs_cache_free(cache);
}

static void drop__forgets__a_record_alone(void **state)
{
    struct xs_cache *cache = new_cache(10);

    (void)state;
    put(cache, found("a@d.org"));
    put(cache, found("b@d.org"));
    drop(cache, "xmpp:presence:{d.org}:a");
    assert_false(knows(cache, "a@d.org"));
    assert_true(knows(cache, "b@d.org"));
    drop(cache, "xmpp:presence:{d.org}:nobody");
    assert_true(knows(cache, "b@d.org"));
    xs_cache_free(cache);
}

static void drop__forgets__a_lease_and_no_user(void **state)
{
    struct xs_cache *cache = new_cache(10);

    (void)state;
    put(cache, found("a@d.org"));
    put(cache, found("b@d.org"));
    drop(cache, "xmpp:bot:{d.org}");
    assert_false(knows(cache, "a@d.org"));
    assert_false(knows(cache, "b@d.org"));
    put(cache, found("a@d.org")); /* brings the lease, and b is still known */
    assert_true(knows(cache, "b@d.org"));
    xs_cache_free(cache);
}

static void drop__forgets__the_flags_of_all_users(void **state)
{
    struct xs_cache *cache = new_cache(10);

    (void)state;
    put(cache, found("a@d.org"));
    put(cache, found("b@d.org"));
    put(cache, found("c@e.org"));
    drop(cache, "xmpp:publish:{d.org}");
    assert_false(knows(cache, "a@d.org"));
    put(cache, found("a@d.org")); /* brings the domain's flag, and that of a alone */
    assert_true(knows(cache, "a@d.org"));
    assert_false(knows(cache, "b@d.org"));
    assert_true(knows(cache, "c@e.org"));
    xs_cache_free(cache);
}

/*
 * Redis may answer with changed flags before it says that they have changed. What was answered by
 * them must not be followed by an answer by the old ones.
 */
static void put__keeps__the_newest_flags(void **state)
{
    struct xs_cache *cache = new_cache(10);
    struct xs_lookup lookup = found("a@d.org");

    (void)state;
    put(cache, found("a@d.org"));
    put(cache, found("b@d.org"));
    drop(cache, "xmpp:presence:{d.org}:a");
    lookup.facts.domain_publish.nolast = true;
    put(cache, lookup);
    assert_true(find(cache, "a@d.org", &lookup));
    assert_true(lookup.facts.domain_publish.nolast);
    assert_false(knows(cache, "b@d.org")); /* read with the old ones */
    xs_cache_free(cache);
}

/* Else a stranger could see in the time that a blocked user's record changes. */
static void find__needs__no_record_that_flags_withhold(void **state)
{
    struct xs_cache *cache = new_cache(10);
    struct xs_lookup lookup = found("a@d.org");

    (void)state;
    lookup.facts.user_publish.setting = XS_PUBLISH_NO;
    lookup.facts.record = XS_RECORD_UNREAD;
    put(cache, lookup);
    for (int i = 0; i < 2; i++) {
        assert_true(find(cache, "a@d.org", &lookup));
        assert_int_equal(lookup.facts.user_publish.setting, XS_PUBLISH_NO);
        drop(cache, "xmpp:presence:{d.org}:a");
    }
    drop(cache, "xmpp:bot:{d.org}"); /* it decides between 404 and 503 */
    assert_false(knows(cache, "a@d.org"));
    xs_cache_free(cache);
}

static void find__needs__nothing_but_flags_of_a_closed_domain(void **state)
{
    struct xs_cache *cache = new_cache(10);
    struct xs_lookup lookup = found("a@d.org");

    (void)state;
    lookup.facts.domain_publish.setting = XS_PUBLISH_ABSENT;
    put(cache, lookup);
    drop(cache, "xmpp:bot:{d.org}");
    drop(cache, "xmpp:presence:{d.org}:a");
    assert_false(knows(cache, "other@d.org")); /* a first question is asked for every user alike */
    assert_true(find(cache, "a@d.org", &lookup));
    assert_int_equal(lookup.facts.domain_publish.setting, XS_PUBLISH_ABSENT);
    drop(cache, "xmpp:publish:{d.org}");
    assert_false(knows(cache, "a@d.org"));
    xs_cache_free(cache);
}

/* What can never be answered takes no room, and cannot leak either. */
static void put__keeps__nothing_that_flags_withhold(void **state)
{
    struct xs_cache *cache = new_cache(10);
    struct xs_lookup lookup = found("a@d.org");
    size_t full, bare;

    (void)state;
    put(cache, lookup);
    full = xs_cache_bytes(cache);
    lookup = found("a@d.org");
    lookup.facts.domain_publish.status = false;
    put(cache, lookup);
    bare = xs_cache_bytes(cache);
    assert_int_equal(full - bare, sizeof "text of a@d.org" + sizeof "en");
    assert_true(find(cache, "a@d.org", &lookup));
    assert_int_equal(lookup.facts.record, XS_RECORD_SOUND);
    assert_int_equal(lookup.facts.presence.last_s, 7);
    assert_null(lookup.facts.presence.status);
    assert_null(lookup.facts.presence.lang);
    lookup = found("a@d.org");
    lookup.facts.user_publish = (struct xs_publish){.setting = XS_PUBLISH_YES, .nolast = true};
    put(cache, lookup);
    assert_int_equal(xs_cache_bytes(cache), bare);
    assert_true(find(cache, "a@d.org", &lookup));
    assert_int_equal(lookup.facts.presence.last_s, XS_LAST_UNKNOWN);
    xs_cache_free(cache);
}

/* Text of the longest length, of more users than there is room for. */
static void put__drops__beyond_the_bytes(void **state)
{
    enum { ENTRIES_MAX = 100, TEXT_LEN = 4 * XS_STATUS_MAX_CHARS };
    struct xs_cache *cache = new_cache(ENTRIES_MAX);
    char text[TEXT_LEN + 1];
    char jid[32];

    (void)state;
    memset(text, 'x', TEXT_LEN);
    text[TEXT_LEN] = '\0';
    for (int i = 0; i < ENTRIES_MAX; i++) {
        struct xs_lookup lookup;

        (void)snprintf(jid, sizeof jid, "u%d@d.org", i);
        lookup = found(jid);
        lookup.facts.presence.status = text;
        put(cache, lookup);
        assert_true(knows(cache, jid));
        assert_true(xs_cache_bytes(cache) <= ENTRIES_MAX * XS_CACHE_ENTRY_BYTES);
    }
    assert_in_range(xs_cache_count(cache), 10, ENTRIES_MAX * XS_CACHE_ENTRY_BYTES / TEXT_LEN);
    assert_false(knows(cache, "u0@d.org"));
    xs_cache_clear(cache);
    assert_int_equal(xs_cache_bytes(cache), 0);
    xs_cache_free(cache);
}

static void put__keeps__one_alone_whatever_its_size(void **state)
{
    struct xs_cache *cache = new_cache(1);
    struct xs_lookup lookup = found("a@d.org");
    char text[2 * XS_CACHE_ENTRY_BYTES];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    lookup.facts.presence.status = text;
    put(cache, lookup);
    assert_int_equal(xs_cache_count(cache), 1);
    assert_true(xs_cache_bytes(cache) > XS_CACHE_ENTRY_BYTES);
    put(cache, found("b@d.org"));
    assert_int_equal(xs_cache_count(cache), 1);
    assert_true(xs_cache_bytes(cache) < XS_CACHE_ENTRY_BYTES);
    xs_cache_free(cache);
}

static void put__drops__one_that_was_not_used(void **state)
{
    struct xs_cache *cache = new_cache(3); /* the domain and two users */

    (void)state;
    put(cache, found("a@d.org"));
    put(cache, found("b@d.org"));
    assert_true(knows(cache, "a@d.org"));
    put(cache, found("c@d.org"));
    assert_int_equal(xs_cache_count(cache), 3);
    assert_true(knows(cache, "a@d.org"));
    assert_false(knows(cache, "b@d.org"));
    assert_true(knows(cache, "c@d.org"));
    xs_cache_free(cache);
}

/* The search for one that was not used ends after 64. */
static void put__drops__one_of_the_first_if_all_were_used(void **state)
{
    enum { USERS = 1000 };
    struct xs_cache *cache = new_cache(USERS + 1);
    char jid[32];

    (void)state;
    for (int i = 0; i <= USERS; i++) {
        (void)snprintf(jid, sizeof jid, "u%d@d.org", i);
        put(cache, found(jid));
        assert_true(knows(cache, jid));
    }
    assert_int_equal(xs_cache_count(cache), USERS + 1);
    assert_true(knows(cache, "u0@d.org"));
    assert_false(knows(cache, "u64@d.org"));
    assert_true(knows(cache, "u65@d.org"));
    xs_cache_free(cache);
}

static void put__keeps__its_bound_when_there_is_room_for_one(void **state)
{
    struct xs_cache *cache = new_cache(1);

    (void)state;
    for (int i = 0; i < 3; i++) {
        put(cache, found("a@d.org"));
        assert_int_equal(xs_cache_count(cache), 1);
        assert_false(knows(cache, "a@d.org"));
    }
    xs_cache_free(cache);
}

static void clear__forgets__everything(void **state)
{
    struct xs_cache *cache = new_cache(10);

    (void)state;
    put(cache, found("a@d.org"));
    xs_cache_clear(cache);
    assert_int_equal(xs_cache_count(cache), 0);
    assert_false(knows(cache, "a@d.org"));
    put(cache, found("a@d.org"));
    assert_true(knows(cache, "a@d.org"));
    xs_cache_free(cache);
    xs_cache_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find__finds__what_was_put),
        cmocka_unit_test(put__replaces__what_was_known_of_a_user),
        cmocka_unit_test(drop__forgets__a_record_alone),
        cmocka_unit_test(drop__forgets__a_lease_and_no_user),
        cmocka_unit_test(drop__forgets__the_flags_of_all_users),
        cmocka_unit_test(put__keeps__the_newest_flags),
        cmocka_unit_test(find__needs__no_record_that_flags_withhold),
        cmocka_unit_test(find__needs__nothing_but_flags_of_a_closed_domain),
        cmocka_unit_test(put__keeps__nothing_that_flags_withhold),
        cmocka_unit_test(put__drops__beyond_the_bytes),
        cmocka_unit_test(put__keeps__one_alone_whatever_its_size),
        cmocka_unit_test(put__drops__one_that_was_not_used),
        cmocka_unit_test(put__drops__one_of_the_first_if_all_were_used),
        cmocka_unit_test(put__keeps__its_bound_when_there_is_room_for_one),
        cmocka_unit_test(clear__forgets__everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
