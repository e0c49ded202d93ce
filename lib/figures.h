/*
 * figures.h: what a domain's bot tells of itself in Redis, in whole numbers, for the operator.
 *
 * The bot writes them and the responder shows them; no answer to a visitor rests on them. Pure; no
 * I/O.
 */
#ifndef XS_FIGURES_H
#define XS_FIGURES_H

#include <stdint.h>

struct redisReply;

/* One bot's figures; counts start with its process. */
enum xs_figure {
    XS_FIGURE_STARTED,    /* Unix second at which the bot was started */
    XS_FIGURE_SYNCED,     /* Unix second at which the last sync was complete */
    XS_FIGURE_SYNCS,      /* count of complete syncs */
    XS_FIGURE_STANZAS,    /* count of stanzas that arrived and were looked at */
    XS_FIGURE_ONLINE,     /* users who are online now */
    XS_FIGURE_LISTED,     /* users in the bot's roster now */
    XS_FIGURE_RECONNECTS, /* count of sessions that ended or could not be had, but by a stop */
    XS_FIGURE_OUTAGES,    /* count of times that Redis was away or refused to write */
    XS_FIGURE_COUNT
};

/* A figure that is not known. */
#define XS_FIGURE_UNKNOWN (-1)

/* The largest figure: 15 digits, which a double, Prometheus's only number, still holds exactly. */
#define XS_FIGURE_MAX INT64_C(999999999999999)

/* All of them. A plain value; each is 0..XS_FIGURE_MAX or XS_FIGURE_UNKNOWN. */
struct xs_figures {
    int64_t values[XS_FIGURE_COUNT];
};

/* Returns the name of a figure's field in Redis, "stanzas" for example. Never NULL. */
const char *xs_figure_field(enum xs_figure figure);

/*
 * Reads the reply to HMGET of the fields of all figures, in the order of the enum. A value that is
 * not 1 to 15 decimal digits is unknown; so are all of them if the reply is anything but an array
 * of as many values: an error, for example. Cannot fail.
 */
struct xs_figures xs_figures_parse(const struct redisReply *reply);

#endif
