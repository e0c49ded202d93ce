/*
 * allowance.h: how much the bot says to those who need no answer.
 *
 * A bucket of bytes that fills up again with time. Pure: time is a parameter, in milliseconds of a
 * monotonic clock.
 */
#ifndef XS_ALLOWANCE_H
#define XS_ALLOWANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What may be said at once, and per second from then on, in bytes: some thirty answers, then one or
 * two per second. Servers take 3000 (ejabberd) or 10240 (Prosody) bytes per second from a client
 * unless told otherwise, so this much makes the bot's own pings late by three seconds at most.
 */
#define XS_ALLOWANCE_BURST 8192
#define XS_ALLOWANCE_RATE  512

/* Fields are private to allowance.c. A plain value. */
struct xs_allowance {
    int64_t left;     /* in thousandths of a byte */
    int64_t since_ms; /* when that was so */
};

/* Returns a full allowance. */
struct xs_allowance xs_allowance_full(int64_t now_ms);

/*
 * Says whether `size` bytes may be said at `now_ms`, which is not before any time given earlier; if
 * so, they are spent. Otherwise nothing is.
 */
bool xs_allowance_spend(struct xs_allowance *allowance, size_t size, int64_t now_ms);

#endif
