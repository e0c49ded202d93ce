#include "state.h"

static const char *const words[] = {
    [XS_STATE_UNKNOWN] = "unknown", [XS_STATE_ONLINE] = "online", [XS_STATE_CHAT] = "chat",
    [XS_STATE_AWAY] = "away",       [XS_STATE_XA] = "xa",         [XS_STATE_DND] = "dnd",
    [XS_STATE_OFFLINE] = "offline",
};

_Static_assert(sizeof words / sizeof *words == XS_STATE_COUNT, "one word each");

enum xs_state xs_state_of(const struct xs_presence *presence)
{
    if (!presence->available)
        return XS_STATE_OFFLINE;
    switch (presence->show) {
    case XS_SHOW_AWAY:
        return XS_STATE_AWAY;
    case XS_SHOW_CHAT:
        return XS_STATE_CHAT;
    case XS_SHOW_DND:
        return XS_STATE_DND;
    case XS_SHOW_XA:
        return XS_STATE_XA;
    default:
        return XS_STATE_ONLINE;
    }
}

const char *xs_state_word(enum xs_state state)
{
    return words[(unsigned)state < XS_STATE_COUNT ? state : XS_STATE_UNKNOWN];
}
