#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respond.h"

#define NOW 1700000000

#define TYPE_XML "Content-Type: application/xml; charset=utf-8\r\n"
#define COMMON                                                                                     \
    "X-Content-Type-Options: nosniff\r\n"                                                          \
    "Access-Control-Allow-Origin: *\r\n"                                                           \
    "Access-Control-Expose-Headers: ETag\r\n"                                                      \
    "Vary: Accept\r\n"

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

/* Answers and compares all of the bytes. */
static void assert_answer(struct xs_request request, const struct xs_lookup *lookup,
                          const char *expected_head, const char *expected_body)
{
    struct xs_responder *responder = xs_responder_new(7);
    struct xs_response response;

    assert_non_null(responder);
    memset(&response, 'x', sizeof(response));
    assert_int_equal(xs_responder_answer(responder, &request, lookup, NOW, &response), XS_OK);
    assert_string_equal(response.head, expected_head);
    assert_int_equal(response.head_len, strlen(expected_head));
    assert_int_equal(response.status, atoi(expected_head + strlen("Status: ")));
    assert_int_equal(response.body_len, strlen(expected_body));
    assert_memory_equal(response.body, expected_body, strlen(expected_body));
    xs_responder_free(responder);
}

/* Hashes of the bodies: they must not change from one version to the next without need. */
#define TAG_200   "\"070da6f66d825ef5b674e488c12e9707\""
#define TAG_SHORT "\"563a5eeeae408149ef693eee55c27702\""

#define HEAD_200                                                                                   \
    "Status: 200 OK\r\n" TYPE_XML "Content-Length: 143\r\n" COMMON                                 \
    "Cache-Control: public, max-age=7\r\nETag: " TAG_200 "\r\n\r\n"
#define BODY_200                                                                                   \
    "<presence xmlns=\"jabber:client\" from=\"support@tiggerswelt.net\">\n"                        \
    "  <show>xa</show>\n"                                                                          \
    "  <query xmlns=\"jabber:iq:last\" seconds=\"8973\"/>\n"                                       \
    "</presence>\n"
#define HEAD_404                                                                                   \
    "Status: 404 Not Found\r\n" TYPE_XML "Content-Length: 190\r\n" COMMON                          \
    "Cache-Control: public, max-age=7\r\n\r\n"
#define BODY_404                                                                                   \
    "<presence xmlns=\"jabber:client\" from=\"support@tiggerswelt.net\" type=\"error\">\n"         \
    "  <error type=\"cancel\">\n"                                                                  \
    "    <item-not-found xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/>\n"                        \
    "  </error>\n"                                                                                 \
    "</presence>\n"
#define HEAD_503                                                                                   \
    "Status: 503 Service Unavailable\r\n" TYPE_XML "Content-Length: 195\r\n" COMMON                \
    "Cache-Control: no-store\r\nRetry-After: 10\r\n\r\n"
#define BODY_503                                                                                   \
    "<presence xmlns=\"jabber:client\" from=\"support@tiggerswelt.net\" type=\"error\">\n"         \
    "  <error type=\"wait\">\n"                                                                    \
    "    <remote-server-timeout xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/>\n"                 \
    "  </error>\n"                                                                                 \
    "</presence>\n"

static void responder_answer__is_200__when_published(void **state)
{
    struct xs_lookup lookup = published();

    (void)state;
    assert_answer((struct xs_request){.method = XS_METHOD_GET}, &lookup, HEAD_200, BODY_200);
}

static void responder_answer__is_200_and_short__when_plainly_available(void **state)
{
    struct xs_lookup lookup = published();

    (void)state;
    lookup.facts.presence.show = XS_SHOW_NONE;
    lookup.facts.presence.last_s = XS_LAST_UNKNOWN;
    assert_answer((struct xs_request){.method = XS_METHOD_GET}, &lookup,
                  "Status: 200 OK\r\n" TYPE_XML "Content-Length: 65\r\n" COMMON
                  "Cache-Control: public, max-age=7\r\nETag: " TAG_SHORT "\r\n\r\n",
                  "<presence xmlns=\"jabber:client\" from=\"support@tiggerswelt.net\"/>\n");
}

