/*
 * roster.h: the bot's roster: whose presence it is subscribed to.
 *
 * On ejabberd, with a shared roster, these are all accounts; on a server without help, the users
 * who added the bot. Stanza in, entries out. Pure; no I/O.
 */
#ifndef XS_ROSTER_H
#define XS_ROSTER_H

#include <stdbool.h>
#include <strophe.h>

#include "jid.h"

/* One entry. A plain value. */
struct xs_roster_entry {
    struct xs_jid jid;
    bool subscribed; /* their presence comes to us: subscription `to` or `both` */
};

/*
 * Returns the first item of a roster result or push, NULL if `iq` is neither or empty. Borrowed.
 * Further items with xs_roster_next_item. RFC 6121 section 2.1.
 */
xmpp_stanza_t *xs_roster_first_item(xmpp_stanza_t *iq);

/* Returns the item after `item`, NULL if it was the last. Borrowed. */
xmpp_stanza_t *xs_roster_next_item(xmpp_stanza_t *item);

/*
 * Reads an item. Returns true and fills `ret_entry` if it is a user in `domain` (normalised,
 * NUL-terminated), else false. RFC 6121 section 2.1.2.
 */
bool xs_roster_read_item(xmpp_stanza_t *item, const char *domain,
                         struct xs_roster_entry *ret_entry);

#endif
