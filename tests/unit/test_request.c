#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "request.h"

struct request_case {
    const char *method;
    const char *path;
    const char *query;
    enum xs_method expected_method;
    enum xs_flaw flaw;
    const char *jid; /* NULL: no lookup */
};

/* Which format is meant, for queries and Accept headers together. */
struct format_case {
    const char *query;
    const char *accept;
    enum xs_format expected;
};

#define PATH "/Support@TiggersWelt.net"
#define JID  "support@tiggerswelt.net"

static const struct request_case cases[] = {
    {"GET", PATH, NULL, XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"GET", PATH, "", XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"HEAD", PATH, "", XS_METHOD_HEAD, XS_FLAW_NONE, JID},
    {"GET", PATH "/phone", "", XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"GET", PATH "/", "", XS_METHOD_GET, XS_FLAW_NONE, JID},
    /* Percent signs are the JID's own here. */
    {"GET", "/a%41@example.org", "", XS_METHOD_GET, XS_FLAW_NONE, "a%41@example.org"},
    /* The query. */
    {"GET", PATH, "format=xml", XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"GET", PATH, "a=b&format=xml&", XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"GET", PATH, "&&format=xml", XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"GET", PATH, "formats=json&xformat=json&a=format&=format", XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"GET", PATH, "_=1234567890", XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"GET", PATH, "format", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=XML", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=xmlx", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=json", XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"GET", PATH, "format=text", XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"GET", PATH, "format=svg&label=x&style=dot", XS_METHOD_GET, XS_FLAW_NONE, JID},
    {"GET", PATH, "style=round", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "label=%FF", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=xm", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=xml=", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=yaml", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"HEAD", PATH, "format=yaml", XS_METHOD_HEAD, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=xml&format=xml", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=xml&a&format=yaml", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    /* The path. */
    {"GET", NULL, "", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", "", "format=json", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", "/", "", XS_METHOD_GET, XS_FLAW_JID, NULL},
    {"HEAD", "/", "", XS_METHOD_HEAD, XS_FLAW_JID, NULL},
    {"GET", JID, "", XS_METHOD_GET, XS_FLAW_JID, NULL},
    {"GET", "//" JID, "", XS_METHOD_GET, XS_FLAW_JID, NULL},
    {"GET", "/example.org", "", XS_METHOD_GET, XS_FLAW_JID, NULL},
    {"GET", "/@example.org", "", XS_METHOD_GET, XS_FLAW_JID, NULL},
    {"GET", "/a@", "", XS_METHOD_GET, XS_FLAW_JID, NULL},
    {"GET", "/a b@example.org", "", XS_METHOD_GET, XS_FLAW_JID, NULL},
    {"GET", PATH "\n", "", XS_METHOD_GET, XS_FLAW_JID, NULL},
    /* Other methods: neither path nor query matter. */
    {"OPTIONS", PATH, "", XS_METHOD_OPTIONS, XS_FLAW_NONE, NULL},
    {"OPTIONS", NULL, "format=yaml", XS_METHOD_OPTIONS, XS_FLAW_NONE, NULL},
    {"POST", PATH, "", XS_METHOD_OTHER, XS_FLAW_NONE, NULL},
    {"POST", "/", "format=yaml", XS_METHOD_OTHER, XS_FLAW_NONE, NULL},
    {"get", PATH, "", XS_METHOD_OTHER, XS_FLAW_NONE, NULL},
    {"GETS", PATH, "", XS_METHOD_OTHER, XS_FLAW_NONE, NULL},
    {"GE", PATH, "", XS_METHOD_OTHER, XS_FLAW_NONE, NULL},
};

static void request_parse__finds_method_flaw_and_jid__for_each_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct request_case *c = &cases[i];
        const struct xs_request_params params = {
            .method = c->method, .path = c->path, .query = c->query};
        struct xs_request request;
        struct xs_jid jid = {.bare = "untouched"};

        assert_int_equal(xs_request_parse(&params, &request, &jid), XS_OK);
        if (request.method != c->expected_method || request.flaw != c->flaw ||
            xs_request_is_lookup(&request) != (c->jid != NULL) ||
            strcmp(jid.bare, c->jid != NULL ? c->jid : "untouched") != 0)
            fail_msg("case %zu: %s %s ?%s: flaw %d, JID %s", i, c->method,
                     c->path != NULL ? c->path : "(none)", c->query != NULL ? c->query : "(none)",
                     (int)request.flaw, jid.bare);
    }
}

