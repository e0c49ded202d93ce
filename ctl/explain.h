/*
 * explain.h: why a request for a JID gets the answer that it gets, in words.
 *
 * The rule itself is xs_facts_decide's alone; this says which of the facts it was. Pure; no I/O.
 */
#ifndef XS_EXPLAIN_H
#define XS_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "facts.h"

/* What facts do not tell: that something is there, but not as the contract wants it. */
struct xs_flaws {
    bool flags;       /* the key of the flags is not a hash */
    bool domain_flag; /* neither `no` nor a well-formed `yes` */
    bool user_flag;   /* the same */
    bool lease;       /* there is a key, but it is no lease */
};

/* Each possible reason; in the order in which the contract looks at the facts. */
enum xs_reason {
    XS_REASON_FLAGS_FLAWED,
    XS_REASON_DOMAIN_ABSENT,
    XS_REASON_DOMAIN_FLAWED,
    XS_REASON_DOMAIN_NO,
    XS_REASON_LEASE_ABSENT,
    XS_REASON_LEASE_FLAWED,
    XS_REASON_LEASE_SYNCING,
    XS_REASON_LEASE_LAPSED,
    XS_REASON_LEASE_AHEAD,
    XS_REASON_USER_FLAWED,
    XS_REASON_USER_NO,
    XS_REASON_RECORD_DAMAGED,
    XS_REASON_RECORD_ABSENT,
    XS_REASON_PUBLISHED_OFFLINE,
    XS_REASON_PUBLISHED_BY_USER,
    XS_REASON_PUBLISHED_BY_DOMAIN,
    XS_REASON_COUNT
};

/* Says why the answer at `now_s` (Unix second) is what xs_facts_decide says it is. */
enum xs_reason xs_explain(const struct xs_facts *facts, const struct xs_flaws *flaws,
                          int64_t now_s);

/* Returns a reason in one line for a person, without full stop. Never NULL; "" if outside. */
const char *xs_reason_text(enum xs_reason reason);

/* Returns a reason as a fixed word for programs, "user-no" for example. Never NULL. */
const char *xs_reason_word(enum xs_reason reason);

#endif
