#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lease.h"

static void lease_parse__reads__well_formed_values(void **state)
{
    static const struct {
        const char *value;
        int64_t until_s;
    } rows[] = {
        {"0 a", 0},   {"1700000000 host/4f2a", 1700000000},
        {"007 a", 7}, {"5 a b", 5},
        {"5  ", 5},   {"999999999999999999 a", INT64_C(999999999999999999)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct xs_lease lease = xs_lease_parse(rows[i].value, strlen(rows[i].value));

        assert_true(lease.exists);
        assert_int_equal(lease.until_s, rows[i].until_s);
    }
}

static void lease_parse__gives_none__for_malformed_values(void **state)
{
    static const char *const values[] = {
        "",
        " ",
        "a",
        "1",
        "12",
        "1 ",
        " a",
        "-1 a",
        "+1 a",
        "1\ta",
        " 1 a",
        "1a b",
        "1.5 a",
        "0x10 a",
        "1000000000000000000 a",
        "99999999999999999999999999 a",
    };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_false(xs_lease_parse(values[i], strlen(values[i])).exists);
    assert_false(xs_lease_parse(NULL, 0).exists);
    assert_false(xs_lease_parse("1 a", 2).exists);
    assert_false(xs_lease_parse("1\0 a", 4).exists);
}

static void lease_is_valid__holds__from_now_to_sixty_seconds_ahead(void **state)
{
    static const struct {
        int64_t until_s;
        bool valid;
    } rows[] = {
        {0, false},    {999, false},  {1000, false},
        {1001, true},  {1030, true},  {1060, true},
        {1061, false}, {9999, false}, {INT64_C(999999999999999999), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct xs_lease lease = {.exists = true, .until_s = rows[i].until_s};

        assert_int_equal(xs_lease_is_valid(lease, 1000), rows[i].valid);
        lease.exists = false;
        assert_false(xs_lease_is_valid(lease, 1000));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lease_parse__reads__well_formed_values),
        cmocka_unit_test(lease_parse__gives_none__for_malformed_values),
        cmocka_unit_test(lease_is_valid__holds__from_now_to_sixty_seconds_ahead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
