#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "event_id.h"

static void event_id__comes_back__as_it_was_written(void **state)
{
    static const uint64_t hashes[] = {
        0, 1, 63, 64, 0x123456789, (UINT64_C(1) << 36) - 1, XS_EVENT_ID_NONE,
    };
    const size_t count = sizeof hashes / sizeof *hashes;
    char text[XS_EVENT_ID_SIZE];
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < count; i++)
        len += xs_event_id_write(hashes[i], text + len);
    text[len] = '\0';
    assert_int_equal(len, count * XS_EVENT_ID_CHARS);
    assert_true(xs_event_id_is_valid(text, count));
    for (size_t i = 0; i < count; i++)
        assert_true(xs_event_id_read(text, i) == hashes[i]);
}

static void event_id_is_valid__refuses__everything_else(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        bool is_valid;
    } rows[] = {
        {"", 0, true},
        {"", 1, false},
        {"AAAAAA", 1, true},
        {"AAAAAA", 2, false},
        {"AAAAA", 1, false},
        {"AAAAAAA", 1, false},
        {"......", 1, true},
        {".AAAAA", 1, false},
        {"AAAAA.", 1, false},
        {"AAAA A", 1, false},
        {"AAAAA=", 1, false},
        {"AAAAA+", 1, false},
        {"zZ09-_", 1, true},
        {"AAA\xC3\xA4"
         "A",
         1, false},
        {"......AAAAAA", 2, true},
        {"AAAAAA", SIZE_MAX, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (xs_event_id_is_valid(rows[i].text, rows[i].count) != rows[i].is_valid)
            fail_msg("%s, %zu", rows[i].text, rows[i].count);
}

static void event_id_is_valid__bounds__the_id(void **state)
{
    static char text[2 * XS_EVENT_ID_SIZE];

    (void)state;
    memset(text, 'A', (size_t)XS_EVENT_ID_CHARS * XS_QUERY_JIDS_MAX);
    assert_true(xs_event_id_is_valid(text, XS_QUERY_JIDS_MAX));
    memset(text, 'A', (size_t)XS_EVENT_ID_CHARS * (XS_QUERY_JIDS_MAX + 1));
    assert_false(xs_event_id_is_valid(text, XS_QUERY_JIDS_MAX + 1));
    assert_false(xs_event_id_is_valid(text, XS_QUERY_JIDS_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_id__comes_back__as_it_was_written),
        cmocka_unit_test(event_id_is_valid__refuses__everything_else),
        cmocka_unit_test(event_id_is_valid__bounds__the_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
