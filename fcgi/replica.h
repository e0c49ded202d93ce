/*
 * replica.h: whether what Redis says is current, on a replica that may be cut off from its master.
 *
 * A replica that hears nothing from its master answers as if all were well, and knows of no block
 * that was decided meanwhile. So it is asked how long ago it heard, and for how long from then on
 * its word may be taken. Does I/O through redis.h. Not shared between threads.
 */
#ifndef XS_REPLICA_H
#define XS_REPLICA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "redis.h"

/* How often Redis is asked. */
#define XS_REPLICA_BEAT_MS 500

/* The same while its word may not be taken. */
#define XS_REPLICA_AGAIN_MS 100

/*
 * How long a replica that was not believed has to have its master before it is again. As soon as
 * its link is up it says so, and that it has just heard from its master; what it has missed comes
 * then.
 */
#define XS_REPLICA_SETTLE_MS 1000

/* How long the word of a master may be taken after it has had a replica that follows. */
#define XS_REPLICA_MASTER_MS 1000

/* Bytes of the name that Redis gives to each of its runs, terminator included. */
#define XS_REPLICA_RUN_SIZE 48

/* What is known about the Redis that is read. Starts as all zero but for `cutoff_ms`. */
struct xs_replica {
    int64_t cutoff_ms;             /* how old, at most, what is published may be; >= 4000 */
    uint64_t generation;           /* of the connection that was asked; 0: none */
    int64_t asked_ms;              /* when its last answer was asked for; monotonic, as the next */
    int64_t due_ms;                /* when to ask again */
    int64_t current_ms;            /* until when its word may be taken */
    bool is_good;                  /* its last answer spoke for it */
    int64_t settle_ms;             /* from when on that counts, of a replica */
    char run[XS_REPLICA_RUN_SIZE]; /* which run of Redis that is; "" if unknown */
    char error[XS_ERROR_TEXT_SIZE];
};

/*
 * Reads the `len` bytes that INFO answered, of which the section "replication" counts. Returns for
 * how many milliseconds, from the question on, what Redis says is no older than `cutoff_ms`; 0 if
 * that cannot be said:
 *
 *   a replica    by the seconds, rounded against us, since it heard from its master; 0 if the link
 *                is down
 *   a master     `cutoff_ms`; but if it demands replicas in order to write (min-replicas-to-write),
 *                XS_REPLICA_MASTER_MS if at least one follows, else 0: it may have been replaced
 */
int64_t xs_replica_parse(const char *text, size_t len, int64_t cutoff_ms);

/*
 * Finds in the `len` bytes that INFO answered, of which the section "server" counts, which run of
 * Redis that is. False, and "", if they do not say.
 */
bool xs_replica_find_run(const char *text, size_t len, char ret_run[XS_REPLICA_RUN_SIZE]);

/*
 * Makes sure, at `now_ms`, that what was and will be read on the open connection `redis` may be
 * used; asks Redis if that is due or if the connection is another one. What it vouched for holds
 * for one run of Redis only: another may just have read an old state from its disk. A replica that
 * is met for the first time, or whose word could not be taken, must speak for itself for
 * XS_REPLICA_SETTLE_MS first, as far as it is asked; so must one that was not asked for as long as
 * `cutoff_ms`, as it may have been cut off meanwhile.
 *
 * Returns XS_OK; XS_ERROR_UNAVAILABLE if the word of Redis may not be taken, or it refuses to say;
 * the errors of xs_redis_exchange. `replica->error` then says why.
 */
enum xs_error xs_replica_check(struct xs_replica *replica, struct xs_redis *redis, int64_t now_ms);

#endif
