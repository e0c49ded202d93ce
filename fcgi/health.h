/*
 * health.h: whether this responder can answer for presence, in one line and some more.
 *
 * Memory only; no I/O but on the stream given.
 */
#ifndef XS_HEALTH_H
#define XS_HEALTH_H

#include <stdbool.h>
#include <stdio.h>

#include "snapshot.h"

/* The type of what is written. */
#define XS_HEALTH_TYPE "text/plain; charset=utf-8"

/*
 * Says whether the responder is healthy: Redis answers, its word may be taken, and at least one
 * domain of the configuration has a valid lease, or none is configured. A single domain whose bot
 * is down does not make it unhealthy, as the others are served.
 */
bool xs_health_is_good(const struct xs_snapshot *snapshot);

/*
 * Writes the verdict: "ok", or "failing: " and the cause; then, if Redis answered, a line for each
 * domain as long as there is room. Printable ASCII but for the domains' names, which are UTF-8.
 * Errors of the stream are left for its owner to find.
 */
void xs_health_write(FILE *out, const struct xs_snapshot *snapshot);

#endif
