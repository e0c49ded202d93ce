/*
 * activity.h: asking the server when people who are offline were last active (XEP-0012).
 *
 * Keeps the questions that are to be asked and those that are open, a bounded number at a time.
 * Builds and reads stanzas; sends nothing. Memory only; no I/O. Not shared between threads.
 */
#ifndef XS_ACTIVITY_H
#define XS_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>
#include <strophe.h>

#include "error.h"
#include "jid.h"

/* Questions open at a time at most, so that neither side has to queue many. */
#define XS_ACTIVITY_OPEN_MAX 100

/* How long an answer is waited for, in milliseconds. */
#define XS_ACTIVITY_TIMEOUT_MS 30000

struct xs_activity;

/* What a stanza was to the questions. */
enum xs_activity_reading {
    XS_ACTIVITY_FOREIGN, /* not an answer to one */
    XS_ACTIVITY_UNKNOWN, /* the server does not know, or does not tell */
    XS_ACTIVITY_KNOWN
};

/*
 * Makes a list without questions for `domain` (normalised, borrowed for its life). Freed with
 * xs_activity_free. NULL if out of memory.
 */
struct xs_activity *xs_activity_new(const char *domain);

/* Frees the list. NULL is allowed. */
void xs_activity_free(struct xs_activity *activity);

/* Forgets all questions: the session they belonged to is over. */
void xs_activity_clear(struct xs_activity *activity);

/* Notes that the last activity of `local@domain` is wanted. Returns XS_OK or XS_ERROR_NOMEM. */
enum xs_error xs_activity_want(struct xs_activity *activity, const char *local);

/*
 * Makes the next request to send, if there is one and not too many are open. `privileged`: the
 * server wants the question wrapped (XEP-0356 section 6). `now_ms` is of a monotonic clock;
 * questions without an answer for too long are given up here.
 *
 * Returns a stanza that the caller sends and releases; NULL if there is nothing to send now.
 */
xmpp_stanza_t *xs_activity_next_request(struct xs_activity *activity, xmpp_ctx_t *strophe,
                                        bool privileged, int64_t now_ms);

/*
 * Reads a stanza that may answer a question; such a question is closed. An answer counts only from
 * the JID that was asked. With XS_ACTIVITY_KNOWN `ret_jid` is whose activity it is and `ret_last_s`
 * when (Unix second, not after `now_s`); otherwise they are untouched.
 */
enum xs_activity_reading xs_activity_read(struct xs_activity *activity, xmpp_stanza_t *iq,
                                          int64_t now_s, struct xs_jid *ret_jid,
                                          int64_t *ret_last_s);

#endif
