#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stanza.h"

/* 2026-11-22T19:19:05Z */
#define NOW_S INT64_C(1795375145)

#define FROM         " from='alice@example.org/phone'"
#define DELAY(stamp) "<delay xmlns='urn:xmpp:delay' stamp='" stamp "'/>"
#define IDLE(stamp)  "<idle xmlns='urn:xmpp:idle:1' since='" stamp "'/>"
#define LAST(secs)   "<query xmlns='jabber:iq:last' seconds='" secs "'/>"

static xmpp_ctx_t *strophe;
static struct xs_report report;

static bool read_text(const char *text)
{
    xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(strophe, text);
    bool taken;

    assert_non_null(stanza);
    memset(&report, 0x5a, sizeof(report)); /* nothing may be left as it was */
    taken = xs_stanza_read_presence(stanza, "example.org", NOW_S, &report);
    xmpp_stanza_release(stanza);
    return taken;
}

static void read__takes_plain_presence__as_available(void **state)
{
    (void)state;
    assert_true(read_text("<presence" FROM "/>"));
    assert_string_equal(report.jid.bare, "alice@example.org");
    assert_string_equal(report.resource, "phone");
    assert_true(report.presence.available);
    assert_int_equal(report.presence.show, XS_SHOW_NONE);
    assert_int_equal(report.priority, 0);
    assert_int_equal(report.sent_s, NOW_S);
    assert_false(report.delayed);
    assert_int_equal(report.presence.last_s, XS_LAST_UNKNOWN);
    assert_null(report.presence.status);
    assert_null(report.presence.lang);
}

static void read__ignores__what_is_not_a_user_of_the_domain(void **state)
{
    static const char *const cases[] = {
        "<presence/>",
        "<presence from=''/>",
        "<presence from='example.org'/>",
        "<presence from='example.org/x'/>",
        "<presence from='alice@example.org'/>",
        "<presence from='alice@example.org/'/>",
        "<presence from='alice@other.org/phone'/>",
        "<presence from='alice@sub.example.org/phone'/>",
        "<presence from='@example.org/phone'/>",
        "<presence type='subscribe' from='alice@example.org'/>",
        "<presence type='subscribed' from='alice@example.org'/>",
        "<presence type='unsubscribe' from='alice@example.org'/>",
        "<presence type='unsubscribed' from='alice@example.org'/>",
        "<presence type='probe'" FROM "/>",
        "<presence type='error'" FROM "/>",
        "<presence type='available'" FROM "/>",
        "<presence type='invisible'" FROM "/>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (read_text(cases[i]))
            fail_msg("taken: %s", cases[i]);
    }
}

static void read__normalises_the_address__but_not_the_resource(void **state)
{
    (void)state;
    assert_true(read_text("<presence from='Alice@Example.ORG/Ph\xc3\xb6n/e@x'/>"));
    assert_string_equal(report.jid.bare, "alice@example.org");
    assert_string_equal(report.resource, "Ph\xc3\xb6n/e@x");
}

static void read__ignores__a_resource_over_the_limit(void **state)
{
    char text[2 * XS_RESOURCE_MAX];
    char resource[XS_RESOURCE_MAX + 2];

    (void)state;
    memset(resource, 'r', sizeof(resource));
    resource[XS_RESOURCE_MAX + 1] = '\0';
    snprintf(text, sizeof(text), "<presence from='alice@example.org/%s'/>", resource);
    assert_false(read_text(text));
    resource[XS_RESOURCE_MAX] = '\0';
    snprintf(text, sizeof(text), "<presence from='alice@example.org/%s'/>", resource);
    assert_true(read_text(text));
}