/* 404 in all its reasons: the same bytes. */
static void responder_answer__is_404__when_not_published_or_unknown(void **state)
{
    struct xs_lookup closed = published();
    struct xs_lookup blocked = published();
    struct xs_lookup unknown = published();
    struct xs_lookup damaged = published();
    const struct xs_request get = {.method = XS_METHOD_GET};

    (void)state;
    closed.facts.domain_publish.setting = XS_PUBLISH_NO;
    blocked.facts.user_publish.setting = XS_PUBLISH_NO;
    unknown.facts.record = XS_RECORD_ABSENT;
    damaged.facts.record = XS_RECORD_DAMAGED;
    assert_answer(get, &closed, HEAD_404, BODY_404);
    assert_answer(get, &blocked, HEAD_404, BODY_404);
    assert_answer(get, &unknown, HEAD_404, BODY_404);
    assert_answer(get, &damaged, HEAD_404, BODY_404);
}

static void responder_answer__is_503__when_the_lease_is_over(void **state)
{
    struct xs_lookup lookup = published();

    (void)state;
    lookup.facts.lease.until_s = NOW;
    assert_answer((struct xs_request){.method = XS_METHOD_GET}, &lookup, HEAD_503, BODY_503);
}

/* Whatever the facts say: with an error they are not known. */
static void responder_answer__is_503__for_every_error_of_the_lookup(void **state)
{
    (void)state;
    for (int error = XS_OK + 1; error < XS_ERROR_COUNT; error++) {
        struct xs_lookup lookup = published();

        lookup.error = (enum xs_error)error;
        assert_answer((struct xs_request){.method = XS_METHOD_GET}, &lookup, HEAD_503, BODY_503);
    }
}

#define HEAD_400(length)                                                                           \
    "Status: 400 Bad Request\r\n" TYPE_XML "Content-Length: " length "\r\n" COMMON                 \
    "Cache-Control: no-store\r\n\r\n"

static void responder_answer__is_400__for_each_flaw(void **state)
{
    (void)state;
    assert_answer((struct xs_request){.method = XS_METHOD_GET, .flaw = XS_FLAW_JID}, NULL,
                  HEAD_400("158"),
                  "<presence xmlns=\"jabber:client\" type=\"error\">\n"
                  "  <error type=\"modify\">\n"
                  "    <jid-malformed xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/>\n"
                  "  </error>\n"
                  "</presence>\n");
    assert_answer((struct xs_request){.method = XS_METHOD_GET, .flaw = XS_FLAW_QUERY}, NULL,
                  HEAD_400("156"),
                  "<presence xmlns=\"jabber:client\" type=\"error\">\n"
                  "  <error type=\"modify\">\n"
                  "    <bad-request xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/>\n"
                  "  </error>\n"
                  "</presence>\n");
}

static void responder_answer__is_405__for_another_method(void **state)
{
    (void)state;
    assert_answer((struct xs_request){.method = XS_METHOD_OTHER}, NULL,
                  "Status: 405 Method Not Allowed\r\n" TYPE_XML "Content-Length: 156\r\n" COMMON
                  "Cache-Control: no-store\r\nAllow: GET, HEAD, OPTIONS\r\n\r\n",
                  "<presence xmlns=\"jabber:client\" type=\"error\">\n"
                  "  <error type=\"cancel\">\n"
                  "    <not-allowed xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/>\n"
                  "  </error>\n"
                  "</presence>\n");
}

static void responder_answer__is_204__for_options(void **state)
{
    (void)state;
    assert_answer((struct xs_request){.method = XS_METHOD_OPTIONS}, NULL,
                  "Status: 204 No Content\r\n" TYPE_XML COMMON
                  "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
                  "Access-Control-Allow-Headers: If-None-Match, Last-Event-ID\r\n"
                  "Access-Control-Max-Age: 86400\r\n\r\n",
                  "");
}

