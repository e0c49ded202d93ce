#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>

#include "users_told.h"

/* In place of calloc, by the linker; the real one is what it calls. */
static bool is_out_of_memory;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return is_out_of_memory ? NULL : __real_calloc(count, size);
}

static void list__makes_somebody_new_stale__and_unlist_removes_them(void **state)
{
    (void)state;
    assert_int_equal(xs_users_list(users, "a", 1), XS_OK);
    assert_true(xs_users_is_listed(users, "a", 1));
    assert_int_equal(xs_users_listed_count(users), 1);
    xs_users_settle(users, stale_user("a"));
    assert_int_equal(xs_users_list(users, "a", 1), XS_OK);
    assert_null(xs_users_next_stale(users, NULL));
    apply("a@b.c", (struct sent){.resource = "one"});
    assert_int_equal(xs_users_unlist(users, "a", 1), XS_OK);
    assert_true(xs_user_is_removed(stale_user("a")));
    assert_false(xs_user_is_offline(stale_user("a")));
    assert_int_equal(xs_users_listed_count(users), 0);
    assert_int_equal(xs_users_online_count(users), 0);
    xs_users_settle(users, stale_user("a"));
    assert_null(xs_users_next(users, NULL));
}

static void roster__removes__who_is_not_listed_again(void **state)
{
    (void)state;
    assert_int_equal(xs_users_list(users, "stays", 5), XS_OK);
    assert_int_equal(xs_users_list(users, "goes", 4), XS_OK);
    for (struct xs_user *user; (user = xs_users_next_stale(users, NULL)) != NULL;)
        xs_users_settle(users, user);
    apply("stranger@b.c", (struct sent){.resource = "x"});
    xs_users_settle(users, stale_user("stranger"));
    xs_users_begin_roster(users);
    assert_int_equal(xs_users_list(users, "stays", 5), XS_OK);
    xs_users_end_roster(users);
    assert_false(xs_users_is_listed(users, "goes", 4));
    assert_null(xs_users_next_stale(users, NULL)); /* it is not known yet whether that matters */
    xs_users_judge_dropped(users, true);
    assert_true(xs_user_is_removed(stale_user("goes")));
    assert_true(xs_users_is_listed(users, "stays", 5));
    assert_true(is_online("stranger"));
}

static void drop__costs_the_record__only_if_the_roster_decides(void **state)
{
    (void)state;
    for (int decides = 0; decides <= 1; decides++) {
        assert_int_equal(xs_users_list(users, "a", 1), XS_OK);
        apply("a@b.c", (struct sent){.resource = "one"});
        xs_users_settle(users, stale_user("a"));
        xs_users_drop(users, "a", 1);
        xs_users_drop(users, "nobody", 6);
        assert_int_equal(xs_users_listed_count(users), 0);
        xs_users_judge_dropped(users, decides);
        assert_int_equal(xs_users_online_count(users), decides ? 0 : 1);
    }
    assert_true(xs_user_is_removed(stale_user("a")));
}

static void drop__is_forgotten__once_they_are_listed_again(void **state)
{
    (void)state;
    assert_int_equal(xs_users_list(users, "a", 1), XS_OK);
    xs_users_drop(users, "a", 1);
    assert_int_equal(xs_users_list(users, "a", 1), XS_OK);
    xs_users_judge_dropped(users, true);
    assert_false(xs_user_is_removed(stale_user("a")));
    assert_int_equal(xs_users_listed_count(users), 1);
}

static void list__says_so__when_the_table_gets_no_memory(void **state)
{
    enum xs_error error;

    (void)state;
    is_out_of_memory = true;
    error = xs_users_list(users, "a", 1);
    is_out_of_memory = false;
    assert_int_equal(error, XS_ERROR_NOMEM);
    assert_false(xs_users_is_listed(users, "a", 1));
    assert_int_equal(xs_users_list(users, "a", 1), XS_OK);
    assert_true(xs_users_is_listed(users, "a", 1));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, users_set_up, users_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(list__makes_somebody_new_stale__and_unlist_removes_them),
        TEST(roster__removes__who_is_not_listed_again),
        TEST(drop__costs_the_record__only_if_the_roster_decides),
        TEST(drop__is_forgotten__once_they_are_listed_again),
        TEST(list__says_so__when_the_table_gets_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