static void read__knows_the_four_shows__and_takes_others_as_none(void **state)
{
    static const struct {
        const char *text;
        enum xs_show expected;
    } cases[] = {
        {"<presence" FROM "><show>away</show></presence>", XS_SHOW_AWAY},
        {"<presence" FROM "><show>chat</show></presence>", XS_SHOW_CHAT},
        {"<presence" FROM "><show>dnd</show></presence>", XS_SHOW_DND},
        {"<presence" FROM "><show>xa</show></presence>", XS_SHOW_XA},
        {"<presence" FROM "><show>Away</show></presence>", XS_SHOW_NONE},
        {"<presence" FROM "><show> away</show></presence>", XS_SHOW_NONE},
        {"<presence" FROM "><show>online</show></presence>", XS_SHOW_NONE},
        {"<presence" FROM "><show>../../etc/passwd</show></presence>", XS_SHOW_NONE},
        {"<presence" FROM "><show/></presence>", XS_SHOW_NONE},
        {"<presence" FROM "><show></show></presence>", XS_SHOW_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(read_text(cases[i].text));
        if (report.presence.show != cases[i].expected)
            fail_msg("%s: got %d", cases[i].text, (int)report.presence.show);
    }
}

static void read__takes_priority__or_0_if_it_makes_no_sense(void **state)
{
    static const struct {
        const char *priority;
        int expected;
    } cases[] = {
        {"<priority>5</priority>", 5},
        {"<priority>-1</priority>", -1},
        {"<priority>127</priority>", 127},
        {"<priority>-128</priority>", -128},
        {"<priority>128</priority>", 0},
        {"<priority>-129</priority>", 0},
        {"<priority>x</priority>", 0},
        {"<priority>5x</priority>", 0},
        {"<priority/>", 0},
        {"<priority>99999999999999999999</priority>", 0},
    };
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "<presence" FROM ">%s</presence>", cases[i].priority);
        assert_true(read_text(text));
        if (report.priority != cases[i].expected)
            fail_msg("%s: got %d", text, report.priority);
    }
}

/* NOW_S is 19:19:05; each case says when the presence was sent and what is known of idleness. */
static void read__finds_last_activity__by_the_rules(void **state)
{
    static const struct {
        const char *children;
        int64_t expected_sent_s, expected_last_s;
    } cases[] = {
        {"", NOW_S, XS_LAST_UNKNOWN},
        {"<show>chat</show>", NOW_S, XS_LAST_UNKNOWN},
        {"<show>dnd</show>", NOW_S, XS_LAST_UNKNOWN},
        {"<show>away</show>", NOW_S, NOW_S},
        {"<show>xa</show>", NOW_S, NOW_S},
        {"<show>xa</show>" DELAY("2026-11-22T19:09:05Z"), NOW_S - 600, NOW_S - 600},
        {"<show>away</show>" IDLE("2026-11-22T18:19:05Z"), NOW_S, NOW_S - 3600},
        {IDLE("2026-11-22T18:19:05Z"), NOW_S, NOW_S - 3600},
        {"<show>dnd</show>" IDLE("2026-11-22T18:19:05Z"), NOW_S, NOW_S - 3600},
        {"<show>away</show>" LAST("600"), NOW_S, NOW_S - 600},
        {"<show>xa</show>" LAST("600") DELAY("2026-11-22T19:09:05.25Z"), NOW_S - 600, NOW_S - 1200},
        {LAST("600"), NOW_S, XS_LAST_UNKNOWN},
        {"<show>chat</show>" LAST("600"), NOW_S, XS_LAST_UNKNOWN},
        {"<show>away</show>" LAST("600") IDLE("2026-11-22T19:19:00Z"), NOW_S, NOW_S - 5},
        {"<show>away</show>" LAST("-1"), NOW_S, NOW_S},
        {"<show>away</show>" LAST("9999999999999999999999"), NOW_S, NOW_S},
        {"<show>away</show>" LAST("999999999999"), NOW_S, NOW_S},
        {"<show>away</show>" LAST(""), NOW_S, NOW_S},
        {"<show>away</show>" IDLE("yesterday"), NOW_S, NOW_S},
        {"<show>away</show>" IDLE("2030-01-01T00:00:00Z"), NOW_S, NOW_S},
        {"<show>away</show>" DELAY("2030-01-01T00:00:00Z"), NOW_S, NOW_S},
        {"<show>away</show>" DELAY("never"), NOW_S, NOW_S},
    };
    char text[400];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "<presence" FROM ">%s</presence>", cases[i].children);
        assert_true(read_text(text));
        if (report.sent_s != cases[i].expected_sent_s ||
            report.presence.last_s != cases[i].expected_last_s)
            fail_msg("%s: sent %lld, last %lld", text, (long long)report.sent_s,
                     (long long)report.presence.last_s);
    }
}

static void read__takes_unavailable__with_the_time_of_leaving(void **state)
{
    (void)state;
    assert_true(read_text("<presence type='unavailable'" FROM "><show>xa</show>"
                          "<priority>9</priority><status>bye</status></presence>"));
    assert_false(report.presence.available);
    assert_int_equal(report.presence.show, XS_SHOW_NONE);
    assert_int_equal(report.priority, 0);
    assert_int_equal(report.presence.last_s, NOW_S);
    assert_string_equal(report.presence.status, "bye");

    assert_true(read_text("<presence type='unavailable'" FROM ">" DELAY("2026-11-22T19:09:05Z")
                              LAST("5") "</presence>"));
    assert_int_equal(report.presence.last_s, NOW_S - 600);

    assert_true(read_text("<presence type='unavailable' from='alice@example.org'/>"));
    assert_string_equal(report.resource, "");
}

