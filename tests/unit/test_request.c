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
    {"GET", PATH, "format=xm", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=xml=", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=yaml", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"HEAD", PATH, "format=yaml", XS_METHOD_HEAD, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=xml&format=xml", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    {"GET", PATH, "format=xml&a&format=yaml", XS_METHOD_GET, XS_FLAW_QUERY, NULL},
    /* The path. */
    {"GET", NULL, "", XS_METHOD_GET, XS_FLAW_JID, NULL},
    {"GET", "", "", XS_METHOD_GET, XS_FLAW_JID, NULL},
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
        const struct xs_request_params params = {c->method, c->path, c->query};
        struct xs_request request;
        struct xs_jid jid = {.bare = "untouched"};

        assert_int_equal(xs_request_parse(&params, &request, &jid), XS_OK);
        if (request.method != c->expected_method || request.flaw != c->flaw ||
            xs_request_is_lookup(&request) != (c->jid != NULL) ||
            strcmp(jid.bare, c->jid != NULL ? c->jid : "untouched") != 0)
            fail_msg("case %zu: %s %s ?%s: flaw %d, JID %s", i, c->method,
                     c->path != NULL ? c->path : "(none)", c->query != NULL ? c->query : "(none)",
                     (int)request.flaw, jid.bare);
        assert_int_equal(request.format, XS_FORMAT_XML);
    }
}

static void request_parse__is_invalid__without_a_method(void **state)
{
    struct xs_request_params params = {NULL, PATH, NULL};
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
    const struct xs_request_params params = {"GET", PATH, query};
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
        cmocka_unit_test(request_parse__is_invalid__without_a_method),
        cmocka_unit_test(request_parse__bounds_the_query__at_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
