#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/resource.h>

#include "text.h"

struct row {
    const char *bytes;
    size_t len;
};

#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static void text_is_utf8__accepts__what_is(void **state)
{
    static const struct row rows[] = {
        BYTES(""),
        BYTES("plain"),
        BYTES("a\0b"),
        BYTES("\xC3\xA4\0\xC3\xA4"),
        BYTES("\xC2\x80"),
        BYTES("\xED\x9F\xBF"),
        BYTES("\xEE\x80\x80"),
        BYTES("\xEF\xBF\xBF"),
        BYTES("\xF0\x90\x80\x80"),
        BYTES("\xF4\x8F\xBF\xBF"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(xs_text_is_utf8(rows[i].bytes, rows[i].len));
}

static void text_is_utf8__refuses__what_is_not(void **state)
{
    static const struct row rows[] = {
        BYTES("\x80"),         /* a continuation alone */
        BYTES("\xC3"),         /* cut short */
        BYTES("\xE2\x82"),     /* cut short */
        BYTES("\xF0\x9F\x98"), /* cut short */
        BYTES("a\0\xC3"),      /* behind a NUL */
        BYTES("\xC3(" /* not a continuation */),
        BYTES("\xC0\x80"),         /* overlong NUL */
        BYTES("\xC1\xBF"),         /* overlong */
        BYTES("\xE0\x80\xAF"),     /* overlong */
        BYTES("\xF0\x80\x80\xAF"), /* overlong */
        BYTES("\xED\xA0\x80"),     /* surrogate */
        BYTES("\xED\xBF\xBF"),     /* surrogate */
        BYTES("\xF4\x90\x80\x80"), /* beyond U+10FFFF */
        BYTES("\xF8\x88\x80\x80\x80"),
        BYTES("\xFF"),
        BYTES("\xE4"), /* Latin-1 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_false(xs_text_is_utf8(rows[i].bytes, rows[i].len));
}

static void text_is_utf8__reads_no_byte_too_many__when_not_terminated(void **state)
{
    static const char bytes[] = {'\xC3', '\xA4', '\xC3'};

    (void)state;
    assert_true(xs_text_is_utf8(bytes, 2));
    assert_false(xs_text_is_utf8(bytes, 3));
}

/* Or text would count as damage, or as no text, for want of it. */
static void text_is_utf8__needs__no_memory(void **state)
{
    static char bytes[1 << 21]; /* more than what lies about in memory already */
    struct rlimit limit, none;
    bool is_utf8;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = i % 2 == 0 ? '\xC3' : '\xA4';
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    is_utf8 = xs_text_is_utf8(bytes, sizeof bytes);
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    assert_true(is_utf8);
}

static void text_is_ascii__tells_ascii_from_the_rest(void **state)
{
    (void)state;
    assert_true(xs_text_is_ascii("", 0));
    assert_true(xs_text_is_ascii("a\0\x7f", 3));
    assert_false(xs_text_is_ascii("a\x80", 2));
    assert_true(xs_text_is_ascii("a\x80", 1));
}

static void text_clean__gives__what_xml_allows(void **state)
{
    static const struct {
        struct row in;
        size_t max_chars;
        const char *out;
    } rows[] = {
        {BYTES(""), 10, ""},
        {BYTES("plain"), 10, "plain"},
        {BYTES("a\tb\nc\rd"), 10, "a\tb\nc\rd"},
        {BYTES("a\0b\x01\x08\x0b\x0c\x0e\x1f"
               "c"),
         10, "abc"},
        {BYTES("\x7f"), 10, "\x7f"},
        {BYTES("\0\0"), 10, ""},
        {BYTES("\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD"), 10, "\xEF\xBF\xBD"},
        {BYTES("\xC2\x85"), 10, "\xC2\x85"},
        {BYTES("\xF0\x9F\x98\x80\xC3\xA4z"), 10, "\xF0\x9F\x98\x80\xC3\xA4z"},
        {BYTES("\xF0\x9F\x98\x80\xC3\xA4z"), 2, "\xF0\x9F\x98\x80\xC3\xA4"},
        {BYTES("\x01\x02"
               "ab"),
         2, "ab"}, /* what is removed does not count */
        {BYTES("abc"), 3, "abc"},
        {BYTES("abc"), 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64];

        memcpy(text, rows[i].in.bytes, rows[i].in.len + 1);
        assert_int_equal(xs_text_clean(text, rows[i].in.len, rows[i].max_chars),
                         strlen(rows[i].out));
        assert_string_equal(text, rows[i].out);
    }
}

static void text_clean__drops_bytes__that_are_not_utf8(void **state)
{
    char text[] = "a\xFF\xC3";

    (void)state;
    assert_int_equal(xs_text_clean(text, 3, 10), 1);
    assert_string_equal(text, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_utf8__accepts__what_is),
        cmocka_unit_test(text_is_utf8__refuses__what_is_not),
        cmocka_unit_test(text_is_utf8__reads_no_byte_too_many__when_not_terminated),
        cmocka_unit_test(text_is_utf8__needs__no_memory),
        cmocka_unit_test(text_is_ascii__tells_ascii_from_the_rest),
        cmocka_unit_test(text_clean__gives__what_xml_allows),
        cmocka_unit_test(text_clean__drops_bytes__that_are_not_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
