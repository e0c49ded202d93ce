/*
 * verdict.h: what is to be said of one JID, and which of several is the most available.
 *
 * Pure; no I/O.
 */
#ifndef XS_VERDICT_H
#define XS_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "condition.h"
#include "lookup.h"
#include "presence.h"

enum xs_verdict_kind {
    XS_VERDICT_PRESENCE,  /* the state is known and published */
    XS_VERDICT_UNTRUSTED, /* it cannot be known now */
    XS_VERDICT_NOT_FOUND, /* not published, blocked, unknown: all the same */
    XS_VERDICT_MALFORMED  /* what was asked for is not a JID */
};

/* A plain value; the presence's texts are borrowed from the facts. */
struct xs_verdict {
    enum xs_verdict_kind kind;
    struct xs_presence presence; /* what may be published; of XS_VERDICT_PRESENCE only */
};

/*
 * Judges what was found for a JID at `now_s` (Unix second). A lookup whose JID has no local part,
 * which no JID is without, stands for something that is not a JID. Facts that are not known for
 * whatever reason are XS_VERDICT_UNTRUSTED.
 */
struct xs_verdict xs_verdict_of(const struct xs_lookup *lookup, int64_t now_s);

/*
 * Says whether the user of `a` is more available than that of `b`: by the rule by which the bot
 * chooses among a user's resources, chat before available, away, xa and dnd, then the more recent
 * last activity, as far as it is published. Next is who cannot be known, as nobody may be called
 * offline before that is; then who is offline, the last to leave first; not found; malformed.
 */
bool xs_verdict_is_better(const struct xs_verdict *a, const struct xs_verdict *b);

/* Returns the error condition of a kind other than XS_VERDICT_PRESENCE. */
enum xs_condition xs_verdict_condition(enum xs_verdict_kind kind);

#endif
