#include "redis.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "chance.h"
#include "clock.h"
#include "redis_internal.h"

/* The first pause after a failure, in milliseconds. */
#define BACKOFF_MIN_MS 50

/* Bytes read at once. */
#define READ_SIZE 65536

enum xs_error xs_redis_fail(struct xs_redis *redis, enum xs_error code, const char *tried,
                            const char *why)
{
    const struct xs_redis_config *config = &redis->config;
    const char *host = config->sentinel != NULL ? redis->master.host : config->host;
    int port = config->sentinel != NULL ? redis->master.port : config->port;
    char place[XS_ERROR_TEXT_SIZE];

    if (config->path != NULL)
        snprintf(place, sizeof place, "%s", config->path);
    else
        snprintf(place, sizeof place, strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d", host, port);
    redis->info.code = XS_OK;
    /* `why` may point into the context, so the connection is closed last. */
    xs_error_set(&redis->info, code, "%s Redis at %.300s: %s", tried, place, why);
    xs_redis_close(redis);
    return code;
}

/* Records what hiredis says about its context. */
static enum xs_error fail_context(struct xs_redis *redis, const char *tried)
{
    enum xs_error code = XS_ERROR_UNAVAILABLE;

    if (redis->bound.is_exceeded)
        return xs_redis_fail(redis, XS_ERROR_PROTOCOL, tried, "an array is too long");
    if (redis->context->err == REDIS_ERR_PROTOCOL)
        code = XS_ERROR_PROTOCOL;
    else if (redis->context->err == REDIS_ERR_OOM)
        code = XS_ERROR_NOMEM;
    return xs_redis_fail(redis, code, tried, redis->context->errstr);
}

/* Starts a pause, a little shorter than planned by chance, so that programs do not knock as one. */
static void pause_start(struct xs_redis *redis)
{
    int cut_ms = (int)xs_chance_below((uint32_t)redis->backoff_ms / 4 + 1);

    redis->retry_at_ms = xs_clock_monotonic_ms() + redis->backoff_ms - cut_ms;
    redis->backoff_ms *= 2;
    if (redis->backoff_ms > XS_REDIS_BACKOFF_MAX_MS)
        redis->backoff_ms = XS_REDIS_BACKOFF_MAX_MS;
}

static void pause_reset(struct xs_redis *redis)
{
    redis->retry_at_ms = 0;
    redis->backoff_ms = BACKOFF_MIN_MS;
}

enum xs_error xs_redis_wait(struct xs_redis *redis, short events, int64_t deadline_ms,
                            const char *tried)
{
    struct pollfd ready = {.fd = redis->context->fd, .events = events};

    for (;;) {
        int64_t left_ms = deadline_ms - xs_clock_monotonic_ms();
        int count = left_ms > 0 ? poll(&ready, 1, (int)left_ms) : 0;

        if (count > 0)
            return XS_OK;
        if (count == 0)
            return xs_redis_fail(redis, XS_ERROR_TIMEOUT, tried, "no answer in time");
        if (errno != EINTR)
            return xs_redis_fail(redis, XS_ERROR_UNAVAILABLE, tried, strerror(errno));
    }
}

/* Counts the bytes that the reader holds and has not yet made a reply of. */
static size_t reader_rest(const redisReader *reader)
{
    return reader->len - reader->pos;
}

/* Hands bytes to the parser, through the sieve if values have a limit. */
static enum xs_error feed(struct xs_redis *redis, const char *bytes, size_t len, const char *tried)
{
    redisReader *reader = redis->context->reader;
    char sieved[READ_SIZE + XS_SIEVE_GROWTH];

    if (redis->config.value_max > 0) {
        len = xs_sieve_pass(&redis->sieve, bytes, len, sieved);
        bytes = sieved;
    }
    if (len > 0 && redisReaderFeed(reader, bytes, len) != REDIS_OK)
        return xs_redis_fail(redis,
                             reader->err == REDIS_ERR_OOM ? XS_ERROR_NOMEM : XS_ERROR_PROTOCOL,
                             tried, reader->errstr);
    return XS_OK;
}

/* Reads what is there; `budget` is how many bytes may still come. */
static enum xs_error read_some(struct xs_redis *redis, size_t *budget, const char *tried)
{
    char bytes[READ_SIZE];
    size_t before = redis->context->reader->len;
    ssize_t count = recv(redis->context->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    enum xs_error error;
    size_t got;

    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return XS_OK;
    if (count < 0)
        return xs_redis_fail(redis, XS_ERROR_UNAVAILABLE, tried, strerror(errno));
    if (count == 0)
        return xs_redis_fail(redis, XS_ERROR_UNAVAILABLE, tried, "Server closed the connection");
    error = feed(redis, bytes, (size_t)count, tried);
    if (error != XS_OK)
        return error;
    got = redis->context->reader->len - before;
    if (got > *budget)
        return xs_redis_fail(redis, XS_ERROR_PROTOCOL, tried, "the replies are too long");
    *budget -= got;
    return XS_OK;
}

enum xs_error xs_redis_read(struct xs_redis *redis, int64_t deadline_ms, size_t *budget,
                            const char *tried, redisReply **ret_reply)
{
    for (;;) {
        void *reply = NULL;
        enum xs_error error;

        if (redisGetReplyFromReader(redis->context, &reply) != REDIS_OK)
            return fail_context(redis, tried);
        if (reply != NULL) {
            *ret_reply = reply;
            return XS_OK;
        }
        error = xs_redis_wait(redis, POLLIN, deadline_ms, tried);
        if (error == XS_OK)
            error = read_some(redis, budget, tried);
        if (error != XS_OK)
            return error;
    }
}

enum xs_error xs_redis_connect(struct xs_redis *redis, const char *host, int port,
                               int64_t deadline_ms)
{
    static const char tried[] = "connecting to";
    int code = 0;
    socklen_t code_len = sizeof code;
    enum xs_error error;

    redis->sieve = (struct xs_sieve){.value_max = redis->config.value_max};
    redis->receive_budget = XS_REDIS_REPLIES_MAX;
    redis->context = host == NULL ? redisConnectUnixNonBlock(redis->config.path)
                                  : redisConnectNonBlock(host, port);
    if (redis->context == NULL)
        return xs_redis_fail(redis, XS_ERROR_NOMEM, tried, xs_error_string(XS_ERROR_NOMEM));
    xs_redis_reader_bound(redis->context->reader, &redis->bound);
    if (redis->context->err != 0)
        return fail_context(redis, tried);
    if (fcntl(redis->context->fd, F_SETFD, FD_CLOEXEC) != 0)
        return xs_redis_fail(redis, XS_ERROR_SYSTEM, tried, strerror(errno));
    error = xs_redis_wait(redis, POLLOUT, deadline_ms, tried);
    if (error != XS_OK)
        return error;
    if (getsockopt(redis->context->fd, SOL_SOCKET, SO_ERROR, &code, &code_len) != 0)
        code = errno;
    if (code != 0)
        return xs_redis_fail(redis, XS_ERROR_UNAVAILABLE, tried, strerror(code));
    return XS_OK;
}

/*
 * Says whether the connection that lies idle is still good. There is nothing to read on it, unless
 * Redis has closed it (it was restarted, or grew tired of it) or speaks out of turn.
 */
static bool is_idle(const redisContext *context)
{
    char byte;

    return recv(context->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EINTR);
}

struct xs_redis *xs_redis_new(const struct xs_redis_config *config)
{
    struct xs_redis *redis = calloc(1, sizeof *redis);

    if (redis == NULL)
        return NULL;
    redis->config = *config;
    pause_reset(redis);
    return redis;
}

void xs_redis_free(struct xs_redis *redis)
{
    if (redis == NULL)
        return;
    xs_redis_close(redis);
    free(redis);
}

void xs_redis_close(struct xs_redis *redis)
{
    if (redis->context != NULL)
        redisFree(redis->context);
    redis->context = NULL;
}

/* Connects to the server that is configured. */
static enum xs_error connect_server(struct xs_redis *redis, int64_t deadline_ms)
{
    const struct xs_redis_config *config = &redis->config;
    enum xs_error error = xs_redis_connect(redis, config->host, config->port, deadline_ms);

    return error == XS_OK ? xs_redis_authenticate(redis, deadline_ms) : error;
}

enum xs_error xs_redis_open(struct xs_redis *redis)
{
    int64_t now_ms = xs_clock_monotonic_ms();
    int64_t deadline_ms = now_ms + redis->config.timeout_ms;
    enum xs_error error;

    if (redis->context != NULL && !is_idle(redis->context))
        xs_redis_close(redis);
    if (redis->context != NULL)
        return XS_OK;
    if (now_ms < redis->retry_at_ms)
        return XS_ERROR_UNAVAILABLE; /* the text of the failure before still holds */
    error = redis->config.sentinel != NULL ? xs_redis_connect_master(redis, deadline_ms)
                                           : connect_server(redis, deadline_ms);
    if (error == XS_OK)
        redis->generation++;
    else
        pause_start(redis);
    return error;
}

enum xs_error xs_redis_append(struct xs_redis *redis, int argc, const char *const argv[],
                              const size_t argv_len[])
{
    /* hiredis does not change the arguments, but its signature does not say so. */
    union {
        const char *const *ours;
        const char **theirs;
    } args = {.ours = argv};

    if (redis->context == NULL)
        return XS_ERROR_UNAVAILABLE;
    if (redisAppendCommandArgv(redis->context, argc, args.theirs, argv_len) != REDIS_OK)
        return xs_redis_fail(redis, XS_ERROR_NOMEM, "queuing a command for",
                             xs_error_string(XS_ERROR_NOMEM));
    return XS_OK;
}

enum xs_error xs_redis_flush(struct xs_redis *redis, int64_t deadline_ms, const char *tried)
{
    for (;;) {
        int done = 0;
        enum xs_error error;

        if (redisBufferWrite(redis->context, &done) != REDIS_OK)
            return fail_context(redis, tried);
        if (done)
            return XS_OK;
        error = xs_redis_wait(redis, POLLOUT, deadline_ms, tried);
        if (error != XS_OK)
            return error;
    }
}

enum xs_error xs_redis_exchange(struct xs_redis *redis, redisReply *ret_replies[], size_t count)
{
    static const char tried[] = "asking";
    int64_t deadline_ms = xs_clock_monotonic_ms() + redis->config.timeout_ms;
    size_t budget = XS_REDIS_REPLIES_MAX;
    size_t got = 0;
    enum xs_error error = XS_ERROR_UNAVAILABLE;

    for (size_t i = 0; i < count; i++)
        ret_replies[i] = NULL;
    if (redis->context == NULL)
        return error;
    error = xs_redis_flush(redis, deadline_ms, tried);
    while (error == XS_OK && got < count) {
        error = xs_redis_read(redis, deadline_ms, &budget, tried, &ret_replies[got]);
        if (error == XS_OK)
            got++;
    }
    if (error == XS_OK && reader_rest(redis->context->reader) > 0)
        error = xs_redis_fail(redis, XS_ERROR_PROTOCOL, tried, "more replies than commands");
    if (error == XS_OK) {
        pause_reset(redis);
        xs_redis_watch_master(redis, ret_replies, count);
        return XS_OK;
    }
    for (size_t i = 0; i < got; i++) {
        freeReplyObject(ret_replies[i]);
        ret_replies[i] = NULL;
    }
    /*
     * A silent Redis must not cost its timeout again and again. One that was busy sending an
     * overlong value is not silent: who asks for another key need not suffer.
     */
    if (!redis->sieve.is_dropping)
        pause_start(redis);
    return error;
}

enum xs_error xs_redis_send(struct xs_redis *redis)
{
    if (redis->context == NULL)
        return XS_ERROR_UNAVAILABLE;
    return xs_redis_flush(redis, xs_clock_monotonic_ms() + redis->config.timeout_ms, "asking");
}

enum xs_error xs_redis_receive(struct xs_redis *redis, redisReply **ret_reply)
{
    static const char tried[] = "listening to";
    void *reply = NULL;
    enum xs_error error;

    if (redis->context == NULL)
        return XS_ERROR_UNAVAILABLE;
    if (redisGetReplyFromReader(redis->context, &reply) != REDIS_OK)
        return fail_context(redis, tried);
    if (reply == NULL) {
        error = read_some(redis, &redis->receive_budget, tried);
        if (error != XS_OK)
            return error;
        if (redisGetReplyFromReader(redis->context, &reply) != REDIS_OK)
            return fail_context(redis, tried);
    }
    if (reply != NULL)
        redis->receive_budget = XS_REDIS_REPLIES_MAX;
    *ret_reply = reply;
    return XS_OK;
}

int xs_redis_fd(const struct xs_redis *redis)
{
    return redis->context != NULL ? redis->context->fd : -1;
}

uint64_t xs_redis_generation(const struct xs_redis *redis)
{
    return redis->generation;
}

const char *xs_redis_error(const struct xs_redis *redis)
{
    return redis->info.text;
}