/* Requests without a path, and what their JIDs are for. */
static void request_parse__takes_the_jids_of_the_query__without_a_path(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        const char *query;
        size_t jid_count;
        bool is_list;
        bool is_any;
    } rows[] = {
        {"GET", NULL, "jid=a@b", 1, true, false},
        {"HEAD", "", "jid=a@b&jid=c@d", 2, true, false},
        {"GET", "", "jid=malformed&jid", 2, true, false},
        {"GET", "", "any&jid=a@b", 1, true, true},
        {"GET", "", "jid=a@b&any=1&format=json", 1, true, true},
        {"GET", "", "jid=a@b&jid=c@d&format=svg", 2, true, true},
        {"GET", "", "any", 0, true, false}, /* a flaw */
        {"OPTIONS", "", "jid=a@b", 0, false, false},
        {"GET", PATH, "jid=a@b&jid=c@d&any", 1, false, false},
        {"GET", "/", "jid=a@b&jid=c@d", 0, false, false}, /* a flaw */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct xs_request_params params = {
            .method = rows[i].method, .path = rows[i].path, .query = rows[i].query};
        struct xs_request request;
        struct xs_jid jid = {.bare = "untouched"};

        assert_int_equal(xs_request_parse(&params, &request, &jid), XS_OK);
        assert_int_equal(request.jid_count, rows[i].jid_count);
        assert_int_equal(request.is_list, rows[i].is_list);
        if (request.jid_count > 0)
            assert_int_equal(request.is_any, rows[i].is_any);
        assert_int_equal(xs_request_is_lookup(&request), rows[i].jid_count > 0);
        if (rows[i].is_list)
            assert_string_equal(jid.bare, "untouched");
        assert_ptr_equal(request.query, rows[i].query);
    }
}

static const struct format_case format_cases[] = {
    {NULL, NULL, XS_FORMAT_XML},
    {"", "", XS_FORMAT_XML},
    {NULL, "application/json", XS_FORMAT_JSON},
    {"a=b", "application/json", XS_FORMAT_JSON},
    /* The query overrules the header. */
    {"format=xml", "application/json", XS_FORMAT_XML},
    {"format=json", "image/*", XS_FORMAT_JSON},
    {"format=text", "image/*", XS_FORMAT_TEXT},
    {"format=svg", "application/json", XS_FORMAT_SVG},
    /* An error has a format too. */
    {"format=yaml", "application/json", XS_FORMAT_JSON},
    {"format=yaml", NULL, XS_FORMAT_XML},
    {"format=svg&format=svg", "text/plain", XS_FORMAT_TEXT},
    {"format=svg&style=round", "text/plain", XS_FORMAT_SVG},
};

static void request_parse__finds_the_format__in_query_then_header(void **state)
{
    static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "POST"};

    (void)state;
    for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++) {
        for (size_t i = 0; i < sizeof(format_cases) / sizeof(format_cases[0]); i++) {
            const struct format_case *c = &format_cases[i];
            const struct xs_request_params params = {
                .method = methods[m], .path = PATH, .query = c->query, .accept = c->accept};
            struct xs_request request;
            struct xs_jid jid;

            assert_int_equal(xs_request_parse(&params, &request, &jid), XS_OK);
            if (request.format != c->expected)
                fail_msg("%s, case %zu: format %d", methods[m], i, (int)request.format);
        }
    }
}

static void request_parse__finds_streams__in_query_then_header(void **state)
{
    static const struct {
        const char *query;
        const char *accept;
        bool is_stream;
    } rows[] = {
        {"format=events", NULL, true},
        {"format=events", "image/*", true},
        {"", "text/event-stream", true},
        {"", "text/event-stream, */*;q=0.1", true},
        {"", "*/*", false},
        {"", "text/*", false},
        {"format=json", "text/event-stream", false},
        {"format=events&style=round", NULL, true}, /* a flaw, to be told in JSON */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct xs_request_params params = {.method = "GET",
                                                 .path = PATH,
                                                 .query = rows[i].query,
                                                 .accept = rows[i].accept,
                                                 .last_event_id = "x",
                                                 .streams = "on"};
        struct xs_request request;
        struct xs_jid jid;

        assert_int_equal(xs_request_parse(&params, &request, &jid), XS_OK);
        assert_int_equal(request.is_stream, rows[i].is_stream);
        if (request.is_stream)
            assert_int_equal(request.format, XS_FORMAT_JSON);
        assert_string_equal(request.last_event_id, "x");
    }
}

