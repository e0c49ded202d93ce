#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"

static void below__stays_below__and_reaches_all(void **state)
{
    unsigned seen = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint32_t number = xs_chance_below(5);

        assert_in_range(number, 0, 4);
        seen |= 1u << number;
    }
    assert_int_equal(seen, 0x1f);
}

static void below__of_one__is_zero(void **state)
{
    (void)state;
    assert_int_equal(xs_chance_below(1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(below__stays_below__and_reaches_all),
        cmocka_unit_test(below__of_one__is_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
