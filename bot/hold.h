/*
 * hold.h: holding the lease of a domain, so that one bot at a time writes its records.
 *
 * Every step is one atomic script in Redis. I/O through redis.h.
 */
#ifndef XS_HOLD_H
#define XS_HOLD_H

#include <stdint.h>

#include "keys.h"
#include "redis.h"

/* How long the lease lives, and how far ahead its UNTIL is set, in seconds. */
#define XS_HOLD_TTL_S 30

/* How often it is renewed, in milliseconds. */
#define XS_HOLD_RENEW_MS 10000

/* Bytes of an ID at most: a name of 255, a slash, 32 hex digits, a terminator. */
#define XS_HOLD_ID_SIZE 289

enum xs_hold_result {
    XS_HOLD_MINE,    /* the lease is ours, and was before */
    XS_HOLD_TAKEN,   /* it is ours from now on: another may have had it meanwhile */
    XS_HOLD_OTHERS,  /* another bot has it */
    XS_HOLD_REFUSED, /* Redis answered with an error reply; `error` has its words */
    XS_HOLD_FAILED   /* no answer; xs_redis_error has the words */
};

/* One bot's claim on a domain's lease. A plain value. */
struct xs_hold {
    struct xs_key key;
    char id[XS_HOLD_ID_SIZE];     /* NAME/NONCE */
    char prefix[XS_HOLD_ID_SIZE]; /* NAME/ */
    char error[256];              /* the last error reply, "" if none; unescaped */
};

/*
 * Prepares the claim of the bot `name` (1..255 bytes, no space, no '/') on `domain` (normalised),
 * with a fresh nonce. Returns XS_OK or XS_ERROR_SYSTEM if there is no randomness.
 */
enum xs_error xs_hold_init(struct xs_hold *hold, const char *domain, const char *name);

/*
 * Takes the lease if it is free, ours, or that of an earlier start under our name (the caller holds
 * the lock that proves that one dead). A lease that is newly ours has UNTIL 0 and a full TTL; one
 * that was ours already stays as it is: while we are not connected it must be able to lapse.
 */
enum xs_hold_result xs_hold_take(struct xs_hold *hold, struct xs_redis *redis);

/* Like xs_hold_take, and renews the TTL, for a bot that is connected. UNTIL stays as it is. */
enum xs_hold_result xs_hold_keep(struct xs_hold *hold, struct xs_redis *redis);

/*
 * Renews the lease, if it is still ours, with UNTIL XS_HOLD_TTL_S after `seen_s` (Unix second). To
 * be called only if everything known has been written and the server has answered since the last
 * time.
 */
enum xs_hold_result xs_hold_renew(struct xs_hold *hold, struct xs_redis *redis, int64_t seen_s);

/* Gives the lease up, if it is still ours: the records are nobody's word from now on. */
enum xs_hold_result xs_hold_release(struct xs_hold *hold, struct xs_redis *redis);

#endif
