#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "accept.h"

#define XML  XS_FORMAT_XML
#define JSON XS_FORMAT_JSON
#define TEXT XS_FORMAT_TEXT
#define SVG  XS_FORMAT_SVG

struct accept_case {
    const char *accept;
    enum xs_format expected;
};

static const struct accept_case cases[] = {
    /* Nothing asked, everything welcome: XML. */
    {NULL, XML},
    {"", XML},
    {"*/*", XML},
    {"*/*;q=0.1", XML},
    /* One type. */
    {"application/xml", XML},
    {"text/xml", XML},
    {"application/json", JSON},
    {"text/plain", TEXT},
    {"image/svg+xml", SVG},
    {"APPLICATION/Json", JSON},
    {"application/json;charset=utf-8", JSON},
    {"application/json; odata=verbose", JSON},
    /* A family of types, and ties: XML, JSON, text, SVG. */
    {"application/*", XML},
    {"text/*", XML},
    {"application/*, text/xml;q=0, application/xml;q=0", JSON},
    {"application/json, application/xml", XML},
    {"text/plain, application/json", JSON},
    {"image/svg+xml, text/plain", TEXT},
    {"text/plain, image/svg+xml, application/json, text/xml", XML},
    {"application/json, */*", XML},
    /* Weights. */
    {"application/xml;q=0.9, application/json", JSON},
    {"application/xml;q=0.899, application/json;q=0.9", JSON},
    {"application/xml;q=0.001, application/json;q=0", XML},
    {"application/json;q=0, text/plain;q=0.001", TEXT},
    {"text/plain;q=1.000, application/json;q=0.999", TEXT},
    {"text/plain;q=1., application/json;q=0.9", TEXT},
    {"application/json;q=0.5, */*;q=0.1", JSON},
    {"text/plain;Q=0.2, application/json;q=0.1", TEXT},
    {"application/json ; q=0.3 ,\ttext/plain ; q=0.4", TEXT},
    /* What is more specific decides, whatever its place and weight. */
    {"application/json;q=0.1, */*;q=0.9", XML},
    {"application/xml;q=0.1, text/xml;q=0.1, */*;q=0.9", JSON},
    {"*/*;q=0.9, text/*;q=0.2, application/*;q=0.1", SVG},
    {"*/*, application/xml;q=0, text/xml;q=0", JSON},
    {"*/*, application/*;q=0, text/xml;q=0", TEXT},
    {"text/plain;format=flowed;q=0.9, text/plain;q=0.1, application/json;q=0.5", JSON},
    {"text/plain;format=flowed;q=0.9, application/json;q=0.5", TEXT},
    {"text/plain;charset=\"UTF-8\";q=0.1, text/plain;a=b, application/json;q=0.5", JSON},
    {"application/json;q=0.2, application/json;q=0.8, text/plain;q=0.5", JSON},
    /* The first XML type may be refused if the other one is not. */
    {"application/xml;q=0, text/xml", XML},
    /* Nothing that we have. */
    {"application/pdf", XML},
    {"audio/*", XML},
    {"*/*;q=0", XML},
    {"application/json;q=0", XML},
    /* Browsers that open a page. */
    {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
     "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
     XML},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", XML},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/png,"
     "image/svg+xml,*/*;q=0.8",
     XML},
    {"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", XML},
    {"text/html, image/svg+xml", SVG},
    {"text/html, application/json;q=0.9", JSON},
    /* Browsers that load an <img>. */
    {"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", SVG},
    {"image/avif,image/webp,*/*", SVG},
    {"image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,"
     "image/svg+xml,image/*;q=0.8,*/*;q=0.5",
     SVG},
    {"image/png,image/*;q=0.8,*/*;q=0.5", SVG},
    {"image/*", SVG},
    {"image/png", SVG},
    {"IMAGE/PNG", SVG},
    {"image/png, */*;q=0", SVG},
    {"image/png, image/svg+xml;q=0", XML},
    {"image/png, image/*;q=0", XML},
    {"image/*;q=0, */*", XML},
    {"image/png;q=0, */*", XML},
    {"image/png, text/css", XML},
    {"image/png, text/css;q=0", SVG},
    {"image/png, application/json;q=0.1", JSON},
    /* Programs. */
    {"application/json, text/plain, */*", XML},
    {"application/json, text/javascript, */*; q=0.01", JSON},
    {"text/html, image/gif, image/jpeg, */*; q=0.2", XML},
    /* What breaks the grammar is ignored, the rest is not. */
    {",", XML},
    {" ,, application/json ,,", JSON},
    {"application", XML},
    {"application, application/json", JSON},
    {"application/", XML},
    {"/json", XML},
    {"*/json", XML},
    {"application /json", XML},
    {"application/json;q=2", XML},
    {"application/json;q=-1", XML},
    {"application/json;q=1.001", XML},
    {"application/json;q=0.1234", XML},
    {"application/json;q=.5", XML},
    {"application/json;q=", XML},
    {"application/json;q", XML},
    {"application/json;q=0.5;q=0.9, text/plain;q=0.7", TEXT},
    {"application/json;q=0.5;ext;other=\"a,b\", text/plain;q=0.4", JSON},
    {"application/json;", JSON},
    {"application/json;;q=0.1, text/plain;q=0.2", TEXT},
    {"application/json;a=\"x,text/plain;q=1\";q=0.5, image/svg+xml;q=0.6", SVG},
    {"application/json;a=\"x\\\",\", text/plain", JSON},
    {"application/json;a=\"unfinished, text/plain", XML},
    {"application/json text/plain", XML},
    {"application/json;q=1 text/plain", XML},
    {"text/plain\x80, application/json;q=0.1", JSON},
};

static void accept_choose__follows__each_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum xs_format format = xs_accept_choose(cases[i].accept);

        if (format != cases[i].expected)
            fail_msg("%s: %d, not %d", cases[i].accept, (int)format, (int)cases[i].expected);
    }
}

static void accept_choose__ignores_the_header__beyond_its_limit(void **state)
{
    static const char json[] = "application/json";
    char accept[XS_ACCEPT_MAX + 2];

    (void)state;
    memset(accept, ' ', sizeof accept);
    memcpy(accept, json, sizeof json - 1);
    accept[XS_ACCEPT_MAX] = '\0';
    assert_int_equal(xs_accept_choose(accept), XS_FORMAT_JSON);
    accept[XS_ACCEPT_MAX] = ' ';
    accept[XS_ACCEPT_MAX + 1] = '\0';
    assert_int_equal(xs_accept_choose(accept), XS_FORMAT_XML);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_choose__follows__each_case),
        cmocka_unit_test(accept_choose__ignores_the_header__beyond_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
