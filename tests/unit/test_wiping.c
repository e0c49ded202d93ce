#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "wiping.h"

static void memory_realloc__keeps__what_fits(void **state)
{
    char *block = xs_wiping_memory.alloc(8, NULL);

    (void)state;
    assert_non_null(block);
    memcpy(block, "password", 8);
    block = xs_wiping_memory.realloc(block, 4000, NULL);
    assert_non_null(block);
    assert_memory_equal(block, "password", 8);
    block = xs_wiping_memory.realloc(block, 4, NULL);
    assert_non_null(block);
    assert_memory_equal(block, "pass", 4);
    xs_wiping_memory.free(block, NULL);
}

static void memory_realloc__allocates__for_null(void **state)
{
    char *block = xs_wiping_memory.realloc(NULL, 16, NULL);

    (void)state;
    assert_non_null(block);
    memset(block, 'x', 16);
    xs_wiping_memory.free(block, NULL);
    xs_wiping_memory.free(NULL, NULL);
}

static void memory_realloc__keeps_the_block__if_there_is_no_memory(void **state)
{
    char *block = xs_wiping_memory.alloc(8, NULL);
    volatile size_t too_much = PTRDIFF_MAX;

    (void)state;
    assert_non_null(block);
    memcpy(block, "password", 8);
    assert_null(xs_wiping_memory.realloc(block, too_much, NULL));
    assert_memory_equal(block, "password", 8);
    xs_wiping_memory.free(block, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_realloc__keeps__what_fits),
        cmocka_unit_test(memory_realloc__allocates__for_null),
        cmocka_unit_test(memory_realloc__keeps_the_block__if_there_is_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
