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

/* Seconds by which the bot's time of a leaving and the server's (XEP-0012) may differ. */
#define XS_USERS_SLACK_S 2

struct xs_users;
struct xs_user;

/* Makes an empty set of users. Freed with xs_users_free. NULL if out of memory. */
struct xs_users *xs_users_new(void);

/* Frees the set and everybody in it. NULL is allowed. */
void xs_users_free(struct xs_users *users);

/* Forgets everybody, those in the roster included. */
void xs_users_clear(struct xs_users *users);

/*
 * Forgets how those who are offline left: they may have come and gone since, and another bot have
 * seen that. They stay known, so the server can be asked for their last activity.
 */
void xs_users_doubt(struct xs_users *users);

/*
 * Begins a sync: from now on every resource must be reported again to be believed. What was known
 * before stays until the sync ends, so one that is never completed marks nobody offline.
 */
void xs_users_begin_sync(struct xs_users *users);

/*
 * Ends a completed sync: resources that were not reported are gone, since an unknown time. For the
 * users who are offline by that, xs_user_is_silent holds.
 */
void xs_users_end_sync(struct xs_users *users);

/*
 * Applies a report: a resource came, changed or left; an unavailable bare JID takes all resources
 * away (RFC 6121 section 4.5.4). That somebody is offline who was not known to be online is noted
 * too, once; since when is then known only if the report bears a delay stamp. The same holds for a
 * bare JID if none of the resources has been reported in the current sync. Returns XS_OK,
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

/* Ends the reading: those who were not listed again are dropped, as by xs_users_drop. */
void xs_users_end_roster(struct xs_users *users);

/*
 * Notes that a user, if known, is not in the roster any more. What that means is not known before
 * xs_users_judge_dropped.
 */
void xs_users_drop(struct xs_users *users, const char *local, size_t local_len);

/*
 * Judges everybody who has been dropped from the roster and not been listed since. If the roster
 * decides whose presence is to be had, they count as offline, and their records are to be removed;
 * else it does not matter.
 */
void xs_users_judge_dropped(struct xs_users *users, bool roster_decides);

/*
 * Notes that a user is in the bot's roster, with their presence subscribed to. The record of
 * somebody new is out of date. Errors as for xs_users_apply.
 */
enum xs_error xs_users_list(struct xs_users *users, const char *local, size_t local_len);

/*
 * Notes that a user is not in the roster (any more), where that decides: they count as offline, and
 * their record is to be removed. Errors as for xs_users_apply.
 */
enum xs_error xs_users_unlist(struct xs_users *users, const char *local, size_t local_len);

/* Says whether a user is in the roster. */
bool xs_users_is_listed(const struct xs_users *users, const char *local, size_t local_len);

/*
 * Notes when a user who is offline was last active (Unix second), unless something later is known.
 * If it is later by more than XS_USERS_SLACK_S, they have come and gone since, and with what words
 * is not known. Of somebody online or unknown nothing is noted. Returns XS_OK or XS_ERROR_NOMEM.
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

/* Says whether the user is offline since the sync that was ended last, without a word of when. */
bool xs_user_is_silent(const struct xs_user *user);

/* Says whether no more is known of how a user left than when, and that by xs_users_note_last. */
bool xs_user_is_hearsay(const struct xs_user *user);

/*
 * Returns what is to be published of the user: the winner's presence, or how they left. The winner
 * has the highest priority; then chat, available, away, xa, dnd; then the most recent. The texts
 * are borrowed from the user until the next apply.
 */
struct xs_presence xs_user_presence(const struct xs_user *user);

#endif
