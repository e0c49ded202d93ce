/*
 * state.h: a presence in one word, for the formats that have no more room.
 *
 * Pure; no I/O.
 */
#ifndef XS_STATE_H
#define XS_STATE_H

#include "presence.h"

enum xs_state {
    XS_STATE_UNKNOWN, /* there is an error instead of a presence */
    XS_STATE_ONLINE,
    XS_STATE_CHAT,
    XS_STATE_AWAY,
    XS_STATE_XA,
    XS_STATE_DND,
    XS_STATE_OFFLINE,
    XS_STATE_COUNT
};

/* Returns the state of a presence; never XS_STATE_UNKNOWN. */
enum xs_state xs_state_of(const struct xs_presence *presence);

/* Returns the word for programs, "xa" for example. Never NULL; "unknown" for values outside. */
const char *xs_state_word(enum xs_state state);

#endif
