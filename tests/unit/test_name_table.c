#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "name_table.h"

static void hash__is_the_same__with_the_same_seed(void **state)
{
    struct xs_name_seed seed;

    (void)state;
    xs_name_seed_init(&seed);
    assert_int_equal(xs_name_hash(&seed, "alice@example.org", 5), xs_name_hash(&seed, "alice", 5));
    assert_int_not_equal(xs_name_hash(&seed, "alice", 5), xs_name_hash(&seed, "alicf", 5));
}

/* Who makes up names that fall together with one seed must not know the next one. */
static void hash__is_another__with_each_seed(void **state)
{
    struct xs_name_seed one, two;

    (void)state;
    xs_name_seed_init(&one);
    xs_name_seed_init(&two);
    assert_int_not_equal(xs_name_hash(&one, "alice", 5), xs_name_hash(&two, "alice", 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash__is_the_same__with_the_same_seed),
        cmocka_unit_test(hash__is_another__with_each_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
