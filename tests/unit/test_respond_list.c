/*
 * Answers for several JIDs at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "respond.h"

#define NOW 1700000000

/* What is asked for: online, blocked, malformed, untrusted, away. */
enum { ONLINE, BLOCKED, MALFORMED, UNTRUSTED, AWAY, COUNT };

struct fixture {
    struct xs_responder *responder;
    struct xs_lookup lookups[COUNT];
    struct xs_response response;
};

static struct xs_lookup published(const char *jid)
{
    struct xs_lookup lookup = {
        .error = XS_OK,
        .facts = {.domain_publish = {.setting = XS_PUBLISH_YES},
                  .lease = {.exists = true, .until_s = NOW + 30},
                  .record = XS_RECORD_SOUND,
                  .presence = {.available = true, .last_s = XS_LAST_UNKNOWN}},
    };

    assert_int_equal(xs_jid_parse(jid, strlen(jid), &lookup.jid), XS_OK);
    return lookup;
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    fixture->responder = xs_responder_new(7);
    assert_non_null(fixture->responder);
    fixture->lookups[ONLINE] = published("a@b.example");
    fixture->lookups[BLOCKED] = published("b@b.example");
    fixture->lookups[BLOCKED].facts.user_publish.setting = XS_PUBLISH_NO;
    fixture->lookups[UNTRUSTED] = published("d@b.example");
    fixture->lookups[UNTRUSTED].error = XS_ERROR_TIMEOUT;
    fixture->lookups[AWAY] = published("e@b.example");
    fixture->lookups[AWAY].facts.presence.show = XS_SHOW_AWAY;
    fixture->lookups[AWAY].facts.presence.last_s = NOW - 5;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    xs_responder_free(fixture->responder);
    free(fixture);
    return 0;
}

static void answer(struct fixture *fixture, struct xs_request request)
{
    request.is_list = true;
    if (request.jid_count == 0)
        request.jid_count = COUNT;
    assert_int_equal(xs_responder_answer(fixture->responder, &request, fixture->lookups, NOW,
                                         &fixture->response),
                     XS_OK);
}

static void assert_body(const struct fixture *fixture, int status, const char *body)
{
    assert_int_equal(fixture->response.status, status);
    assert_int_equal(fixture->response.body_len, strlen(body));
    assert_memory_equal(fixture->response.body, body, strlen(body));
}

static void assert_head_has(const struct fixture *fixture, const char *line)
{
    assert_non_null(strstr(fixture->response.head, line));
}

static void responder_answer__is_an_array_of_answers__in_json(void **state)
{
    answer(*state, (struct xs_request){.format = XS_FORMAT_JSON});
    assert_body(*state, 200,
                "[{\"jid\":\"a@b.example\",\"state\":\"online\"},"
                "{\"jid\":\"b@b.example\",\"error\":\"item-not-found\"},"
                "{\"error\":\"jid-malformed\"},"
                "{\"jid\":\"d@b.example\",\"error\":\"remote-server-timeout\"},"
                "{\"jid\":\"e@b.example\",\"state\":\"away\",\"last\":1699999995}]\n");
    assert_head_has(*state, "Content-Type: application/json\r\n");
}

static void responder_answer__is_a_line_for_each__in_text(void **state)
{
    answer(*state, (struct xs_request){.format = XS_FORMAT_TEXT});
    assert_body(*state, 200,
                "a@b.example online\nb@b.example unknown\n- unknown\nd@b.example unknown\n"
                "e@b.example away\n");
}

static void responder_answer__is_presences__in_xml(void **state)
{
    answer(*state, (struct xs_request){.format = XS_FORMAT_XML, .jid_count = 2});
    assert_body(*state, 200,
                "<presences xmlns=\"urn:xmpp-status:1\">\n"
                "  <presence xmlns=\"jabber:client\" from=\"a@b.example\"/>\n"
                "  <presence xmlns=\"jabber:client\" from=\"b@b.example\" type=\"error\">\n"
                "    <error type=\"cancel\">\n"
                "      <item-not-found xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/>\n"
                "    </error>\n"
                "  </presence>\n"
                "</presences>\n");
}

static void responder_answer__is_for_others_to_keep__if_all_is_known(void **state)
{
    struct fixture *fixture = *state;

    answer(fixture, (struct xs_request){.format = XS_FORMAT_TEXT});
    assert_head_has(fixture, "Cache-Control: no-store\r\n");
    assert_head_has(fixture, "ETag: ");
    assert_null(strstr(fixture->response.head, "Retry-After"));
    answer(fixture, (struct xs_request){.format = XS_FORMAT_TEXT, .jid_count = 3});
    assert_head_has(fixture, "Cache-Control: public, max-age=7\r\n");
}

static void responder_answer__is_304__when_the_client_has_the_list(void **state)
{
    struct fixture *fixture = *state;
    char etag[XS_HEAD_SIZE];

    for (size_t count = 3; count <= COUNT; count++) {
        answer(fixture, (struct xs_request){.format = XS_FORMAT_JSON, .jid_count = count});
        assert_int_equal(fixture->response.status, 200);
        strcpy(etag, strstr(fixture->response.head, "ETag: ") + strlen("ETag: "));
        *strchr(etag, '\r') = '\0';
        answer(fixture, (struct xs_request){
                            .format = XS_FORMAT_JSON, .jid_count = count, .if_none_match = etag});
        assert_body(fixture, 304, "");
        assert_head_has(fixture, etag);
    }
}

