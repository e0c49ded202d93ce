/*
 * targets.h: whom a command is about: JIDs and domains, normalised before anything is done.
 *
 * Reads one stream at most; no other I/O.
 */
#ifndef XS_TARGETS_H
#define XS_TARGETS_H

#include <stdbool.h>
#include <stdio.h>

#include "entries.h"
#include "jid.h"

/* Targets at most in one call. */
#define XS_TARGETS_MAX 10000

/* Refused targets at most that are told of. */
#define XS_REFUSALS_MAX 100

/* Which targets a command takes. */
enum xs_target_kind { XS_TARGET_USER = 1, XS_TARGET_DOMAIN = 2, XS_TARGET_ANY = 3 };

/* A user or a whole domain. A plain value. */
struct xs_target {
    enum xs_target_kind kind;         /* XS_TARGET_USER or XS_TARGET_DOMAIN */
    struct xs_jid jid;                /* of a user only */
    char domain[XS_JID_PART_MAX + 1]; /* normalised */
};

/* All of a call. Start with {0}; end with xs_targets_free. */
struct xs_targets {
    struct xs_target *items; /* `count` of them; NULL if none */
    size_t count;
    size_t room;
    struct xs_entries given;   /* what each was given as, in the same order, without values */
    struct xs_entries refused; /* what was refused, and as value why; XS_REFUSALS_MAX at most */
    size_t refused_count;      /* all of them, also those that are not listed */
};

/*
 * Adds a target, `raw_len` bytes of any content: a JID, if there is an '@' before any '/', or a
 * domain. One that is not valid, or of a kind not in `kinds`, is put among the refused, which is
 * not an error. Returns XS_OK, XS_ERROR_TOO_LONG (there are XS_TARGETS_MAX already) or
 * XS_ERROR_NOMEM.
 */
enum xs_error xs_targets_add(struct xs_targets *targets, enum xs_target_kind kinds, const char *raw,
                             size_t raw_len);

/*
 * Adds one target per line of a stream; empty lines are passed over. Errors as above, and
 * XS_ERROR_SYSTEM if reading fails (errno says why).
 */
enum xs_error xs_targets_read(struct xs_targets *targets, enum xs_target_kind kinds, FILE *stream);

/* Frees what the targets hold and leaves them empty. */
void xs_targets_free(struct xs_targets *targets);

/* Returns the target's name, which is also its field among the flags: the JID or the domain. */
const char *xs_target_name(const struct xs_target *target);

#endif
