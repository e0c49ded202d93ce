/*
 * redis_reader.h: hiredis's reader of replies, kept from allocating whatever a reply announces.
 *
 * For redis.c, and for tests of what becomes of replies. hiredis before 1.0 makes room for all
 * elements of an array as soon as it has read their number, up to 16 GiB for a dozen bytes. Memory
 * only; no I/O.
 */
#ifndef XS_REDIS_READER_H
#define XS_REDIS_READER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

/* What a reader needs while it is bounded. Starts as all zero. */
struct xs_redis_reader {
    redisReplyObjectFunctions functions;
    const redisReplyObjectFunctions *own; /* hiredis's, which the bounded ones call */
    bool is_exceeded; /* the reader failed on an array of too many elements, not of memory */
};

/*
 * Makes `reader`, fresh from hiredis, fail on an array that announces more than
 * XS_REDIS_ELEMENTS_MAX elements. Uses its `privdata`. `bound` must outlive the reader.
 */
void xs_redis_reader_bound(redisReader *reader, struct xs_redis_reader *bound);

#endif
