#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "caption.h"

#define FAMILY   "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7" /* two emoji, joined */
#define FLAG     "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA"             /* two halves */
#define E_ACUTE  "e\xCC\x81"                                    /* with a combining accent */
#define NI       "\xE4\xBD\xA0"
#define ELLIPSIS "\xE2\x80\xA6"

static void caption_fit__knows_the_width__of_any_script(void **state)
{
    static const struct {
        const char *text;
        int width_px;
    } rows[] = {
        {"", 0},
        {"i", 4},
        {"W", 11},
        {"online", 34},
        {"support@tiggerswelt.net", 137},
        {NI, 11},
        {NI NI NI NI, 44},
        {"\xF0\x9F\x98\x80", 11},
        {FAMILY, 11},
        {FLAG, 11},
        {FLAG FLAG, 22},
        {"\xE2\x9D\xA4\xEF\xB8\x8F", 11}, /* a heart, to be shown as emoji */
        {"\xD7\xA9\xD7\x9C", 14},         /* Hebrew */
        {"e", 7},
        {E_ACUTE, 7}, /* as wide as without the accent */
        {E_ACUTE "\xCC\xB7\xCC\xB8", 7},
        {"\xE2\x80\x8B", 1}, /* nothing to see, but something there */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct xs_caption caption;

        xs_caption_fit(rows[i].text, 1000, &caption);
        assert_string_equal(caption.text, rows[i].text);
        if (caption.width_px != rows[i].width_px)
            fail_msg("%s: %d", rows[i].text, caption.width_px);
    }
}

/* What the text becomes if it may be so wide. */
static void assert_fit(const char *text, int max_px, const char *expected)
{
    struct xs_caption caption;

    xs_caption_fit(text, max_px, &caption);
    assert_string_equal(caption.text, expected);
    assert_true(caption.width_px <= max_px);
}

static void caption_fit__cuts_the_middle__of_a_long_text(void **state)
{
    (void)state;
    assert_fit("0123456789", 70, "0123456789");
    assert_fit("0123456789", 69, "0123" ELLIPSIS "6789");
    assert_fit("0123456789", 53, "012" ELLIPSIS "789");
    assert_fit(NI NI NI NI NI NI, 55, NI NI ELLIPSIS NI NI);
    assert_fit("someone@a.very.long.domain.example.org", 100, "someon" ELLIPSIS "ple.org");
}

static void caption_fit__keeps_together__what_belongs_together(void **state)
{
    (void)state;
    assert_fit(FAMILY FAMILY FAMILY FAMILY FAMILY FAMILY, 55, FAMILY FAMILY ELLIPSIS FAMILY FAMILY);
    assert_fit(FLAG FLAG FLAG FLAG FLAG FLAG, 55, FLAG FLAG ELLIPSIS FLAG FLAG);
    assert_fit(E_ACUTE E_ACUTE E_ACUTE E_ACUTE E_ACUTE E_ACUTE E_ACUTE E_ACUTE, 53,
               E_ACUTE E_ACUTE E_ACUTE ELLIPSIS E_ACUTE E_ACUTE E_ACUTE);
}

static void caption_fit__reads_no_more__than_its_limit(void **state)
{
    static char text[XS_CAPTION_TEXT_MAX + 10];
    static struct xs_caption caption;

    (void)state;
    memset(text, 'i', sizeof text - 1);
    text[XS_CAPTION_TEXT_MAX] = 'W';
    xs_caption_fit(text, 1000000, &caption);
    assert_int_equal(strlen(caption.text), XS_CAPTION_TEXT_MAX);
    assert_null(strchr(caption.text, 'W'));
    /* As many accents as there is room for, on one letter. */
    text[0] = 'e';
    for (size_t i = 1; i + 1 < XS_CAPTION_TEXT_MAX; i += 2)
        memcpy(text + i, "\xCC\x81", 2);
    xs_caption_fit(text, 50, &caption);
    assert_int_equal(caption.width_px, 7);
    assert_int_equal(strlen(caption.text), XS_CAPTION_TEXT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caption_fit__knows_the_width__of_any_script),
        cmocka_unit_test(caption_fit__cuts_the_middle__of_a_long_text),
        cmocka_unit_test(caption_fit__keeps_together__what_belongs_together),
        cmocka_unit_test(caption_fit__reads_no_more__than_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
