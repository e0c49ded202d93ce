#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "activity.h"

#define NOW_S INT64_C(1795375145)

static xmpp_ctx_t *strophe;
static struct xs_activity *activity;

static int set_up(void **state)
{
    (void)state;
    xmpp_initialize();
    strophe = xmpp_ctx_new(NULL, NULL);
    activity = xs_activity_new("example.org");
    return strophe == NULL || activity == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    xs_activity_free(activity);
    xmpp_ctx_free(strophe);
    xmpp_shutdown();
    return 0;
}

/* Wants `local` and makes the request; its text is to be freed. */
static char *request_text(const char *local, bool privileged)
{
    xmpp_stanza_t *request;
    char *text;
    size_t len;

    assert_int_equal(xs_activity_want(activity, local), XS_OK);
    request = xs_activity_next_request(activity, strophe, privileged, 0);
    assert_non_null(request);
    assert_int_equal(xmpp_stanza_to_text(request, &text, &len), XMPP_EOK);
    xmpp_stanza_release(request);
    return text;
}

static void request__asks__the_user_by_plain_iq(void **state)
{
    char *text = request_text("alice", false);

    (void)state;
    assert_non_null(strstr(text, "to=\"alice@example.org\""));
    assert_non_null(strstr(text, "type=\"get\""));
    assert_non_null(strstr(text, "jabber:iq:last"));
    assert_null(strstr(text, "privilege"));
    xmpp_free(strophe, text);
}

static void request__is_wrapped__when_the_server_wants_it(void **state)
{
    char *text = request_text("alice", true);
    const char *inner;

    (void)state;
    inner = strstr(text, "<privileged_iq xmlns=\"urn:xmpp:privilege:2\"><iq ");
    if (inner == NULL)
        fail_msg("%s", text);
    inner = strstr(inner, "<iq ");
    assert_non_null(strstr(inner, "xmlns=\"jabber:client\""));
    assert_non_null(strstr(inner, "to=\"alice@example.org\""));
    assert_non_null(strstr(inner, "id=\"last-1\""));
    xmpp_free(strophe, text);
}

#define ANSWER(attributes, query)                                                                  \
    "<iq type='result' id='last-1' " attributes "><query xmlns='jabber:iq:last' " query "</iq>"
#define FROM "from='alice@example.org'"

static void read__tells_what_is_known__and_invents_nothing(void **state)
{
    static const struct {
        const char *text;
        enum xs_activity_reading expected;
        int64_t last_s;
    } cases[] = {
        {ANSWER(FROM, "seconds='600'/>"), XS_ACTIVITY_KNOWN, NOW_S - 600},
        {ANSWER(FROM, "seconds='600'>Stream closed</query>"), XS_ACTIVITY_KNOWN, NOW_S - 600},
        {ANSWER(FROM, "seconds='600'>Registered but didn&apos;t login</query>"),
         XS_ACTIVITY_UNKNOWN, 0},
        {ANSWER(FROM, "seconds='0'/>"), XS_ACTIVITY_UNKNOWN, 0},
        {ANSWER(FROM, "seconds='-1'/>"), XS_ACTIVITY_UNKNOWN, 0},
        {ANSWER(FROM, "seconds=''/>"), XS_ACTIVITY_UNKNOWN, 0},
        {ANSWER(FROM, "/>"), XS_ACTIVITY_UNKNOWN, 0},
        {ANSWER(FROM, "seconds='999999999999'/>"), XS_ACTIVITY_UNKNOWN, 0},
        {ANSWER(FROM, "seconds='99999999999999999999'/>"), XS_ACTIVITY_UNKNOWN, 0},
        {"<iq type='error' id='last-1' " FROM "><query xmlns='jabber:iq:last' seconds='600'/>"
         "<error type='auth'/></iq>",
         XS_ACTIVITY_UNKNOWN, 0},
        {"<iq type='result' id='last-1' " FROM "/>", XS_ACTIVITY_UNKNOWN, 0},
        {"<iq type='result' id='last-1' " FROM "><privilege xmlns='urn:xmpp:privilege:2'>"
         "<forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client' type='result'>"
         "<query xmlns='jabber:iq:last' seconds='600'/></iq></forwarded></privilege></iq>",
         XS_ACTIVITY_KNOWN, NOW_S - 600},
        {ANSWER("from='eve@example.org'", "seconds='600'/>"), XS_ACTIVITY_FOREIGN, 0},
        {ANSWER("from='alice@evil.org'", "seconds='600'/>"), XS_ACTIVITY_FOREIGN, 0},
        {ANSWER("", "seconds='600'/>"), XS_ACTIVITY_FOREIGN, 0},
        {"<iq type='result' id='last-2' " FROM "><query xmlns='jabber:iq:last' seconds='6'/></iq>",
         XS_ACTIVITY_FOREIGN, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        xmpp_stanza_t *stanza;
        struct xs_jid jid;
        int64_t last_s = 0;
        enum xs_activity_reading reading;

        tear_down(state);
        set_up(state);
        xmpp_free(strophe, request_text("alice", false));
        stanza = xmpp_stanza_new_from_string(strophe, cases[i].text);
        assert_non_null(stanza);
        reading = xs_activity_read(activity, stanza, NOW_S, &jid, &last_s);
        if (reading != cases[i].expected || last_s != cases[i].last_s)
            fail_msg("%s: %d, %lld", cases[i].text, (int)reading, (long long)last_s);
        if (reading == XS_ACTIVITY_KNOWN)
            assert_string_equal(jid.bare, "alice@example.org");
        xmpp_stanza_release(stanza);
    }
}

static void questions__are_bounded__and_given_up_in_time(void **state)
{
    int sent = 0;
    xmpp_stanza_t *request;

    (void)state;
    for (int i = 0; i < XS_ACTIVITY_OPEN_MAX + 5; i++)
        assert_int_equal(xs_activity_want(activity, "somebody"), XS_OK);
    while ((request = xs_activity_next_request(activity, strophe, false, 1000)) != NULL) {
        xmpp_stanza_release(request);
        sent++;
    }
    assert_int_equal(sent, XS_ACTIVITY_OPEN_MAX);
    assert_null(
        xs_activity_next_request(activity, strophe, false, 1000 + XS_ACTIVITY_TIMEOUT_MS - 1));
    while ((request = xs_activity_next_request(activity, strophe, false,
                                               1000 + XS_ACTIVITY_TIMEOUT_MS)) != NULL) {
        xmpp_stanza_release(request);
        sent++;
    }
    assert_int_equal(sent, XS_ACTIVITY_OPEN_MAX + 5);
}

static void clear__forgets__everything(void **state)
{
    (void)state;
    xmpp_free(strophe, request_text("alice", false));
    assert_int_equal(xs_activity_want(activity, "bob"), XS_OK);
    xs_activity_clear(activity);
    assert_null(xs_activity_next_request(activity, strophe, false, 0));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(request__asks__the_user_by_plain_iq),
        TEST(request__is_wrapped__when_the_server_wants_it),
        TEST(read__tells_what_is_known__and_invents_nothing),
        TEST(questions__are_bounded__and_given_up_in_time),
        TEST(clear__forgets__everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
