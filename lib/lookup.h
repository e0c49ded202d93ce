/*
 * lookup.h: one JID to look up, and what was found. Who looks it up is store.h's business.
 *
 * Pure; no I/O.
 */
#ifndef XS_LOOKUP_H
#define XS_LOOKUP_H

#include "error.h"
#include "facts.h"
#include "jid.h"

/* Owned by the caller; nothing in it needs freeing. */
struct xs_lookup {
    struct xs_jid jid;     /* in */
    enum xs_error error;   /* out: XS_OK, or why the facts are not known */
    struct xs_facts facts; /* out, valid if XS_OK; texts live until the store's next call */
};

#endif
