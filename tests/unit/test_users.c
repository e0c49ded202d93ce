#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "resources.h"
#include "users_told.h"

static void apply__makes_a_user_stale_once__until_settled(void **state)
{
    (void)state;
    apply("a@b.c", (struct sent){.resource = "x", .sent_s = 10});
    apply("a@b.c", (struct sent){.resource = "x", .sent_s = 11, .show = XS_SHOW_DND});
    assert_int_equal(xs_users_online_count(users), 1);
    assert_true(is_online("a"));
    xs_users_settle(users, stale_user("a"));
    assert_null(xs_users_next_stale(users, NULL));
    apply("a@b.c", (struct sent){.resource = "x", .sent_s = 12});
    stale_user("a");
}

static void presence__is_the_winners__by_priority_then_show_then_time(void **state)
{
    static const struct {
        struct sent first, second;
        int winner;
    } cases[] = {
        {{.priority = 1, .show = XS_SHOW_DND}, {.priority = 0, .show = XS_SHOW_CHAT}, 1},
        {{.priority = -1}, {.priority = 0, .show = XS_SHOW_DND}, 2},
        {{.priority = -128, .show = XS_SHOW_CHAT}, {.priority = -127, .show = XS_SHOW_DND}, 2},
        {{.show = XS_SHOW_CHAT}, {.show = XS_SHOW_NONE}, 1},
        {{.show = XS_SHOW_AWAY}, {.show = XS_SHOW_NONE}, 2},
        {{.show = XS_SHOW_AWAY}, {.show = XS_SHOW_XA}, 1},
        {{.show = XS_SHOW_DND}, {.show = XS_SHOW_XA}, 2},
        {{.show = XS_SHOW_AWAY, .sent_s = 5}, {.show = XS_SHOW_AWAY, .sent_s = 6}, 2},
        {{.show = XS_SHOW_AWAY, .sent_s = 6}, {.show = XS_SHOW_AWAY, .sent_s = 5}, 1},
        {{.show = XS_SHOW_AWAY, .sent_s = 6}, {.show = XS_SHOW_AWAY, .sent_s = 6}, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sent first = cases[i].first, second = cases[i].second;
        struct xs_presence presence;

        first.resource = "one", first.status = "1";
        second.resource = "two", second.status = "2";
        users_tear_down(state);
        users_set_up(state);
        apply("a@b.c", first);
        apply("a@b.c", second);
        presence = xs_user_presence(stale_user("a"));
        assert_true(presence.available);
        if (presence.status[0] != '0' + cases[i].winner)
            fail_msg("case %zu: resource %s won", i, presence.status);
    }
}

static void presence__falls_to_the_other_resource__when_the_winner_leaves(void **state)
{
    struct xs_presence presence;

    (void)state;
    apply("a@b.c", (struct sent){.resource = "one", .priority = 5, .sent_s = 10});
    apply("a@b.c", (struct sent){.resource = "two", .show = XS_SHOW_XA, .sent_s = 20});
    apply("a@b.c", (struct sent){.resource = "one", .gone = true, .sent_s = 30});
    presence = xs_user_presence(stale_user("a"));
    assert_true(presence.available);
    assert_int_equal(presence.show, XS_SHOW_XA);
    assert_int_equal(presence.last_s, 20);

    apply("a@b.c", (struct sent){.resource = "two", .gone = true, .sent_s = 40, .status = "bye"});
    presence = xs_user_presence(stale_user("a"));
    assert_false(presence.available);
    assert_int_equal(presence.last_s, 40);
    assert_string_equal(presence.status, "bye");
    assert_int_equal(xs_users_online_count(users), 0);
}

static void apply__takes_all_resources__for_an_unavailable_bare_jid(void **state)
{
    (void)state;
    apply("a@b.c", (struct sent){.resource = "one"});
    apply("a@b.c", (struct sent){.resource = "two"});
    apply("a@b.c", (struct sent){.gone = true, .sent_s = 9});
    assert_false(is_online("a"));
    assert_false(xs_user_presence(stale_user("a")).available);
}

static void apply__keeps_the_first_time__when_leaving_is_told_twice(void **state)
{
    (void)state;
    apply("a@b.c", (struct sent){.resource = "one"});
    apply("a@b.c", (struct sent){.resource = "one", .gone = true, .sent_s = 40});
    apply("a@b.c", (struct sent){.resource = "one", .gone = true, .sent_s = 41});
    assert_int_equal(xs_user_presence(stale_user("a")).last_s, 40);
}

static void apply__invents_no_time__for_somebody_not_known_to_be_online(void **state)
{
    (void)state;
    apply("a@b.c", (struct sent){.gone = true, .sent_s = 40});
    assert_int_equal(xs_user_presence(stale_user("a")).last_s, XS_LAST_UNKNOWN);
}

static void apply__invents_no_time__when_only_an_earlier_session_knew_them(void **state)
{
    (void)state;
    apply("a@b.c", (struct sent){.resource = "one", .sent_s = 10});
    xs_users_begin_sync(users);
    apply("a@b.c", (struct sent){.gone = true, .sent_s = 4000}); /* the answer to a probe */
    assert_false(is_online("a"));
    assert_int_equal(xs_user_presence(stale_user("a")).last_s, XS_LAST_UNKNOWN);
    assert_int_equal(xs_users_note_last(users, "a", 1, 310), XS_OK);
    assert_int_equal(xs_user_presence(stale_user("a")).last_s, 310);
}

static void apply__knows_when_a_bare_jid_left__once_it_is_heard_of_in_this_session(void **state)
{
    (void)state;
    apply("a@b.c", (struct sent){.resource = "one", .sent_s = 10});
    apply("a@b.c", (struct sent){.resource = "two", .sent_s = 10});
    xs_users_begin_sync(users);
    apply("a@b.c", (struct sent){.resource = "one", .sent_s = 3000});
    apply("a@b.c", (struct sent){.gone = true, .sent_s = 4000});
    assert_int_equal(xs_user_presence(stale_user("a")).last_s, 4000);
}

static void apply__ignores_leaving__of_a_resource_that_is_not_there(void **state)
{
    (void)state;
    apply("a@b.c", (struct sent){.resource = "one", .show = XS_SHOW_CHAT});
    apply("a@b.c", (struct sent){.resource = "ghost", .gone = true});
    assert_true(xs_user_presence(stale_user("a")).available);
}

static void settle__keeps__how_somebody_left(void **state)
{
    (void)state;
    apply("a@b.c", (struct sent){.resource = "one"});
    apply("a@b.c", (struct sent){.resource = "one", .gone = true, .sent_s = 40});
    xs_users_settle(users, stale_user("a"));
    apply("a@b.c", (struct sent){.resource = "one", .gone = true, .sent_s = 41});
    assert_null(xs_users_next_stale(users, NULL)); /* told twice: nothing to write */
    xs_users_mark_all_stale(users);
    assert_int_equal(xs_user_presence(stale_user("a")).last_s, 40);
}

static void mark_stale__takes_somebody_unknown__as_offline(void **state)
{
    struct xs_presence presence;

    (void)state;
    assert_int_equal(xs_users_mark_stale(users, "away", 4), XS_OK);
    presence = xs_user_presence(stale_user("away"));
    assert_false(presence.available);
    assert_int_equal(presence.last_s, XS_LAST_UNKNOWN);
    assert_true(xs_user_is_offline(stale_user("away")));
}

static void sync__marks_offline__only_the_silent_and_only_at_its_end(void **state)
{
    (void)state;
    apply("silent@b.c", (struct sent){.resource = "one"});
    apply("there@b.c", (struct sent){.resource = "one"});
    xs_users_begin_sync(users);
    apply("there@b.c", (struct sent){.resource = "one"});
    assert_true(is_online("silent"));
    xs_users_begin_sync(users); /* the first was never completed */
    apply("there@b.c", (struct sent){.resource = "one"});
    xs_users_end_sync(users);
    assert_false(is_online("silent"));
    assert_true(is_online("there"));
    assert_int_equal(xs_users_online_count(users), 1);
    for (struct xs_user *user = NULL; (user = xs_users_next(users, user)) != NULL;)
        assert_int_equal(xs_user_is_silent(user), strcmp(xs_user_local(user), "silent") == 0);
    assert_int_equal(xs_users_note_last(users, "silent", 6, 10), XS_OK); /* not any more */
    for (struct xs_user *user = NULL; (user = xs_users_next(users, user)) != NULL;)
        assert_false(xs_user_is_silent(user));
}

static void sync__drops_single_resources__that_stayed_silent(void **state)
{
    (void)state;
    apply("a@b.c", (struct sent){.resource = "old", .priority = 9, .show = XS_SHOW_CHAT});
    apply("a@b.c", (struct sent){.resource = "new", .show = XS_SHOW_DND});
    xs_users_begin_sync(users);
    apply("a@b.c", (struct sent){.resource = "new", .show = XS_SHOW_DND});
    xs_users_settle(users, stale_user("a"));
    xs_users_end_sync(users);
    assert_int_equal(xs_user_presence(stale_user("a")).show, XS_SHOW_DND);
}

static void note_last__concerns_only__who_is_offline_and_known(void **state)
{
    (void)state;
    assert_int_equal(xs_users_note_last(users, "nobody", 6, 10), XS_OK);
    assert_null(xs_users_next(users, NULL));
    apply("a@b.c", (struct sent){.resource = "one", .sent_s = 5});
    assert_int_equal(xs_users_note_last(users, "a", 1, 10), XS_OK);
    assert_int_equal(xs_user_presence(stale_user("a")).last_s, 5);
    apply("a@b.c", (struct sent){.resource = "one", .gone = true, .sent_s = 20});
    assert_int_equal(xs_users_note_last(users, "a", 1, 10), XS_OK);
    assert_int_equal(xs_user_presence(stale_user("a")).last_s, 20);
    assert_int_equal(xs_users_note_last(users, "a", 1, 30), XS_OK);
    assert_int_equal(xs_user_presence(stale_user("a")).last_s, 30);
}

static void note_last__keeps_parting_words__of_this_leaving_only(void **state)
{
    struct xs_presence presence;

    (void)state;
    apply("a@b.c", (struct sent){.resource = "one", .sent_s = 5});
    apply("a@b.c", (struct sent){.resource = "one", .gone = true, .sent_s = 20, .status = "bye"});
    assert_int_equal(xs_users_note_last(users, "a", 1, 20 + XS_USERS_SLACK_S), XS_OK);
    presence = xs_user_presence(stale_user("a"));
    assert_int_equal(presence.last_s, 20 + XS_USERS_SLACK_S);
    assert_string_equal(presence.status, "bye");
    assert_false(xs_user_is_hearsay(stale_user("a")));
    assert_int_equal(xs_users_note_last(users, "a", 1, 21 + 2 * XS_USERS_SLACK_S), XS_OK);
    presence = xs_user_presence(stale_user("a"));
    assert_int_equal(presence.last_s, 21 + 2 * XS_USERS_SLACK_S);
    assert_null(presence.status); /* came and went since, with other words or none */
    assert_true(xs_user_is_hearsay(stale_user("a")));
}

static void hearsay__is__what_no_presence_has_told(void **state)
{
    (void)state;
    assert_int_equal(xs_users_list(users, "a", 1), XS_OK);
    assert_false(xs_user_is_hearsay(stale_user("a")));
    apply("a@b.c", (struct sent){.gone = true, .sent_s = 40}); /* when, it does not tell */
    assert_false(xs_user_is_hearsay(stale_user("a")));
    assert_int_equal(xs_users_note_last(users, "a", 1, 10), XS_OK);
    assert_true(xs_user_is_hearsay(stale_user("a")));
    apply("a@b.c", (struct sent){.resource = "one", .sent_s = 50});
    assert_false(xs_user_is_hearsay(stale_user("a")));
    apply("a@b.c", (struct sent){.resource = "one", .gone = true, .sent_s = 60});
    assert_false(xs_user_is_hearsay(stale_user("a")));
}

static void clear__forgets_everybody__also_the_stale_and_the_listed(void **state)
{
    (void)state;
    apply("a@b.c", (struct sent){.resource = "one"});
    assert_int_equal(xs_users_list(users, "b", 1), XS_OK);
    xs_users_clear(users);
    assert_null(xs_users_next(users, NULL));
    assert_null(xs_users_next_stale(users, NULL));
    assert_int_equal(xs_users_online_count(users), 0);
    assert_int_equal(xs_users_listed_count(users), 0);
    apply("a@b.c", (struct sent){.resource = "one"});
    stale_user("a");
}

static void doubt__forgets__when_somebody_left_and_nothing_else(void **state)
{
    struct xs_presence presence;

    (void)state;
    apply("a@b.c", (struct sent){.resource = "one"});
    apply("a@b.c", (struct sent){.resource = "one", .gone = true, .sent_s = 20, .status = "bye"});
    xs_users_doubt(users);
    presence = xs_user_presence(stale_user("a"));
    assert_false(presence.available);
    assert_int_equal(presence.last_s, XS_LAST_UNKNOWN);
    assert_null(presence.status);
    assert_int_equal(xs_users_note_last(users, "a", 1, 30), XS_OK);
    assert_int_equal(xs_user_presence(stale_user("a")).last_s, 30);
    apply("a@b.c", (struct sent){.resource = "one", .sent_s = 40});
    xs_users_doubt(users);
    assert_true(xs_user_presence(stale_user("a")).available);
}

static void apply__bounds_resources__by_dropping_the_oldest(void **state)
{
    char name[16];

    (void)state;
    apply("a@b.c", (struct sent){.resource = "first", .priority = 100, .status = "first"});
    for (int i = 0; i < XS_RESOURCES_MAX; i++) {
        snprintf(name, sizeof(name), "r%d", i);
        apply("a@b.c", (struct sent){.resource = name, .status = "later"});
    }
    assert_string_equal(xs_user_presence(stale_user("a")).status, "later");
}

static void mark_all_stale__reaches_everybody__once(void **state)
{
    char jid[32];
    size_t count = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(jid, sizeof(jid), "u%d@b.c", i);
        apply(jid, (struct sent){.resource = "x"});
    }
    for (struct xs_user *user; (user = xs_users_next_stale(users, NULL)) != NULL;)
        xs_users_settle(users, user);
    xs_users_mark_all_stale(users);
    for (struct xs_user *user = NULL; (user = xs_users_next_stale(users, user)) != NULL;)
        count++;
    assert_int_equal(count, 100);
    assert_int_equal(xs_users_online_count(users), 100);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, users_set_up, users_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(apply__makes_a_user_stale_once__until_settled),
        TEST(presence__is_the_winners__by_priority_then_show_then_time),
        TEST(presence__falls_to_the_other_resource__when_the_winner_leaves),
        TEST(apply__takes_all_resources__for_an_unavailable_bare_jid),
        TEST(apply__keeps_the_first_time__when_leaving_is_told_twice),
        TEST(apply__invents_no_time__for_somebody_not_known_to_be_online),
        TEST(apply__invents_no_time__when_only_an_earlier_session_knew_them),
        TEST(apply__knows_when_a_bare_jid_left__once_it_is_heard_of_in_this_session),
        TEST(apply__ignores_leaving__of_a_resource_that_is_not_there),
        TEST(settle__keeps__how_somebody_left),
        TEST(mark_stale__takes_somebody_unknown__as_offline),
        TEST(sync__marks_offline__only_the_silent_and_only_at_its_end),
        TEST(sync__drops_single_resources__that_stayed_silent),
        TEST(note_last__concerns_only__who_is_offline_and_known),
        TEST(note_last__keeps_parting_words__of_this_leaving_only),
        TEST(hearsay__is__what_no_presence_has_told),
        TEST(clear__forgets_everybody__also_the_stale_and_the_listed),
        TEST(doubt__forgets__when_somebody_left_and_nothing_else),
        TEST(apply__bounds_resources__by_dropping_the_oldest),
        TEST(mark_all_stale__reaches_everybody__once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
