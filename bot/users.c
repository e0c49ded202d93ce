#include "users.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "name_table.h"
#include "resources.h"

struct xs_user {
    UT_hash_handle hh;
    struct xs_user *prev, *next;   /* among the stale */
    struct xs_resource *resources; /* the latest heard of comes first */
    struct xs_resource *left;      /* the last unavailable presence; NULL if not known */
    uint32_t roster;               /* the reading of the roster that listed them; 0: not in it */
    bool stale;
    bool silent;  /* was online, and not reported in the sync that was ended last */
    bool dropped; /* gone from the roster; what that means is not known yet */
    bool removed;
    char local[];
};

struct xs_users {
    struct xs_name_seed seed;
    struct xs_user *by_local;
    struct xs_user *stale;
    size_t online_count;
    size_t listed_count;
    uint32_t sync;   /* counts the syncs begun */
    uint32_t roster; /* counts the readings of the roster begun */
};

static void user_free(struct xs_user *user)
{
    xs_resources_free(user->resources);
    xs_resources_free(user->left);
    free(user);
}

struct xs_users *xs_users_new(void)
{
    struct xs_users *users = calloc(1, sizeof(*users));

    if (users == NULL)
        return NULL;
    xs_name_seed_init(&users->seed);
    users->roster = 1; /* 0 means: not in it */
    return users;
}

void xs_users_clear(struct xs_users *users)
{
    struct xs_user *user, *next;

    HASH_ITER(hh, users->by_local, user, next)
    {
        HASH_DEL(users->by_local, user);
        user_free(user);
    }
    users->stale = NULL;
    users->online_count = users->listed_count = 0;
}

void xs_users_free(struct xs_users *users)
{
    if (users == NULL)
        return;
    xs_users_clear(users);
    free(users);
}

void xs_users_doubt(struct xs_users *users)
{
    struct xs_user *user, *next;

    HASH_ITER(hh, users->by_local, user, next)
    {
        xs_resources_free(user->left);
        user->left = NULL;
    }
}

static void mark_stale(struct xs_users *users, struct xs_user *user)
{
    if (user->stale)
        return;
    user->stale = true;
    DL_APPEND(users->stale, user);
}

static struct xs_user *find(const struct xs_users *users, const char *local, size_t local_len)
{
    struct xs_user *user;

    HASH_FIND_BYHASHVALUE(hh, users->by_local, local, local_len,
                          xs_name_hash(&users->seed, local, local_len), user);
    return user;
}

/* Finds a user or adds one without resources. */
static enum xs_error find_or_add(struct xs_users *users, const char *local, size_t local_len,
                                 struct xs_user **ret_user)
{
    struct xs_user *user = find(users, local, local_len);

    if (user == NULL) {
        if (HASH_COUNT(users->by_local) >= XS_USERS_MAX)
            return XS_ERROR_TOO_LONG;
        user = calloc(1, sizeof(*user) + local_len + 1);
        if (user == NULL)
            return XS_ERROR_NOMEM;
        memcpy(user->local, local, local_len);
        HASH_ADD_BYHASHVALUE(hh, users->by_local, local[0], local_len,
                             xs_name_hash(&users->seed, local, local_len), user);
        if (user->hh.tbl == NULL) { /* this is how uthash says that it has no memory */
            free(user);
            return XS_ERROR_NOMEM;
        }
    }
    *ret_user = user;
    return XS_OK;
}

static void come(struct xs_user *user, struct xs_resource *resource)
{
    xs_resources_put(&user->resources, resource);
    xs_resources_free(user->left);
    user->left = NULL;
}

/*
 * Takes one resource away, or with an empty name all of them; keeps how the last one left. Takes
 * over `left`. Returns false if that changed nothing: the same leaving may be told twice, and the
 * first telling knows when.
 */
static bool leave(struct xs_user *user, struct xs_resource *left)
{
    bool was_online = user->resources != NULL;

    if (left->texts[0] == '\0') {
        xs_resources_free(user->resources);
        user->resources = NULL;
    } else {
        xs_resources_remove(&user->resources, left->texts);
    }
    if (user->resources != NULL || (!was_online && user->left != NULL)) {
        xs_resources_free(left);
        return was_online;
    }
    xs_resources_free(user->left);
    user->left = left;
    return true;
}