static void responder_answer__has_the_head_of_get_and_no_body__for_head(void **state)
{
    struct xs_lookup lookup = published();
    const struct xs_request head = {.method = XS_METHOD_HEAD};

    (void)state;
    assert_answer(head, &lookup, HEAD_200, "");
    lookup.error = XS_ERROR_TIMEOUT;
    assert_answer(head, &lookup, HEAD_503, "");
    lookup = published();
    lookup.facts.record = XS_RECORD_ABSENT;
    assert_answer(head, &lookup, HEAD_404, "");
    assert_answer((struct xs_request){.method = XS_METHOD_HEAD, .flaw = XS_FLAW_JID}, NULL,
                  HEAD_400("158"), "");
}

static void responder_answer__is_304__when_the_client_has_the_body(void **state)
{
    static const char head_304[] = "Status: 304 Not Modified\r\n" TYPE_XML COMMON
                                   "Cache-Control: public, max-age=7\r\nETag: " TAG_200 "\r\n\r\n";
    static const char *const tags[] = {TAG_200, "W/" TAG_200, "\"x\", " TAG_200, "*"};
    struct xs_lookup lookup = published();
    struct xs_request request = {.method = XS_METHOD_GET};

    (void)state;
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        request.if_none_match = tags[i];
        request.method = i % 2 == 0 ? XS_METHOD_GET : XS_METHOD_HEAD;
        assert_answer(request, &lookup, head_304, "");
    }
    request.method = XS_METHOD_GET;
    request.if_none_match = TAG_SHORT;
    assert_answer(request, &lookup, HEAD_200, BODY_200);
}

/* Only a presence has a tag, so only a presence can be the same as before. */
static void responder_answer__ignores_tags__when_there_is_no_presence(void **state)
{
    struct xs_lookup unknown = published();
    struct xs_lookup untrusted = published();
    const struct xs_request any = {.method = XS_METHOD_GET, .if_none_match = "*"};

    (void)state;
    unknown.facts.record = XS_RECORD_ABSENT;
    untrusted.facts.lease.exists = false;
    assert_answer(any, &unknown, HEAD_404, BODY_404);
    assert_answer(any, &untrusted, HEAD_503, BODY_503);
}

/* Answers in a format; returns the body as a string of its own. */
static char *answer_body(struct xs_request request, const struct xs_lookup *lookup,
                         const char *content_type)
{
    struct xs_responder *responder = xs_responder_new(7);
    struct xs_response response;
    char expected[128];
    char *body;

    assert_non_null(responder);
    assert_int_equal(xs_responder_answer(responder, &request, lookup, NOW, &response), XS_OK);
    (void)snprintf(expected, sizeof(expected), "\r\nContent-Type: %s\r\nContent-Length: %zu\r\n",
                   content_type, response.body_len);
    assert_non_null(strstr(response.head, expected));
    assert_int_equal(strstr(response.head, "\r\nETag: ") != NULL, response.status == 200);
    body = strndup(response.body, response.body_len);
    assert_non_null(body);
    xs_responder_free(responder);
    return body;
}

