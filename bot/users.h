/*
 * users.h: the users of the domain that the bot knows of, and their resources.
 *
 * Takes reports, finds the winner among a user's resources, and remembers whose record in Redis is
 * out of date. Memory only; no I/O. Not shared between threads.
 */
#ifndef XS_USERS_H
#define XS_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "stanza.h"

/* Users at most that one bot keeps; more are ignored. */
#define XS_USERS_MAX 1000000

struct xs_users;
struct xs_user;

/* Makes an empty set of users. Freed with xs_users_free. NULL if out of memory. */
struct xs_users *xs_users_new(void);

/* Frees the set and everybody in it. NULL is allowed. */
void xs_users_free(struct xs_users *users);

/* Forgets everybody, those in the roster included. */
void xs_users_clear(struct xs_users *users);

/*
 * Begins a sync: from now on every resource must be reported again to be believed. What was known
 * before stays until the sync ends, so one that is never completed marks nobody offline.
 */
void xs_users_begin_sync(struct xs_users *users);

/* Ends a completed sync: resources that were not reported are gone, since an unknown time. */
void xs_users_end_sync(struct xs_users *users);

/*
 * Applies a report: a resource came, changed or left; an unavailable bare JID takes all resources
 * away (RFC 6121 section 4.5.4). That somebody is offline who was not known to be online is noted
 * too, once; since when is then known only if the report bears a delay stamp. Returns XS_OK,
 * XS_ERROR_TOO_LONG (there are XS_USERS_MAX users already, this one is ignored) or XS_ERROR_NOMEM
 * (nothing changed).
 */
enum xs_error xs_users_apply(struct xs_users *users, const struct xs_report *report);

/*
 * Marks a user's record as out of date, whether or not anything is known of them: somebody unknown
 * is offline since an unknown time. `local` is `local_len` bytes, a normalised local part. Errors
 * as for xs_users_apply.
 */
enum xs_error xs_users_mark_stale(struct xs_users *users, const char *local, size_t local_len);

/* Begins to read the roster anew: who is not listed again until it ends is gone from it. */
void xs_users_begin_roster(struct xs_users *users);

/* Ends the reading: the records of those who are gone from the roster are to be removed. */
void xs_users_end_roster(struct xs_users *users);

/*
 * Notes that a user is in the bot's roster, with their presence subscribed to. The record of
 * somebody new is out of date. Errors as for xs_users_apply.
 */
enum xs_error xs_users_list(struct xs_users *users, const char *local, size_t local_len);

/*
 * Notes that a user is not in the roster (any more): they count as offline, and their record is to
 * be removed. Errors as for xs_users_apply.
 */
enum xs_error xs_users_unlist(struct xs_users *users, const char *local, size_t local_len);

/* Says whether a user is in the roster. */
bool xs_users_is_listed(const struct xs_users *users, const char *local, size_t local_len);

/*
 * Notes when a user who is offline was last active (Unix second), unless something later is known.
 * Of somebody online or unknown nothing is noted. Returns XS_OK or XS_ERROR_NOMEM.
 */
enum xs_error xs_users_note_last(struct xs_users *users, const char *local, size_t local_len,
                                 int64_t last_s);

/*
 * Returns the first user of all, or with `after` the next one; NULL if there is none. Borrowed.
 * Nobody may be settled in between.
 */
struct xs_user *xs_users_next(const struct xs_users *users, const struct xs_user *after);

/* Marks everybody's record as out of date, after Redis may have lost them. */
void xs_users_mark_all_stale(struct xs_users *users);

/* Returns how many users are in the roster. */
size_t xs_users_listed_count(const struct xs_users *users);

/* Returns how many users have at least one resource. */
size_t xs_users_online_count(const struct xs_users *users);

/*
 * Returns the first user whose record is out of date, or with `after` the next one; NULL if there
 * is none. Borrowed from `users`; an apply or settle of that user ends it.
 */
struct xs_user *xs_users_next_stale(const struct xs_users *users, const struct xs_user *after);

/* Notes that the record of a stale user is up to date; one who was to be removed is forgotten. */
void xs_users_settle(struct xs_users *users, struct xs_user *user);

/* Returns the user's local part, NUL-terminated, borrowed. Never NULL. */
const char *xs_user_local(const struct xs_user *user);

/* Says whether the user's record is to be removed instead of written. */
bool xs_user_is_removed(const struct xs_user *user);

/* Says whether the user is offline, and not to be removed. */
bool xs_user_is_offline(const struct xs_user *user);

/*
 * Returns what is to be published of the user: the winner's presence, or how they left. The winner
 * has the highest priority; then chat, available, away, xa, dnd; then the most recent. The texts
 * are borrowed from the user until the next apply.
 */
struct xs_presence xs_user_presence(const struct xs_user *user);

#endif