/* Where the web server does not say that it bounds them, whatever it made of the query. */
static void request_parse__finds_no_streams__where_they_are_not_on(void **state)
{
    static const char *const values[] = {NULL, "", "off", "ON", "on ", "1"};
    static const char *const queries[] = {"format=events", "f%6Frmat=event%73", ""};

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        for (size_t q = 0; q < sizeof(queries) / sizeof(queries[0]); q++) {
            const struct xs_request_params params = {.method = "GET",
                                                     .path = PATH,
                                                     .query = queries[q],
                                                     .accept = "text/event-stream",
                                                     .streams = values[i]};
            struct xs_request request;
            struct xs_jid jid;

            assert_int_equal(xs_request_parse(&params, &request, &jid), XS_OK);
            assert_false(request.is_stream);
            assert_int_equal(request.format, XS_FORMAT_JSON);
            assert_int_equal(request.flaw, XS_FLAW_NONE);
        }
    }
}

static void request_parse__takes_over__label_style_and_tags(void **state)
{
    struct xs_request_params params = {.method = "GET",
                                       .path = PATH,
                                       .query = "label=Ask%20us&style=dot&format=svg",
                                       .if_none_match = "\"x\""};
    struct xs_request request;
    struct xs_jid jid;

    (void)state;
    assert_int_equal(xs_request_parse(&params, &request, &jid), XS_OK);
    assert_true(request.has_label);
    assert_string_equal(request.label, "Ask us");
    assert_int_equal(request.style, XS_BADGE_DOT);
    assert_ptr_equal(request.if_none_match, params.if_none_match);
    params.query = "label=%FF";
    params.if_none_match = NULL;
    assert_int_equal(xs_request_parse(&params, &request, &jid), XS_OK);
    assert_false(request.has_label);
    assert_string_equal(request.label, "");
    assert_int_equal(request.style, XS_BADGE_FLAT);
    assert_null(request.if_none_match);
}

static void request_parse__tells_the_target__by_the_script_alone(void **state)
{
    static const struct {
        const char *script;
        enum xs_target target;
    } scripts[] = {
        {NULL, XS_TARGET_STATUS},
        {"", XS_TARGET_STATUS},
        {"/xmpp/status", XS_TARGET_STATUS},
        {"/xmpp/metrics", XS_TARGET_METRICS},
        {"/xmpp/health", XS_TARGET_HEALTH},
        {"/xmpp/metrics/", XS_TARGET_STATUS},
        {"/xmpp/healthy", XS_TARGET_STATUS},
        {"/XMPP/metrics", XS_TARGET_STATUS},
    };
    struct xs_jid jid = {.bare = "untouched"};

    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        const struct xs_request_params params = {
            .method = "GET", .script = scripts[i].script, .query = "format=yaml"};
        struct xs_request request;

        assert_int_equal(xs_request_parse(&params, &request, &jid), XS_OK);
        assert_int_equal(request.target, scripts[i].target);
        assert_false(xs_request_is_lookup(&request));
        assert_int_equal(request.flaw,
                         request.target == XS_TARGET_STATUS ? XS_FLAW_QUERY : XS_FLAW_NONE);
    }
}

static void request_parse__is_invalid__without_a_method(void **state)
{
    struct xs_request_params params = {.path = PATH};
    struct xs_request request;
    struct xs_jid jid;

    (void)state;
    assert_int_equal(xs_request_parse(&params, &request, &jid), XS_ERROR_INVALID);
    params.method = "";
    assert_int_equal(xs_request_parse(&params, &request, &jid), XS_ERROR_INVALID);
}

static enum xs_flaw parse_query_of(size_t len)
{
    char query[XS_QUERY_MAX + 2];
    const struct xs_request_params params = {.method = "GET", .path = PATH, .query = query};
    struct xs_request request;
    struct xs_jid jid;

    memset(query, 'q', len);
    query[len] = '\0';
    assert_int_equal(xs_request_parse(&params, &request, &jid), XS_OK);
    return request.flaw;
}

static void request_parse__bounds_the_query__at_its_limit(void **state)
{
    (void)state;
    assert_int_equal(parse_query_of(XS_QUERY_MAX), XS_FLAW_NONE);
    assert_int_equal(parse_query_of(XS_QUERY_MAX + 1), XS_FLAW_QUERY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_parse__finds_method_flaw_and_jid__for_each_case),
        cmocka_unit_test(request_parse__takes_the_jids_of_the_query__without_a_path),
        cmocka_unit_test(request_parse__finds_the_format__in_query_then_header),
        cmocka_unit_test(request_parse__finds_streams__in_query_then_header),
        cmocka_unit_test(request_parse__finds_no_streams__where_they_are_not_on),
        cmocka_unit_test(request_parse__takes_over__label_style_and_tags),
        cmocka_unit_test(request_parse__tells_the_target__by_the_script_alone),
        cmocka_unit_test(request_parse__is_invalid__without_a_method),
        cmocka_unit_test(request_parse__bounds_the_query__at_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
