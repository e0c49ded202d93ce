#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

TAILQ_HEAD(connection_list, xs_connection);

/* A connection's state is the list it is in. */
enum state { STATE_UNUSED, STATE_IDLE, STATE_RECEIVING, STATE_BUSY, STATE_STREAMING, STATE_COUNT };

struct xs_pool {
    size_t count;                              /* of connections, used or not */
    size_t others_max;                         /* of those that are no streams */
    size_t others_count;                       /* open ones */
    struct connection_list lists[STATE_COUNT]; /* each with the oldest first */
    struct xs_connection connections[];
};

/* Says whether a connection is open and no stream. */
static bool is_other(enum state state)
{
    return state != STATE_UNUSED && state != STATE_STREAMING;
}

static void move(struct xs_pool *pool, struct xs_connection *connection, enum state state)
{
    pool->others_count -= is_other((enum state)connection->state);
    pool->others_count += is_other(state);
    TAILQ_REMOVE(&pool->lists[connection->state], connection, link);
    connection->state = (int)state;
    TAILQ_INSERT_TAIL(&pool->lists[state], connection, link);
}

/* Says how many of the connections are left to those that are no streams. */
static size_t find_others_max(size_t count, size_t streams_max)
{
    size_t half = (count + 1) / 2;
    size_t least = half < XS_POOL_MAX ? half : XS_POOL_MAX;

    return count > streams_max + least ? count - streams_max : least;
}

/* Says how many connections the process may have, `max` or less. */
static size_t find_limit(size_t max)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= XS_POOL_RESERVED)
        return 0;
    limit.rlim_cur -= XS_POOL_RESERVED;
    return limit.rlim_cur < max ? (size_t)limit.rlim_cur : max;
}

struct xs_pool *xs_pool_new(size_t streams_max)
{
    size_t count = find_limit(XS_POOL_MAX + streams_max);
    struct xs_pool *pool;

    if (count == 0) {
        errno = EMFILE;
        return NULL;
    }
    pool = calloc(1, sizeof(*pool) + count * sizeof(pool->connections[0]));
    if (pool == NULL)
        return NULL;
    pool->count = count;
    pool->others_max = find_others_max(count, streams_max);
    for (int state = 0; state < STATE_COUNT; state++)
        TAILQ_INIT(&pool->lists[state]);
    for (size_t i = 0; i < count; i++) {
        struct xs_connection *connection = &pool->connections[i];

        xs_connection_open(connection, -1);
        connection->state = STATE_UNUSED;
        TAILQ_INSERT_TAIL(&pool->lists[STATE_UNUSED], connection, link);
    }
    return pool;
}

void xs_pool_free(struct xs_pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->count; i++)
        xs_connection_close(&pool->connections[i]);
    free(pool);
}

size_t xs_pool_streams_max(const struct xs_pool *pool)
{
    return pool->count - pool->others_max;
}

struct xs_connection *xs_pool_open(struct xs_pool *pool, int fd)
{
    struct xs_connection *connection;

    if (pool->others_count == pool->others_max && !xs_pool_drop_oldest(pool))
        return NULL;
    connection = TAILQ_FIRST(&pool->lists[STATE_UNUSED]);
    if (connection == NULL)
        return NULL;
    xs_connection_open(connection, fd);
    move(pool, connection, STATE_IDLE);
    return connection;
}

bool xs_pool_drop_oldest(struct xs_pool *pool)
{
    struct xs_connection *oldest = TAILQ_FIRST(&pool->lists[STATE_IDLE]);

    if (oldest == NULL)
        oldest = TAILQ_FIRST(&pool->lists[STATE_RECEIVING]);
    if (oldest == NULL)
        return false;
    xs_pool_close(pool, oldest);
    return true;
}

void xs_pool_close(struct xs_pool *pool, struct xs_connection *connection)
{
    xs_connection_close(connection);
    move(pool, connection, STATE_UNUSED);
}

void xs_pool_set_busy(struct xs_pool *pool, struct xs_connection *connection)
{
    move(pool, connection, STATE_BUSY);
}

void xs_pool_set_streaming(struct xs_pool *pool, struct xs_connection *connection)
{
    move(pool, connection, STATE_STREAMING);
}

void xs_pool_set_idle(struct xs_pool *pool, struct xs_connection *connection)
{
    if (connection->state != STATE_IDLE)
        move(pool, connection, STATE_IDLE);
}

void xs_pool_set_receiving(struct xs_pool *pool, struct xs_connection *connection, int64_t now_ms)
{
    if (connection->state == STATE_RECEIVING)
        return;
    connection->deadline_ms = now_ms + XS_POOL_RECEIVE_MS;
    move(pool, connection, STATE_RECEIVING);
}

/* Counted only when somebody asks: that is far more seldom than connections come and go. */
size_t xs_pool_count_open(const struct xs_pool *pool)
{
    size_t count = 0;

    for (size_t i = 0; i < pool->count; i++)
        count += pool->connections[i].state != STATE_UNUSED;
    return count;
}

int64_t xs_pool_deadline_ms(const struct xs_pool *pool)
{
    const struct xs_connection *first = TAILQ_FIRST(&pool->lists[STATE_RECEIVING]);

    return first == NULL ? INT64_MAX : first->deadline_ms;
}

void xs_pool_expire(struct xs_pool *pool, int64_t now_ms)
{
    while (xs_pool_deadline_ms(pool) <= now_ms)
        xs_pool_close(pool, TAILQ_FIRST(&pool->lists[STATE_RECEIVING]));
}