/* Keeps the count of online users right, after a user's resources may have changed. */
static void count_online(struct xs_users *users, const struct xs_user *user, bool was_online)
{
    bool is_online = user->resources != NULL;

    if (is_online && !was_online)
        users->online_count++;
    if (!is_online && was_online)
        users->online_count--;
}

/*
 * Says whether a leaving without a stamp happened just now. A server answers a probe of somebody
 * offline with one from the bare JID, whenever they left: resources of an earlier session, which
 * are kept until the sync ends, do not make that news.
 */
static bool is_news(const struct xs_users *users, const struct xs_user *user,
                    const struct xs_report *report)
{
    if (report->resource[0] == '\0')
        return xs_resources_are_heard_of(user->resources, users->sync);
    return user->resources != NULL;
}

enum xs_error xs_users_apply(struct xs_users *users, const struct xs_report *report)
{
    struct xs_resource *resource = xs_resource_new(report, users->sync);
    struct xs_user *user;
    enum xs_error error = XS_ERROR_NOMEM;
    bool was_online, changed = true;

    if (resource == NULL)
        return error;
    error = find_or_add(users, report->jid.bare, report->jid.local_len, &user);
    if (error != XS_OK) {
        xs_resources_free(resource);
        return error;
    }
    was_online = user->resources != NULL;
    if (!report->presence.available && !report->delayed && !is_news(users, user, report))
        resource->last_s = XS_LAST_UNKNOWN;
    if (report->presence.available)
        come(user, resource);
    else
        changed = leave(user, resource);
    count_online(users, user, was_online);
    user->removed = false;
    if (changed)
        mark_stale(users, user);
    return XS_OK;
}

void xs_users_begin_sync(struct xs_users *users)
{
    users->sync++;
}

void xs_users_end_sync(struct xs_users *users)
{
    struct xs_user *user, *next;

    HASH_ITER(hh, users->by_local, user, next)
    {
        bool was_online = user->resources != NULL;

        if (xs_resources_drop_silent(&user->resources, users->sync))
            mark_stale(users, user);
        user->silent = was_online && user->resources == NULL;
        count_online(users, user, was_online);
    }
}

enum xs_error xs_users_mark_stale(struct xs_users *users, const char *local, size_t local_len)
{
    struct xs_user *user;
    enum xs_error error = find_or_add(users, local, local_len, &user);

    if (error == XS_OK)
        mark_stale(users, user);
    return error;
}

void xs_users_begin_roster(struct xs_users *users)
{
    users->roster++;
}

static void unlist(struct xs_users *users, struct xs_user *user)
{
    if (user->roster != 0)
        users->listed_count--;
    user->roster = 0;
}

/* Takes everything away that is known of a user, and has their record removed. */
static void remove_user(struct xs_users *users, struct xs_user *user)
{
    bool was_online = user->resources != NULL;

    xs_resources_free(user->resources);
    user->resources = NULL;
    xs_resources_free(user->left);
    user->left = NULL;
    count_online(users, user, was_online);
    unlist(users, user);
    user->dropped = false;
    user->removed = true;
    mark_stale(users, user);
}

static void drop(struct xs_users *users, struct xs_user *user)
{
    unlist(users, user);
    user->dropped = true;
}

void xs_users_end_roster(struct xs_users *users)
{
    struct xs_user *user, *next;

    HASH_ITER(hh, users->by_local, user, next)
    {
        if (user->roster != 0 && user->roster != users->roster)
            drop(users, user);
    }
}

void xs_users_drop(struct xs_users *users, const char *local, size_t local_len)
{
    struct xs_user *user = find(users, local, local_len);

    if (user != NULL)
        drop(users, user);
}

void xs_users_judge_dropped(struct xs_users *users, bool roster_decides)
{
    struct xs_user *user, *next;

    HASH_ITER(hh, users->by_local, user, next)
    {
        if (user->dropped && roster_decides)
            remove_user(users, user);
        user->dropped = false;
    }
}

