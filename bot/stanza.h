/*
 * stanza.h: what a presence stanza says about one user's resource.
 *
 * Stanza and arrival time in, report out. Pure: reads the stanza, does no I/O.
 */
#ifndef XS_STANZA_H
#define XS_STANZA_H

#include <stdbool.h>
#include <stdint.h>
#include <strophe.h>

#include "jid.h"
#include "presence.h"

/* Bytes that hold a status text of XS_STATUS_MAX_CHARS characters, terminator included. */
#define XS_STATUS_SIZE (4 * XS_STATUS_MAX_CHARS + 1)

/* Bytes of a resource at most (RFC 7622 section 3.4). */
#define XS_RESOURCE_MAX XS_JID_PART_MAX

/*
 * One resource's presence. A plain value that owns its texts, except that the presence points into
 * the report itself: do not copy it, and do not keep pointers from it.
 */
struct xs_report {
    struct xs_jid jid;
    char resource[XS_RESOURCE_MAX + 1]; /* "" for a bare JID */
    int priority;                       /* -128..127 */
    int64_t sent_s;                     /* Unix second at which it was sent, never in the future */
    bool delayed;                       /* it bore a delay stamp: part of a sync */
    struct xs_presence presence;        /* texts point into this report, or are NULL */
    char status[XS_STATUS_SIZE];
    char lang[XS_LANG_MAX + 1];
};

/*
 * Reads a presence stanza that arrived at `now_s` (Unix second).
 *
 * Returns true and fills `ret_report` if it is presence (no type, or `unavailable`) of a user with
 * a local part in `domain` (normalised, NUL-terminated); false for everything else: other types,
 * other domains, a malformed or missing `from`, an available bare JID. Unknown <show/> counts as
 * none, a missing or senseless <priority/> as 0, stamps in the future as `now_s`.
 * RFC 6121 section 4.7, XEP-0203, XEP-0256, XEP-0319.
 */
bool xs_stanza_read_presence(xmpp_stanza_t *stanza, const char *domain, int64_t now_s,
                             struct xs_report *ret_report);

#endif
