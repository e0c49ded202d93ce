#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "array.h"

#define COUNT 1000

static void array_reserve__keeps_what_is_there__while_it_grows(void **state)
{
    size_t room = 0, moves = 0;
    int *items = NULL;

    (void)state;
    for (size_t count = 0; count < COUNT; count++) {
        size_t before = room;
        int *grown = xs_array_reserve(items, count, &room, sizeof *grown);

        assert_non_null(grown);
        assert_true(room > count);
        moves += room != before;
        items = grown;
        items[count] = (int)count;
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(items[i], i);
    /* It does not copy everything each time. */
    assert_true(moves < 10);
    free(items);
}

static void array_reserve__does_nothing__while_there_is_room(void **state)
{
    size_t room = 0;
    int *items = xs_array_reserve(NULL, 0, &room, sizeof *items);
    size_t first = room;

    (void)state;
    assert_non_null(items);
    assert_ptr_equal(xs_array_reserve(items, first - 1, &room, sizeof *items), items);
    assert_int_equal(room, first);
    free(items);
}

static void array_reserve__leaves_all_as_it_was__without_memory(void **state)
{
    size_t room = 2;
    int *items = malloc(room * sizeof *items);

    (void)state;
    assert_non_null(items);
    items[1] = 7;
    assert_null(xs_array_reserve(items, 2, &room, SIZE_MAX / 2));
    assert_int_equal(room, 2);
    assert_int_equal(items[1], 7);
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(array_reserve__keeps_what_is_there__while_it_grows),
        cmocka_unit_test(array_reserve__does_nothing__while_there_is_room),
        cmocka_unit_test(array_reserve__leaves_all_as_it_was__without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
