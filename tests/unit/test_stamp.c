#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stamp.h"

static void parse__reads_date_times__in_all_their_forms(void **state)
{
    static const struct {
        const char *text;
        int64_t expected_s;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-22T19:19:05Z", 1795375145},
        {"2026-11-22T19:19:05.1Z", 1795375145},
        {"2026-11-22T19:19:05.999999Z", 1795375145},
        {"2026-11-22T20:19:05+01:00", 1795375145},
        {"2026-11-22T13:49:05-05:30", 1795375145},
        {"2026-11-22T19:19:05-00:00", 1795375145},
        {"2024-02-29T00:00:00Z", 1709164800},
        {"2016-12-31T23:59:60Z", 1483228800},
        {"9999-12-31T23:59:59Z", 253402300799},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value_s = -1;

        if (!xs_stamp_parse(cases[i].text, &value_s) || value_s != cases[i].expected_s)
            fail_msg("%s: got %lld", cases[i].text, (long long)value_s);
    }
}

static void parse__refuses__what_is_no_date_time(void **state)
{
    static const char *const cases[] = {
        "",
        "now",
        "2026-11-22",
        "2026-11-22T19:19:05",
        "2026-11-22 19:19:05Z",
        "2026-11-22T19:19:05z",
        "2026-11-22T19:19Z",
        "2026-13-22T19:19:05Z",
        "2026-00-22T19:19:05Z",
        "2026-02-31T19:19:05Z",
        "2026-02-31T23:59:60Z",
        "2026-11-00T19:19:05Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T19:60:05Z",
        "2026-11-22T19:19:61Z",
        "2026-11-22T19:19:05.Z",
        "2026-11-22T19:19:05+15:00",
        "2026-11-22T19:19:05+01",
        "2026-11-22T19:19:05Zx",
        " 2026-11-22T19:19:05Z",
        "-026-11-22T19:19:05Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "20261122T19:19:05",
        "9999-12-31T23:59:59-01:00",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value_s = 42;

        if (xs_stamp_parse(cases[i], &value_s))
            fail_msg("%s was accepted as %lld", cases[i], (long long)value_s);
        assert_int_equal(value_s, 42);
    }
    assert_false(xs_stamp_parse(NULL, &(int64_t){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__reads_date_times__in_all_their_forms),
        cmocka_unit_test(parse__refuses__what_is_no_date_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
