#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "etag.h"

#define TAG "\"abc\""

static void etag_make__tells_bodies_apart__by_every_byte(void **state)
{
    char empty[XS_ETAG_SIZE];
    char first[XS_ETAG_SIZE];
    char second[XS_ETAG_SIZE];

    (void)state;
    xs_etag_make("", 0, empty);
    xs_etag_make("online\n", 7, first);
    xs_etag_make("online\n", 7, second);
    assert_string_equal(first, second);
    assert_string_not_equal(first, empty);
    xs_etag_make("online", 6, second);
    assert_string_not_equal(first, second);
    xs_etag_make("offline\n", 8, second);
    assert_string_not_equal(first, second);
    assert_int_equal(strlen(first), XS_ETAG_SIZE - 1);
    assert_int_equal(strspn(first + 1, "0123456789abcdef"), 32);
    assert_int_equal(first[0], '"');
    assert_int_equal(first[33], '"');
    /* The same on every machine: several responders may serve one client in turn. */
    assert_string_equal(empty, "\"99aa06d3014798d86001c324468d497f\"");
}

static void etag_is_named__follows__each_case(void **state)
{
    static const struct {
        const char *header;
        bool expected;
    } cases[] = {
        {NULL, false},
        {"", false},
        {TAG, true},
        {"W/" TAG, true},
        {" " TAG " ", true},
        {"*", true},
        {" * ", true},
        {"*, " TAG, false},
        {"\"x\", " TAG, true},
        {"\"x\"," TAG, true},
        {"\"x\" ,\t,, W/" TAG " , \"y\"", true},
        {TAG ", garbage", true},
        {"garbage, " TAG, false},
        {"\"x\" " TAG, false},
        {"w/" TAG, false},
        {"W/ " TAG, false},
        {"abc", false},
        {"\"abc", false},
        {"\"ab\"", false},
        {"\"abcd\"", false},
        {"\"ABC\"", false},
        {"\"a,b\", " TAG, true},
        {"\"\", " TAG, true},
        {"\"\xC3\xA4\", " TAG, true},
        {"\"a b\", " TAG, false}, /* no space in a tag */
        {",", false},
        {"\"\"abc\"\"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (xs_etag_is_named(TAG, cases[i].header) != cases[i].expected)
            fail_msg("%s", cases[i].header);
    }
}

static void etag_is_named__ignores_the_header__beyond_its_limit(void **state)
{
    char header[XS_IF_NONE_MATCH_MAX + 2];

    (void)state;
    memset(header, ' ', sizeof header);
    memcpy(header, TAG, strlen(TAG));
    header[XS_IF_NONE_MATCH_MAX] = '\0';
    assert_true(xs_etag_is_named(TAG, header));
    header[XS_IF_NONE_MATCH_MAX] = ' ';
    header[XS_IF_NONE_MATCH_MAX + 1] = '\0';
    assert_false(xs_etag_is_named(TAG, header));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(etag_make__tells_bodies_apart__by_every_byte),
        cmocka_unit_test(etag_is_named__follows__each_case),
        cmocka_unit_test(etag_is_named__ignores_the_header__beyond_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