static void responder_answer__has_other_formats__when_asked(void **state)
{
    const struct {
        enum xs_format format;
        const char *type;
        const char *presence;
        const char *not_found;
        const char *malformed;
    } rows[] = {
        {XS_FORMAT_JSON, "application/json",
         "{\"jid\":\"support@tiggerswelt.net\",\"state\":\"xa\",\"last\":1699991027}\n",
         "{\"jid\":\"support@tiggerswelt.net\",\"error\":\"item-not-found\"}\n",
         "{\"error\":\"jid-malformed\"}\n"},
        {XS_FORMAT_TEXT, "text/plain; charset=utf-8", "xa\n", "unknown\n", "unknown\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct xs_request request = {.method = XS_METHOD_GET, .format = rows[i].format};
        struct xs_lookup lookup = published();
        char *bodies[3];

        bodies[0] = answer_body(request, &lookup, rows[i].type);
        lookup.facts.record = XS_RECORD_ABSENT;
        bodies[1] = answer_body(request, &lookup, rows[i].type);
        request.flaw = XS_FLAW_JID;
        bodies[2] = answer_body(request, NULL, rows[i].type);
        assert_string_equal(bodies[0], rows[i].presence);
        assert_string_equal(bodies[1], rows[i].not_found);
        assert_string_equal(bodies[2], rows[i].malformed);
        for (size_t j = 0; j < 3; j++)
            free(bodies[j]);
    }
}

static void responder_answer__labels_badges__with_the_jid_or_as_asked(void **state)
{
    struct xs_request request = {.method = XS_METHOD_GET, .format = XS_FORMAT_SVG};
    struct xs_lookup lookup = published();
    char *body = answer_body(request, &lookup, "image/svg+xml; charset=utf-8");

    (void)state;
    assert_non_null(strstr(body, ">support@tiggerswelt.net<"));
    assert_non_null(strstr(body, ">extended away<"));
    free(body);
    request.has_label = true;
    strcpy(request.label, "a<b");
    lookup.facts.record = XS_RECORD_ABSENT;
    body = answer_body(request, &lookup, "image/svg+xml; charset=utf-8");
    assert_null(strstr(body, "support"));
    assert_non_null(strstr(body, ">a&lt;b<"));
    assert_non_null(strstr(body, ">unknown<"));
    free(body);
    request.has_label = false;
    request.flaw = XS_FLAW_JID;
    body = answer_body(request, NULL, "image/svg+xml; charset=utf-8");
    assert_non_null(strstr(body, ">XMPP<"));
    free(body);
}

static void responder_answer__leaks_nothing_of_the_last_answer__when_reused(void **state)
{
    struct xs_responder *responder = xs_responder_new(0);
    struct xs_lookup lookup = published();
    const struct xs_request get = {.method = XS_METHOD_GET};
    struct xs_response response;

    (void)state;
    assert_non_null(responder);
    lookup.facts.domain_publish.status = true;
    lookup.facts.presence.status = "a rather long status text";
    assert_int_equal(xs_responder_answer(responder, &get, &lookup, NOW, &response), XS_OK);
    lookup.error = XS_ERROR_UNAVAILABLE;
    assert_int_equal(xs_responder_answer(responder, &get, &lookup, NOW, &response), XS_OK);
    assert_int_equal(response.status, 503);
    assert_int_equal(response.body_len, strlen(BODY_503));
    assert_memory_equal(response.body, BODY_503, strlen(BODY_503));
    lookup = published();
    assert_int_equal(xs_responder_answer(responder, &get, &lookup, NOW, &response), XS_OK);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.head, "Cache-Control: public, max-age=0\r\n"));
    assert_int_equal(response.body_len, strlen(BODY_200));
    assert_memory_equal(response.body, BODY_200, strlen(BODY_200));
    xs_responder_free(responder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responder_answer__is_200__when_published),
        cmocka_unit_test(responder_answer__is_200_and_short__when_plainly_available),
        cmocka_unit_test(responder_answer__is_404__when_not_published_or_unknown),
        cmocka_unit_test(responder_answer__is_503__when_the_lease_is_over),
        cmocka_unit_test(responder_answer__is_503__for_every_error_of_the_lookup),
        cmocka_unit_test(responder_answer__is_400__for_each_flaw),
        cmocka_unit_test(responder_answer__is_405__for_another_method),
        cmocka_unit_test(responder_answer__is_204__for_options),
        cmocka_unit_test(responder_answer__has_the_head_of_get_and_no_body__for_head),
        cmocka_unit_test(responder_answer__is_304__when_the_client_has_the_body),
        cmocka_unit_test(responder_answer__ignores_tags__when_there_is_no_presence),
        cmocka_unit_test(responder_answer__has_other_formats__when_asked),
        cmocka_unit_test(responder_answer__labels_badges__with_the_jid_or_as_asked),
        cmocka_unit_test(responder_answer__leaks_nothing_of_the_last_answer__when_reused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
