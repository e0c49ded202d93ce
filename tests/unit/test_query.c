#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "query.h"

struct query_case {
    const char *query;
    bool is_valid;
    bool has_format;
    enum xs_format format;
};

static const struct query_case cases[] = {
    {NULL, true, false, XS_FORMAT_XML},
    {"", true, false, XS_FORMAT_XML},
    {"format=xml", true, true, XS_FORMAT_XML},
    {"format=json", true, true, XS_FORMAT_JSON},
    {"format=text", true, true, XS_FORMAT_TEXT},
    {"format=svg", true, true, XS_FORMAT_SVG},
    {"&a&format=svg&b=c&&", true, true, XS_FORMAT_SVG},
    {"f%6Frmat=%73vg", true, true, XS_FORMAT_SVG},
    {"format=events", true, true, XS_FORMAT_EVENTS},
    {"format=event", false, false, XS_FORMAT_XML},
    {"format=JSON", false, false, XS_FORMAT_XML},
    {"format=json%00", false, false, XS_FORMAT_XML},
    {"format=%256Ason", false, false, XS_FORMAT_XML}, /* decoded once */
    {"format=json+", false, false, XS_FORMAT_XML},
    {"format=%6", false, false, XS_FORMAT_XML},
    {"format=json%", false, false, XS_FORMAT_XML},
    {"format=%zz", false, false, XS_FORMAT_XML},
    {"format=json&format=json", false, false, XS_FORMAT_XML},
    {"format=json&format=svg&format=svg", false, false, XS_FORMAT_XML},
    {"format=yaml&format=json", false, false, XS_FORMAT_XML},
    {"format=json&format", false, false, XS_FORMAT_XML},
    {"style=flat", true, false, XS_FORMAT_XML},
    {"style=dot&format=svg", true, true, XS_FORMAT_SVG},
    {"style=round&format=svg", false, true, XS_FORMAT_SVG},
    {"format=svg&style=", false, true, XS_FORMAT_SVG},
    {"format=svg&style=dot&style=dot", false, true, XS_FORMAT_SVG},
    {"label=a&label=a", false, false, XS_FORMAT_XML},
    {"label=%FF", false, false, XS_FORMAT_XML},
    {"label=%C0%80", false, false, XS_FORMAT_XML},
    {"label=%ED%A0%80", false, false, XS_FORMAT_XML},
    {"label=%", false, false, XS_FORMAT_XML},
    {"label=%4", false, false, XS_FORMAT_XML},
    {"label=%4x", false, false, XS_FORMAT_XML},
    {"any", true, false, XS_FORMAT_XML},
    {"any=&jid=a", true, false, XS_FORMAT_XML},
    {"any=1", true, false, XS_FORMAT_XML},
    {"any=0", false, false, XS_FORMAT_XML},
    {"any=yes&format=text", false, true, XS_FORMAT_TEXT},
    {"any&any", false, false, XS_FORMAT_XML},
    /* Not ours. */
    {"formats=yaml&Format=yaml&=format&other=%FF%&%zz=1", true, false, XS_FORMAT_XML},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1&format=text", true, true, XS_FORMAT_TEXT},
};

static void query_parse__finds_format_and_flaws__for_each_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct xs_query query;

        memset(&query, 0x5a, sizeof query);
        xs_query_parse(cases[i].query, &query);
        if (query.is_valid != cases[i].is_valid || query.has_format != cases[i].has_format ||
            query.format != cases[i].format)
            fail_msg("%s: %d %d %d", cases[i].query, query.is_valid, query.has_format,
                     (int)query.format);
    }
}

static void query_parse__reads__the_style(void **state)
{
    struct xs_query query;

    (void)state;
    xs_query_parse("", &query);
    assert_int_equal(query.style, XS_BADGE_FLAT);
    xs_query_parse("style=dot", &query);
    assert_int_equal(query.style, XS_BADGE_DOT);
    xs_query_parse("style=flat", &query);
    assert_int_equal(query.style, XS_BADGE_FLAT);
}