enum xs_error xs_users_list(struct xs_users *users, const char *local, size_t local_len)
{
    struct xs_user *user;
    enum xs_error error = find_or_add(users, local, local_len, &user);

    if (error != XS_OK)
        return error;
    if (user->roster == 0) {
        users->listed_count++;
        mark_stale(users, user);
    }
    user->roster = users->roster;
    user->dropped = user->removed = false;
    return XS_OK;
}

enum xs_error xs_users_unlist(struct xs_users *users, const char *local, size_t local_len)
{
    struct xs_user *user;
    enum xs_error error = find_or_add(users, local, local_len, &user);

    if (error == XS_OK)
        remove_user(users, user);
    return error;
}

bool xs_users_is_listed(const struct xs_users *users, const char *local, size_t local_len)
{
    const struct xs_user *user = find(users, local, local_len);

    return user != NULL && user->roster != 0;
}

/* Takes the server's word for when somebody left, which is later than what was known. */
static void take_word(struct xs_resource *left, int64_t last_s)
{
    bool is_known = left->last_s != XS_LAST_UNKNOWN;

    if (is_known && last_s - left->last_s > XS_USERS_SLACK_S)
        left->status_at = left->lang_at = 0; /* the words of an earlier leaving */
    if (!is_known || last_s - left->last_s > XS_USERS_SLACK_S)
        left->hearsay = left->status_at == 0;
    left->last_s = last_s;
}

enum xs_error xs_users_note_last(struct xs_users *users, const char *local, size_t local_len,
                                 int64_t last_s)
{
    struct xs_user *user = find(users, local, local_len);

    if (user == NULL || user->resources != NULL || user->removed)
        return XS_OK;
    if (user->left == NULL) {
        user->left = calloc(1, sizeof(*user->left) + 1);
        if (user->left == NULL)
            return XS_ERROR_NOMEM;
        user->left->last_s = XS_LAST_UNKNOWN;
    }
    if (last_s > user->left->last_s) {
        take_word(user->left, last_s);
        mark_stale(users, user);
    }
    return XS_OK;
}

void xs_users_mark_all_stale(struct xs_users *users)
{
    struct xs_user *user, *next;

    HASH_ITER(hh, users->by_local, user, next)
    {
        mark_stale(users, user);
    }
}

size_t xs_users_listed_count(const struct xs_users *users)
{
    return users->listed_count;
}

size_t xs_users_online_count(const struct xs_users *users)
{
    return users->online_count;
}

struct xs_user *xs_users_next(const struct xs_users *users, const struct xs_user *after)
{
    return after == NULL ? users->by_local : after->hh.next;
}

struct xs_user *xs_users_next_stale(const struct xs_users *users, const struct xs_user *after)
{
    return after == NULL ? users->stale : after->next;
}

void xs_users_settle(struct xs_users *users, struct xs_user *user)
{
    if (!user->stale)
        return;
    user->stale = false;
    DL_DELETE(users->stale, user);
    if (user->removed) {
        HASH_DEL(users->by_local, user);
        user_free(user);
    }
}

const char *xs_user_local(const struct xs_user *user)
{
    return user->local;
}

bool xs_user_is_removed(const struct xs_user *user)
{
    return user->removed;
}

bool xs_user_is_offline(const struct xs_user *user)
{
    return !user->removed && user->resources == NULL;
}

bool xs_user_is_silent(const struct xs_user *user)
{
    return xs_user_is_offline(user) && user->left == NULL && user->silent;
}

bool xs_user_is_hearsay(const struct xs_user *user)
{
    return xs_user_is_offline(user) && user->left != NULL && user->left->hearsay;
}

struct xs_presence xs_user_presence(const struct xs_user *user)
{
    const struct xs_resource *winner = xs_resources_winner(user->resources);

    if (winner != NULL)
        return xs_resource_presence(winner, true);
    if (user->left != NULL)
        return xs_resource_presence(user->left, false);
    return (struct xs_presence){.available = false, .last_s = XS_LAST_UNKNOWN};
}
