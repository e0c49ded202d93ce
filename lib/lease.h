/*
 * lease.h: the lease, a bot's word that a domain's presence records can be trusted, and until when.
 *
 * Reading and judging only; taking and renewing it is the bot's business. Pure; no I/O.
 */
#ifndef XS_LEASE_H
#define XS_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far in the future, in seconds, UNTIL may lie; beyond it a clock or a writer is wrong. */
#define XS_LEASE_AHEAD_MAX_S 60

/* A lease as read from Redis. A plain value. */
struct xs_lease {
    bool exists;     /* false also for a malformed value or a key of the wrong type */
    int64_t until_s; /* Unix second; 0 before the first sync is complete. Meaningless if !exists */
};

/*
 * Reads a lease value `UNTIL ID`: `value_len` bytes of any content, or NULL if the key is absent.
 * UNTIL is a decimal number of 1 to 18 digits, then one space, then at least one byte of ID.
 * Anything else gives a lease that does not exist. Cannot fail.
 */
struct xs_lease xs_lease_parse(const char *value, size_t value_len);

/* Says whether the records may be trusted at `now_s` (Unix second). */
bool xs_lease_is_valid(struct xs_lease lease, int64_t now_s);

#endif
