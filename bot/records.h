/*
 * records.h: writing the users' records to Redis, conditional on the lease.
 *
 * A record is replaced whole by one atomic script that checks the lease, replaces the hash, updates
 * the set of online users and sets the expiry. I/O through redis.h.
 */
#ifndef XS_RECORDS_H
#define XS_RECORDS_H

#include "hold.h"
#include "users.h"

/* Records written in one round trip at most. */
#define XS_RECORDS_BATCH 256

/* Batches that one flush writes at most, so that the session is not left unread for long. */
#define XS_RECORDS_FLUSH_BATCHES 16

/* Bytes of a cursor of SCAN, terminator included. */
#define XS_CURSOR_SIZE 24

/* Seconds of a day, for forget_days. */
#define XS_DAY_S 86400

enum xs_records_result {
    XS_RECORDS_WRITTEN, /* done, though a flush may have left users for the next */
    XS_RECORDS_LOST,    /* the lease is not ours (any more): nothing is written */
    XS_RECORDS_REFUSED, /* Redis answered with an error reply, see xs_records_error */
    XS_RECORDS_FAILED   /* no answer, see xs_redis_error */
};

struct xs_records;

/*
 * Makes a writer for `domain` (normalised) that writes under the lease `hold`; offline users'
 * records expire `forget_s` seconds (> 0) after the last activity. All pointers are borrowed for
 * its life. Freed with xs_records_free. NULL if out of memory.
 */
struct xs_records *xs_records_new(const char *domain, const struct xs_hold *hold, int64_t forget_s);

/* Frees the writer. NULL is allowed. */
void xs_records_free(struct xs_records *records);

/*
 * Writes, at `now_s` (Unix second), the records of stale users, or removes them; up to
 * XS_RECORDS_FLUSH_BATCHES batches of them, and settles each that is written; the others stay
 * stale. Does nothing if nobody is stale.
 */
enum xs_records_result xs_records_flush(struct xs_records *records, struct xs_redis *redis,
                                        struct xs_users *users, int64_t now_s);

/*
 * Marks the record of everybody as out of date who is in the set of online users in Redis. To be
 * called when a sync is complete, before a flush: who is not online is then written as offline.
 * Writes nothing.
 */
enum xs_records_result xs_records_mark_silent(struct xs_records *records, struct xs_redis *redis,
                                              struct xs_users *users);

/*
 * Looks through one page of the domain's records for those of users who are not in the roster, and
 * has them removed: accounts may have been deleted while nobody looked. `cursor` is "0" at first
 * and updated; it is "0" again when all pages have been seen. Marks only, a flush removes.
 */
enum xs_records_result xs_records_sweep(struct xs_records *records, struct xs_redis *redis,
                                        struct xs_users *users, char cursor[XS_CURSOR_SIZE]);

/* Returns the words of the last error reply, "" if none. Borrowed; unescaped; never NULL. */
const char *xs_records_error(const struct xs_records *records);

#endif
