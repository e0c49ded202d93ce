/*
 * watches.h: the JIDs that streams watch, and which of them may have changed.
 *
 * Each JID is watched once, however many streams are for it. Memory only; no I/O. Not shared
 * between threads.
 */
#ifndef XS_WATCHES_H
#define XS_WATCHES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "error.h"
#include "jid.h"
#include "keys.h"
#include "lookup.h"
#include "verdict.h"

struct xs_watches;
struct xs_stream;

/* One watched JID, and what is to be said of it. Owned by the watches. */
struct xs_watch;

/* That a stream watches a JID. Owned by the stream; the link and the watch are set by a join. */
struct xs_subscription {
    LIST_ENTRY(xs_subscription) link;
    struct xs_watch *watch;
    struct xs_stream *stream;
    uint64_t sent; /* which answer the stream has sent last: the stream's own */
};

LIST_HEAD(xs_subscriptions, xs_subscription);

/* Makes an empty set. Freed with xs_watches_free. NULL if out of memory. */
struct xs_watches *xs_watches_new(void);

/* Frees a set that nobody has joined any more. NULL is allowed. */
void xs_watches_free(struct xs_watches *watches);

/*
 * Makes a subscription one to a JID; NULL for something that is not a JID, of which there is never
 * news. A JID that nobody watched before has no answer until the first update. The subscription
 * must stay where it is until xs_watches_leave. Returns XS_OK or XS_ERROR_NOMEM.
 */
enum xs_error xs_watches_join(struct xs_watches *watches, const struct xs_jid *jid,
                              struct xs_subscription *subscription);

/* Ends a subscription. With the last one the JID is no longer watched. */
void xs_watches_leave(struct xs_watches *watches, struct xs_subscription *subscription);

/* Returns the number of JIDs watched. */
size_t xs_watches_count(const struct xs_watches *watches);

/* Notes that a key has changed: all whose answers rest on it have to be looked up. */
void xs_watches_note(struct xs_watches *watches, const struct xs_key_owner *owner);

/* Notes that anything may have changed. */
void xs_watches_note_all(struct xs_watches *watches);

/*
 * Notes what the time has changed by `now_s` (Unix second): domains whose lease has run out, or has
 * become valid, without a word from Redis; and that lookups which failed have to be tried again.
 */
void xs_watches_note_time(struct xs_watches *watches, int64_t now_s);

/* Says whether some have to be looked up. */
bool xs_watches_has_next(const struct xs_watches *watches);

/*
 * Takes the next JID that has to be looked up. NULL if there is none; otherwise it is pending, and
 * an update must follow, before anybody leaves.
 */
struct xs_watch *xs_watches_next(struct xs_watches *watches, struct xs_jid *ret_jid);

/*
 * Takes in what was found for the JID, at `now_s`: makes the answer. Returns XS_OK, or
 * XS_ERROR_NOMEM, after which the answer is the one before.
 */
enum xs_error xs_watches_update(struct xs_watches *watches, struct xs_watch *watch,
                                const struct xs_lookup *lookup, int64_t now_s);

/* Says whether it has to be looked up, so that its answer may not be true any more. */
bool xs_watch_is_dirty(const struct xs_watch *watch);

/* Says whether it is being looked up: likewise, but its update comes before anything is waited for.
 */
bool xs_watch_is_pending(const struct xs_watch *watch);

/* Returns those who watch it. */
const struct xs_subscriptions *xs_watch_subscriptions(const struct xs_watch *watch);

/*
 * Returns the answer in JSON, on one line without its newline, and its bytes. Borrowed until the
 * next update. Never NULL after the first one.
 */
const char *xs_watch_json(const struct xs_watch *watch, size_t *ret_len);

/*
 * Returns a hash of the answer, the same in every process, of XS_WATCH_HASH_BITS bits. The lowest
 * one says whether the answer is an error. So a user can choose what they publish as they like: it
 * never has the hash of an error, which a client that has had it would not be sent.
 */
uint64_t xs_watch_hash(const struct xs_watch *watch);

#define XS_WATCH_HASH_BITS 36

/* Returns the verdict that the answer is about, without texts. Borrowed as the watch. */
const struct xs_verdict *xs_watch_verdict(const struct xs_watch *watch);

#endif