/* The bytes of the single answer, whichever of the JIDs it is for. */
static void responder_answer__is_that_of_the_most_available__with_any(void **state)
{
    struct fixture *fixture = *state;
    const struct xs_request any = {.format = XS_FORMAT_JSON, .is_any = true};

    answer(fixture, any);
    assert_body(fixture, 200, "{\"jid\":\"a@b.example\",\"state\":\"online\"}\n");
    fixture->lookups[ONLINE].facts.presence.available = false;
    answer(fixture, any);
    assert_body(fixture, 200, "{\"jid\":\"e@b.example\",\"state\":\"away\",\"last\":1699999995}\n");
    fixture->lookups[AWAY].facts.presence.available = false;
    fixture->lookups[AWAY].facts.presence.show = XS_SHOW_NONE;
    answer(fixture, any);
    assert_body(fixture, 503, "{\"jid\":\"d@b.example\",\"error\":\"remote-server-timeout\"}\n");
    fixture->lookups[UNTRUSTED] = fixture->lookups[BLOCKED];
    answer(fixture, any);
    assert_body(fixture, 200,
                "{\"jid\":\"e@b.example\",\"state\":\"offline\",\"last\":1699999995}\n");
}

static void responder_answer__is_the_first_of_equals__with_any(void **state)
{
    struct fixture *fixture = *state;
    const struct xs_request any = {.format = XS_FORMAT_TEXT, .is_any = true};

    fixture->lookups[AWAY] = fixture->lookups[ONLINE];
    fixture->lookups[AWAY].jid.bare[0] = 'z';
    answer(fixture, (struct xs_request){.format = XS_FORMAT_JSON, .is_any = true});
    assert_body(fixture, 200, "{\"jid\":\"a@b.example\",\"state\":\"online\"}\n");
    for (size_t i = 0; i < COUNT; i++)
        fixture->lookups[i].facts.user_publish.setting = XS_PUBLISH_NO;
    fixture->lookups[UNTRUSTED].error = XS_OK;
    answer(fixture, any);
    assert_body(fixture, 404, "unknown\n");
    for (size_t i = 0; i < COUNT; i++)
        fixture->lookups[i].jid.local_len = 0;
    answer(fixture, any);
    assert_body(fixture, 400, "unknown\n");
}

static void responder_answer__withholds_in_any__what_it_withholds_alone(void **state)
{
    struct fixture *fixture = *state;

    /* More recent, but that is not to be told, so it does not win by it either. */
    fixture->lookups[BLOCKED] = fixture->lookups[ONLINE];
    fixture->lookups[BLOCKED].jid.bare[0] = 'b';
    fixture->lookups[BLOCKED].facts.presence.last_s = NOW - 1;
    fixture->lookups[BLOCKED].facts.user_publish.setting = XS_PUBLISH_YES;
    fixture->lookups[BLOCKED].facts.user_publish.nolast = true;
    answer(fixture, (struct xs_request){.format = XS_FORMAT_JSON, .is_any = true});
    assert_body(fixture, 200, "{\"jid\":\"a@b.example\",\"state\":\"online\"}\n");
}

/* Statuses that need more room than the socket has make it 400, in whatever format. */
static void responder_answer__is_400__when_the_list_is_too_long(void **state)
{
    static char status[1024 * 4 + 1];
    static struct xs_lookup lookups[XS_QUERY_JIDS_MAX];
    const struct fixture *fixture = *state;
    struct xs_request request = {.is_list = true, .format = XS_FORMAT_JSON};
    struct xs_response response;

    for (size_t i = 0; i < 1024; i++)
        strcpy(status + 4 * i, "\xF0\x9F\x90\xAF");
    for (size_t i = 0; i < XS_QUERY_JIDS_MAX; i++) {
        lookups[i] = fixture->lookups[ONLINE];
        lookups[i].facts.domain_publish.status = true;
        lookups[i].facts.presence.status = status;
    }
    for (int format = XS_FORMAT_XML; format <= XS_FORMAT_JSON; format++) {
        request.format = (enum xs_format)format;
        request.jid_count = XS_BODY_LIST_MAX / 4200;
        assert_int_equal(xs_responder_answer(fixture->responder, &request, lookups, NOW, &response),
                         XS_OK);
        assert_int_equal(response.status, 200);
        assert_in_range(response.body_len, XS_BODY_LIST_MAX * 9 / 10, XS_BODY_LIST_MAX);
        for (request.jid_count += 2; request.jid_count <= XS_QUERY_JIDS_MAX; request.jid_count++) {
            assert_int_equal(
                xs_responder_answer(fixture->responder, &request, lookups, NOW, &response), XS_OK);
            assert_int_equal(response.status, 400);
            assert_in_range(response.body_len, 1, 200);
            assert_non_null(strstr(response.body, "bad-request"));
        }
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(responder_answer__is_an_array_of_answers__in_json),
        TEST(responder_answer__is_a_line_for_each__in_text),
        TEST(responder_answer__is_presences__in_xml),
        TEST(responder_answer__is_for_others_to_keep__if_all_is_known),
        TEST(responder_answer__is_304__when_the_client_has_the_list),
        TEST(responder_answer__is_that_of_the_most_available__with_any),
        TEST(responder_answer__is_the_first_of_equals__with_any),
        TEST(responder_answer__withholds_in_any__what_it_withholds_alone),
        TEST(responder_answer__is_400__when_the_list_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
