#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "allowance.h"

#define NOW_MS 123456789

/* Spends as often as it is allowed; returns how often that was. */
static int spend_all(struct xs_allowance *allowance, size_t size, int64_t now_ms)
{
    int count = 0;

    while (xs_allowance_spend(allowance, size, now_ms))
        count++;
    return count;
}

static void spend__ends__when_the_burst_is_spent(void **state)
{
    struct xs_allowance allowance = xs_allowance_full(NOW_MS);

    (void)state;
    assert_int_equal(spend_all(&allowance, 300, NOW_MS), XS_ALLOWANCE_BURST / 300);
    assert_true(xs_allowance_spend(&allowance, XS_ALLOWANCE_BURST % 300, NOW_MS));
    assert_false(xs_allowance_spend(&allowance, 1, NOW_MS));
}

static void spend__goes_on__at_the_rate_however_often_it_is_tried(void **state)
{
    struct xs_allowance allowance = xs_allowance_full(NOW_MS);
    size_t spent = 0;

    (void)state;
    spend_all(&allowance, 1, NOW_MS);
    for (int64_t ms = 1; ms <= 60000; ms++)
        spent += 100 * (size_t)spend_all(&allowance, 100, NOW_MS + ms);
    assert_in_range(spent, 60 * XS_ALLOWANCE_RATE - 100, 60 * XS_ALLOWANCE_RATE);
}

static void spend__finds_a_burst_again__after_a_long_time_and_no_more(void **state)
{
    struct xs_allowance allowance = xs_allowance_full(0);

    (void)state;
    spend_all(&allowance, 1, 0);
    assert_int_equal(spend_all(&allowance, 1, INT64_MAX), XS_ALLOWANCE_BURST);
}

static void spend__refuses__what_is_larger_than_a_burst_and_takes_nothing_for_it(void **state)
{
    struct xs_allowance allowance = xs_allowance_full(NOW_MS);

    (void)state;
    assert_false(xs_allowance_spend(&allowance, XS_ALLOWANCE_BURST + 1, NOW_MS));
    assert_false(xs_allowance_spend(&allowance, SIZE_MAX, NOW_MS));
    assert_true(xs_allowance_spend(&allowance, XS_ALLOWANCE_BURST, NOW_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spend__ends__when_the_burst_is_spent),
        cmocka_unit_test(spend__goes_on__at_the_rate_however_often_it_is_tried),
        cmocka_unit_test(spend__finds_a_burst_again__after_a_long_time_and_no_more),
        cmocka_unit_test(spend__refuses__what_is_larger_than_a_burst_and_takes_nothing_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
