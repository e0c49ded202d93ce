#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "entries.h"

static void add(struct xs_entries *entries, const char *name, size_t name_len, const char *value)
{
    assert_int_equal(
        xs_entries_add(entries, name, name_len, value, value != NULL ? strlen(value) : 0), XS_OK);
}

static void entries_sort__orders_by_bytes__and_keeps_one_of_each(void **state)
{
    static const struct {
        const char *name;
        size_t len;
    } expected[] = {{"", 0}, {"a", 1}, {"a\0b", 3}, {"ab", 2}, {"\xFF", 1}};
    struct xs_entries entries = {.items = NULL};

    (void)state;
    add(&entries, "ab", 2, NULL);
    add(&entries, "a\0b", 3, NULL);
    add(&entries, "a", 1, NULL);
    add(&entries, "\xFF", 1, NULL);
    add(&entries, "", 0, NULL);
    add(&entries, "a", 1, NULL);
    add(&entries, "ab", 2, NULL);
    xs_entries_sort(&entries);
    assert_int_equal(entries.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(entries.items[i].name_len, expected[i].len);
        assert_memory_equal(entries.items[i].name, expected[i].name, expected[i].len + 1);
    }
    xs_entries_free(&entries);
    assert_int_equal(entries.count, 0);
}

static void entries_add__copies__names_and_values(void **state)
{
    struct xs_entries entries = {.items = NULL};
    char name[] = "name";
    char value[] = "value";

    (void)state;
    add(&entries, name, 4, value);
    name[0] = value[0] = 'x';
    assert_string_equal(entries.items[0].name, "name");
    assert_string_equal(entries.items[0].value, "value");
    assert_int_equal(entries.items[0].value_len, 5);
    add(&entries, "none", 4, NULL);
    assert_null(entries.items[1].value);
    xs_entries_free(&entries);
}

static void entries__grow__and_may_be_empty(void **state)
{
    struct xs_entries entries = {.items = NULL};

    (void)state;
    xs_entries_sort(&entries);
    assert_int_equal(entries.count, 0);
    for (int i = 999; i >= 0; i--) {
        char name[16];

        snprintf(name, sizeof name, "%03d", i);
        add(&entries, name, 3, name);
    }
    xs_entries_sort(&entries);
    assert_int_equal(entries.count, 1000);
    assert_string_equal(entries.items[0].name, "000");
    assert_string_equal(entries.items[999].value, "999");
    xs_entries_free(&entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_sort__orders_by_bytes__and_keeps_one_of_each),
        cmocka_unit_test(entries_add__copies__names_and_values),
        cmocka_unit_test(entries__grow__and_may_be_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
