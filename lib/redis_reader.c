#include "redis_reader.h"

#include "redis.h"

#if HIREDIS_MAJOR >= 1

void xs_redis_reader_bound(redisReader *reader, struct xs_redis_reader *bound)
{
    *bound = (struct xs_redis_reader){.own = reader->fn};
    reader->maxelements = XS_REDIS_ELEMENTS_MAX;
}

#else

static void *create_array(const redisReadTask *task, int count)
{
    struct xs_redis_reader *bound = task->privdata;

    if (count > 0 && (unsigned)count > XS_REDIS_ELEMENTS_MAX) {
        bound->is_exceeded = true;
        return NULL;
    }
    return bound->own->createArray(task, count);
}

void xs_redis_reader_bound(redisReader *reader, struct xs_redis_reader *bound)
{
    *bound = (struct xs_redis_reader){.functions = *reader->fn, .own = reader->fn};
    bound->functions.createArray = create_array;
    reader->fn = &bound->functions;
    reader->privdata = bound;
}

#endif