static void read__notes_delay__only_with_a_valid_stamp(void **state)
{
    (void)state;
    assert_true(read_text("<presence" FROM ">" DELAY("2026-11-22T19:09:05Z") "</presence>"));
    assert_true(report.delayed);
    assert_true(read_text("<presence" FROM ">" DELAY("x") "</presence>"));
    assert_false(report.delayed);
    assert_true(read_text("<presence" FROM "><delay xmlns='urn:example' "
                          "stamp='2026-11-22T19:09:05Z'/></presence>"));
    assert_false(report.delayed);
}

static void read__picks_the_status__in_the_stanzas_own_language(void **state)
{
    static const struct {
        const char *text, *status, *lang;
    } cases[] = {
        {"<presence" FROM "><status>hi</status></presence>", "hi", NULL},
        {"<presence xml:lang='de'" FROM "><status>hallo</status></presence>", "hallo", "de"},
        {"<presence xml:lang='de'" FROM "><status xml:lang='en'>hi</status>"
         "<status xml:lang='de'>hallo</status></presence>",
         "hallo", "de"},
        {"<presence xml:lang='de'" FROM "><status xml:lang='en'>hi</status>"
         "<status>hallo</status></presence>",
         "hallo", "de"},
        {"<presence" FROM "><status xml:lang='en'>hi</status>"
         "<status xml:lang='fr'>salut</status></presence>",
         "hi", "en"},
        {"<presence" FROM "><status xml:lang='&lt;script&gt;'>hi</status></presence>", "hi", NULL},
        {"<presence" FROM "><status/></presence>", NULL, NULL},
        {"<presence" FROM "><status></status></presence>", NULL, NULL},
        {"<presence xml:lang='de'" FROM "/>", NULL, NULL},
        {"<presence" FROM "><status>a &amp; &lt;b&gt; \xf0\x9f\x98\x80</status></presence>",
         "a & <b> \xf0\x9f\x98\x80", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct xs_presence *presence = &report.presence;

        assert_true(read_text(cases[i].text));
        if (cases[i].status == NULL)
            assert_null(presence->status);
        else
            assert_string_equal(presence->status, cases[i].status);
        if (cases[i].lang == NULL)
            assert_null(presence->lang);
        else
            assert_string_equal(presence->lang, cases[i].lang);
    }
}

static void read__cuts_the_status__at_1024_characters(void **state)
{
    char text[4 * XS_STATUS_MAX_CHARS + 200];
    size_t len;

    (void)state;
    len = (size_t)snprintf(text, sizeof(text), "<presence" FROM "><status>");
    for (int i = 0; i < XS_STATUS_MAX_CHARS + 6; i++) {
        memcpy(text + len, "\xe2\x82\xac", 3);
        len += 3;
    }
    strcpy(text + len, "</status></presence>");
    assert_true(read_text(text));
    assert_int_equal(strlen(report.presence.status), 3 * XS_STATUS_MAX_CHARS);
}

static int set_up(void **state)
{
    (void)state;
    xmpp_initialize();
    strophe = xmpp_ctx_new(NULL, NULL);
    return strophe == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    xmpp_ctx_free(strophe);
    xmpp_shutdown();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__takes_plain_presence__as_available),
        cmocka_unit_test(read__ignores__what_is_not_a_user_of_the_domain),
        cmocka_unit_test(read__normalises_the_address__but_not_the_resource),
        cmocka_unit_test(read__ignores__a_resource_over_the_limit),
        cmocka_unit_test(read__knows_the_four_shows__and_takes_others_as_none),
        cmocka_unit_test(read__takes_priority__or_0_if_it_makes_no_sense),
        cmocka_unit_test(read__finds_last_activity__by_the_rules),
        cmocka_unit_test(read__takes_unavailable__with_the_time_of_leaving),
        cmocka_unit_test(read__notes_delay__only_with_a_valid_stamp),
        cmocka_unit_test(read__picks_the_status__in_the_stanzas_own_language),
        cmocka_unit_test(read__cuts_the_status__at_1024_characters),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
