#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "presence.h"

static void show_word__and_back__for_every_show(void **state)
{
    static const struct {
        enum xs_show show;
        const char *word;
        int rank;
    } rows[] = {
        {XS_SHOW_AWAY, "away", 2},
        {XS_SHOW_CHAT, "chat", 0},
        {XS_SHOW_DND, "dnd", 4},
        {XS_SHOW_XA, "xa", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(xs_show_word(rows[i].show), rows[i].word);
        assert_int_equal(xs_show_from_word(rows[i].word, strlen(rows[i].word)), rows[i].show);
        assert_int_equal(xs_show_rank(rows[i].show), rows[i].rank);
    }
    assert_int_equal(xs_show_rank(XS_SHOW_NONE), 1);
    assert_null(xs_show_word(XS_SHOW_NONE));
    assert_null(xs_show_word(XS_SHOW_COUNT));
    assert_null(xs_show_word((enum xs_show) - 1));
}

static void show_from_word__gives_none__for_other_words(void **state)
{
    static const char *const words[] = {"", "Away", "AWAY", "awa", "awayy", "available", " xa"};

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_int_equal(xs_show_from_word(words[i], strlen(words[i])), XS_SHOW_NONE);
    assert_int_equal(xs_show_from_word("xa\0", 3), XS_SHOW_NONE);
    assert_int_equal(xs_show_from_word("xanadu", 2), XS_SHOW_XA);
}

static void last_elapsed__is_never_negative(void **state)
{
    (void)state;
    assert_int_equal(xs_last_elapsed_s(100, 8973 + 100), 8973);
    assert_int_equal(xs_last_elapsed_s(100, 100), 0);
    assert_int_equal(xs_last_elapsed_s(101, 100), 0);
    assert_int_equal(xs_last_elapsed_s(XS_LAST_MAX, 0), 0);
    assert_int_equal(xs_last_elapsed_s(0, XS_LAST_MAX), XS_LAST_MAX);
}

static void lang_is_well_formed__accepts__tags(void **state)
{
    static const char *const tags[] = {
        "de",
        "DE",
        "gsw",
        "de-CH",
        "zh-Hant-TW",
        "sl-rozaj-biske-1994",
        "de-CH-1901",
        "en-a-bbb-x-a1",
        "x-whatever",
        "i-klingon",
        "es-419",
        "abcdefgh",
        "aa-bbbbbbbb-cccccccc-dddddddd-eeeee",
    };

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        assert_true(xs_lang_is_well_formed(tags[i]));
}

static void lang_is_well_formed__refuses__what_is_no_tag(void **state)
{
    static const char *const tags[] = {
        "",
        "d",
        "-",
        "de-",
        "-de",
        "de--CH",
        "de_CH",
        "de CH",
        "d1",
        "123",
        "x",
        "x-",
        "de-x",
        "a-bcd",
        "\"",
        "de\"",
        "d\xC3\xA4",
        "abcdefghi",
        "de-abcdefghi",
        "de\n",
        "de-<b>",
        "aa-bbbbbbbb-cccccccc-dddddddd-eeeeee",
    };

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        assert_false(xs_lang_is_well_formed(tags[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(show_word__and_back__for_every_show),
        cmocka_unit_test(show_from_word__gives_none__for_other_words),
        cmocka_unit_test(last_elapsed__is_never_negative),
        cmocka_unit_test(lang_is_well_formed__accepts__tags),
        cmocka_unit_test(lang_is_well_formed__refuses__what_is_no_tag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
