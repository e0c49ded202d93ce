#include "users_told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct xs_users *users;

int users_set_up(void **state)
{
    (void)state;
    users = xs_users_new();
    return users == NULL ? -1 : 0;
}

int users_tear_down(void **state)
{
    (void)state;
    xs_users_free(users);
    return 0;
}

void apply(const char *jid, struct sent sent)
{
    static struct xs_report report;

    assert_int_equal(xs_jid_parse(jid, strlen(jid), &report.jid), XS_OK);
    snprintf(report.resource, sizeof(report.resource), "%s",
             sent.resource == NULL ? "" : sent.resource);
    report.priority = sent.priority;
    report.sent_s = sent.sent_s;
    report.delayed = false;
    report.presence = (struct xs_presence){
        .available = !sent.gone,
        .show = sent.show,
        .last_s = sent.sent_s,
        .status = sent.status,
    };
    assert_int_equal(xs_users_apply(users, &report), XS_OK);
}

struct xs_user *stale_user(const char *local)
{
    struct xs_user *user = xs_users_next_stale(users, NULL);

    assert_non_null(user);
    assert_string_equal(xs_user_local(user), local);
    assert_null(xs_users_next_stale(users, user));
    return user;
}

bool is_online(const char *local)
{
    for (struct xs_user *user = NULL; (user = xs_users_next(users, user)) != NULL;) {
        if (strcmp(xs_user_local(user), local) == 0)
            return xs_user_presence(user).available;
    }
    return false;
}
