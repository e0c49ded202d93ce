/*
 * users_told.h: users as the tests of them tell of them, and look at them.
 */
#ifndef XS_TEST_USERS_TOLD_H
#define XS_TEST_USERS_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "users.h"

/* Those of the test that runs; made and freed by the two functions below, for cmocka. */
extern struct xs_users *users;

int users_set_up(void **state);
int users_tear_down(void **state);

/* What a client is said to have sent; zero means absent. */
struct sent {
    const char *resource;
    bool gone;
    int priority;
    enum xs_show show;
    int64_t sent_s;
    const char *status;
};

/* Tells of a stanza; the test fails if it is not taken. */
void apply(const char *jid, struct sent sent);

/* Returns the only stale user, who must be `local`; else the test fails. Never NULL. */
struct xs_user *stale_user(const char *local);

/* Says whether anything of the user is known to be there. */
bool is_online(const char *local);

#endif