static void query_parse__decodes_and_cleans__the_label(void **state)
{
    static const struct {
        const char *query;
        const char *label;
    } rows[] = {
        {"label=", ""},
        {"label", ""},
        {"label=Ask+us%21", "Ask us!"},
        {"label=a=b", "a=b"},
        {"label=%2526", "%26"},
        {"label=%3Cb%3E%26%22%27", "<b>&\"'"},
        {"label=%E6%97%A5%E6%9C%AC", "\xE6\x97\xA5\xE6\x9C\xAC"},
        {"label=\xE6\x97\xA5", "\xE6\x97\xA5"}, /* raw, as some clients send it */
        {"label=a%00b%01c%1Bd%7Fe%C2%85f", "abcdef"},
        {"label=a%09b%0Ac%0Dd", "a b c d"},
        {"label=a%EF%BF%BEb%EF%BF%BFc", "abc"},
        {"label=a%E2%80%AEb%E2%81%A6c%E2%80%8Fd%D8%9Ce", "abcde"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct xs_query query;

        xs_query_parse(rows[i].query, &query);
        assert_true(query.is_valid);
        assert_true(query.has_label);
        assert_string_equal(query.label, rows[i].label);
    }
}

static void query_parse__bounds__the_label(void **state)
{
    char text[sizeof "label=" + XS_LABEL_MAX + 1] = "label=";
    char *label = text + strlen(text);
    struct xs_query query;

    (void)state;
    memset(label, 'x', XS_LABEL_MAX + 1);
    xs_query_parse(text, &query);
    assert_false(query.is_valid);
    label[XS_LABEL_MAX] = '\0';
    xs_query_parse(text, &query);
    assert_true(query.is_valid);
    assert_string_equal(query.label, label);
}

static void query_parse__bounds__length_and_number(void **state)
{
    char text[XS_QUERY_MAX + 2];
    struct xs_query query;

    (void)state;
    memset(text, 'x', sizeof text);
    text[XS_QUERY_MAX + 1] = '\0';
    xs_query_parse(text, &query);
    assert_false(query.is_valid);
    text[XS_QUERY_MAX] = '\0';
    xs_query_parse(text, &query);
    assert_true(query.is_valid);
    memset(text, '\xC3', XS_QUERY_MAX / 3 + 1);
    text[XS_QUERY_MAX / 3] = '\0';
    xs_query_parse(text, &query);
    assert_true(query.is_valid);
    text[XS_QUERY_MAX / 3] = '\xC3';
    text[XS_QUERY_MAX / 3 + 1] = '\0';
    xs_query_parse(text, &query);
    assert_false(query.is_valid);
    memset(text, 'x', XS_QUERY_MAX);
    for (size_t i = 0; i < XS_QUERY_PARAMETERS_MAX; i++)
        memcpy(text + 2 * i, "x&", 3);
    xs_query_parse(text, &query);
    assert_true(query.is_valid);
    memcpy(text + 2 * XS_QUERY_PARAMETERS_MAX, "x", 2);
    xs_query_parse(text, &query);
    assert_false(query.is_valid);
}

static void query_parse__reads__any(void **state)
{
    static const char *const asked[] = {"any", "any=", "any=1", "%61ny=%31", "jid=a@b&any"};
    struct xs_query query;

    (void)state;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        xs_query_parse(asked[i], &query);
        assert_true(query.is_any);
    }
    xs_query_parse("many&any1=1&format=text", &query);
    assert_true(query.is_valid);
    assert_false(query.is_any);
}

static void query_parse__counts__the_jids_up_to_their_limit(void **state)
{
    char text[4 * (XS_QUERY_JIDS_MAX + 1) + 1] = "";
    struct xs_query query;

    (void)state;
    for (size_t i = 0; i < XS_QUERY_JIDS_MAX; i++)
        strcat(text, "jid&");
    xs_query_parse(text, &query);
    assert_true(query.is_valid);
    assert_int_equal(query.jid_count, XS_QUERY_JIDS_MAX);
    strcat(text, "jid");
    xs_query_parse(text, &query);
    assert_false(query.is_valid);
}

static void query_next_jid__reads__one_after_the_other(void **state)
{
    static const struct {
        const char *jid; /* NULL: not a JID */
        const char *text;
    } rows[] = {
        {"a@example.org", "jid=a@example.org"},
        {"a@example.org", "&&format=xml&jid=A%40Example.ORG."},
        {"a+b@example.org", "j%69d=a+b@example.org"},
        {"a+b@example.org", "jid=a%2Bb@example.org"},
        {"a%41@example.org", "jid=a%2541@example.org"}, /* decoded once */
        {"a@example.org", "jid=a@example.org/phone%26x"},
        {"a=b@example.org", "jid=a=b@example.org"},
        {"\xC3\xA4@b.example", "jid=%C3%84@b.example"},
        {NULL, "jid"},
        {NULL, "jid="},
        {NULL, "jid=example.org"},
        {NULL, "jid=a%20b@example.org"},
        {NULL, "jid=a%00@example.org"},
        {NULL, "jid=a%4@example.org"},
        {NULL, "jid=%"},
        {NULL, "jid=a@b,c@d e@f"},
        {"a,b@example.org", "jid=a,b@example.org"}, /* no other separator */
    };
    char text[1024] = "";
    const char *pos = text;
    struct xs_query query;
    struct xs_jid jid;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        strcat(text, i > 0 ? "&" : "");
        strcat(text, rows[i].text);
    }
    xs_query_parse(text, &query);
    assert_true(query.is_valid);
    assert_int_equal(query.jid_count, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum xs_error error = xs_query_next_jid(&pos, &jid);

        if (error != (rows[i].jid != NULL ? XS_OK : XS_ERROR_INVALID) ||
            (rows[i].jid != NULL && strcmp(jid.bare, rows[i].jid) != 0))
            fail_msg("%s: %s", rows[i].text, xs_error_string(error));
    }
    assert_int_equal(xs_query_next_jid(&pos, &jid), XS_ERROR_NOT_FOUND);
    assert_int_equal(xs_query_next_jid(&pos, &jid), XS_ERROR_NOT_FOUND);
}

static void query_next_jid__bounds__the_jid(void **state)
{
    static char text[sizeof "jid=" + XS_JID_RAW_MAX + 1] = "jid=a@example.org/";
    const char *pos = text;
    struct xs_jid jid;

    (void)state;
    memset(text + strlen(text), 'r', sizeof text - 1 - strlen(text));
    assert_int_equal(xs_query_next_jid(&pos, &jid), XS_ERROR_INVALID);
    text[sizeof text - 2] = '\0';
    pos = text;
    assert_int_equal(xs_query_next_jid(&pos, &jid), XS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_parse__finds_format_and_flaws__for_each_case),
        cmocka_unit_test(query_parse__reads__the_style),
        cmocka_unit_test(query_parse__decodes_and_cleans__the_label),
        cmocka_unit_test(query_parse__bounds__the_label),
        cmocka_unit_test(query_parse__bounds__length_and_number),
        cmocka_unit_test(query_parse__reads__any),
        cmocka_unit_test(query_parse__counts__the_jids_up_to_their_limit),
        cmocka_unit_test(query_next_jid__reads__one_after_the_other),
        cmocka_unit_test(query_next_jid__bounds__the_jid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
