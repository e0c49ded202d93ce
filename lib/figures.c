#include "figures.h"

#include <hiredis/hiredis.h>
#include <stddef.h>

/* Decimal digits of a figure at most; XS_FIGURE_MAX has as many. */
#define DIGITS_MAX 15

static const char *const fields[] = {
    [XS_FIGURE_STARTED] = "started",       [XS_FIGURE_SYNCED] = "synced",
    [XS_FIGURE_SYNCS] = "syncs",           [XS_FIGURE_STANZAS] = "stanzas",
    [XS_FIGURE_ONLINE] = "online",         [XS_FIGURE_LISTED] = "listed",
    [XS_FIGURE_RECONNECTS] = "reconnects", [XS_FIGURE_OUTAGES] = "outages",
};

_Static_assert(sizeof(fields) / sizeof(*fields) == XS_FIGURE_COUNT, "one each");

const char *xs_figure_field(enum xs_figure figure)
{
    return fields[figure];
}

static int64_t parse_value(const redisReply *value)
{
    int64_t number = 0;

    if (value->type != REDIS_REPLY_STRING || value->len < 1 || value->len > DIGITS_MAX)
        return XS_FIGURE_UNKNOWN;
    for (size_t i = 0; i < (size_t)value->len; i++) {
        if (value->str[i] < '0' || value->str[i] > '9')
            return XS_FIGURE_UNKNOWN;
        number = number * 10 + (value->str[i] - '0');
    }
    return number;
}

struct xs_figures xs_figures_parse(const struct redisReply *reply)
{
    struct xs_figures figures;

    for (size_t i = 0; i < XS_FIGURE_COUNT; i++)
        figures.values[i] = XS_FIGURE_UNKNOWN;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != XS_FIGURE_COUNT)
        return figures;
    for (size_t i = 0; i < XS_FIGURE_COUNT; i++)
        figures.values[i] = parse_value(reply->element[i]);
    return figures;
}
