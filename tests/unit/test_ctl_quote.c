#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "quote.h"
#include "text.h"

static void quote__escapes__what_a_terminal_must_not_get(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *expected;
    } cases[] = {
        {"", 0, ""},
        {"plain text", 10, "plain text"},
        {"m\xC3\xBCnchen \xF0\x9F\x98\x80", 13, "m\xC3\xBCnchen \xF0\x9F\x98\x80"},
        {"\x1b[2J", 4, "\\x1b[2J"},
        {"a\nb\tc\0d", 7, "a\\x0ab\\x09c\\x00d"},
        {"\x7f", 1, "\\x7f"},
        {"\\x41", 4, "\\x5cx41"},
        {"\xC2\x9B", 2, "\\xc2\\x9b"},
        {"\xC2\xA0", 2, "\xC2\xA0"},
        {"\xE2\x80\xAE", 3, "\\xe2\\x80\\xae"},
        {"\xE2\x80\xA7\xE2\x80\xA8", 6, "\xE2\x80\xA7\\xe2\\x80\\xa8"},
        {"\xE2\x81\xA6", 3, "\\xe2\\x81\\xa6"},
        {"\xEF\xBB\xBFx", 4, "\\xef\\xbb\\xbfx"},
        {"\xFF", 1, "\\xff"},
        {"\xC3\xBC\xFF", 3, "\\xc3\\xbc\\xff"},
        {"\xE2\x82", 2, "\\xe2\\x82"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = xs_quote(cases[i].bytes, cases[i].len);

        assert_non_null(text);
        assert_string_equal(text, cases[i].expected);
        assert_true(xs_text_is_utf8(text, strlen(text)));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quote__escapes__what_a_terminal_must_not_get),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
