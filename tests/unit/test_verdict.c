#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict.h"

#define NOW 1700000000

/* A published user with a valid lease and a sound record; the tests change what they need. */
static struct xs_lookup published(void)
{
    struct xs_lookup lookup = {
        .error = XS_OK,
        .facts = {.domain_publish = {.setting = XS_PUBLISH_YES},
                  .lease = {.exists = true, .until_s = NOW + 30},
                  .record = XS_RECORD_SOUND,
                  .presence = {.available = true, .show = XS_SHOW_XA, .last_s = NOW - 8973}},
    };

    assert_int_equal(xs_jid_parse("support@tiggerswelt.net", 23, &lookup.jid), XS_OK);
    return lookup;
}

static void verdict_of__is_the_presence__when_published(void **state)
{
    struct xs_lookup lookup = published();
    struct xs_verdict verdict = xs_verdict_of(&lookup, NOW);

    (void)state;
    assert_int_equal(verdict.kind, XS_VERDICT_PRESENCE);
    assert_int_equal(verdict.presence.show, XS_SHOW_XA);
    assert_int_equal(verdict.presence.last_s, NOW - 8973);
}

static void verdict_of__is_not_found__when_blocked_or_unknown(void **state)
{
    struct xs_lookup lookup = published();

    (void)state;
    lookup.facts.user_publish.setting = XS_PUBLISH_NO;
    assert_int_equal(xs_verdict_of(&lookup, NOW).kind, XS_VERDICT_NOT_FOUND);
    lookup = published();
    lookup.facts.record = XS_RECORD_ABSENT;
    assert_int_equal(xs_verdict_of(&lookup, NOW).kind, XS_VERDICT_NOT_FOUND);
}

static void verdict_of__is_untrusted__without_a_lease_or_facts(void **state)
{
    struct xs_lookup lookup = published();

    (void)state;
    assert_int_equal(xs_verdict_of(&lookup, NOW + 30).kind, XS_VERDICT_UNTRUSTED);
    for (int error = XS_OK + 1; error < XS_ERROR_COUNT; error++) {
        lookup.error = (enum xs_error)error;
        assert_int_equal(xs_verdict_of(&lookup, NOW).kind, XS_VERDICT_UNTRUSTED);
    }
}

static void verdict_of__is_malformed__without_a_local_part(void **state)
{
    struct xs_lookup lookup = published();

    (void)state;
    lookup.jid.local_len = 0;
    assert_int_equal(xs_verdict_of(&lookup, NOW).kind, XS_VERDICT_MALFORMED);
    lookup.error = XS_ERROR_TIMEOUT;
    assert_int_equal(xs_verdict_of(&lookup, NOW).kind, XS_VERDICT_MALFORMED);
}

/* Of these each is better than those that follow. */
static void verdict_is_better__orders__by_availability(void **state)
{
    static const struct xs_verdict order[] = {
        {XS_VERDICT_PRESENCE, {.available = true, .show = XS_SHOW_CHAT, .last_s = XS_LAST_UNKNOWN}},
        {XS_VERDICT_PRESENCE, {.available = true, .last_s = NOW}},
        {XS_VERDICT_PRESENCE, {.available = true, .last_s = XS_LAST_UNKNOWN}},
        {XS_VERDICT_PRESENCE, {.available = true, .show = XS_SHOW_AWAY, .last_s = NOW}},
        {XS_VERDICT_PRESENCE, {.available = true, .show = XS_SHOW_AWAY, .last_s = NOW - 1}},
        {XS_VERDICT_PRESENCE, {.available = true, .show = XS_SHOW_XA, .last_s = NOW}},
        {XS_VERDICT_PRESENCE, {.available = true, .show = XS_SHOW_DND, .last_s = NOW}},
        {.kind = XS_VERDICT_UNTRUSTED},
        {XS_VERDICT_PRESENCE, {.available = false, .last_s = NOW}},
        {XS_VERDICT_PRESENCE, {.available = false, .last_s = NOW - 1}},
        {XS_VERDICT_PRESENCE, {.available = false, .last_s = XS_LAST_UNKNOWN}},
        {.kind = XS_VERDICT_NOT_FOUND},
        {.kind = XS_VERDICT_MALFORMED},
    };
    const size_t count = sizeof order / sizeof *order;

    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (xs_verdict_is_better(&order[i], &order[j]) != (i < j))
                fail_msg("%zu and %zu", i, j);
}

static void verdict_condition__names__each_error(void **state)
{
    (void)state;
    assert_int_equal(xs_verdict_condition(XS_VERDICT_UNTRUSTED),
                     XS_CONDITION_REMOTE_SERVER_TIMEOUT);
    assert_int_equal(xs_verdict_condition(XS_VERDICT_NOT_FOUND), XS_CONDITION_ITEM_NOT_FOUND);
    assert_int_equal(xs_verdict_condition(XS_VERDICT_MALFORMED), XS_CONDITION_JID_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdict_of__is_the_presence__when_published),
        cmocka_unit_test(verdict_of__is_not_found__when_blocked_or_unknown),
        cmocka_unit_test(verdict_of__is_untrusted__without_a_lease_or_facts),
        cmocka_unit_test(verdict_of__is_malformed__without_a_local_part),
        cmocka_unit_test(verdict_is_better__orders__by_availability),
        cmocka_unit_test(verdict_condition__names__each_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
