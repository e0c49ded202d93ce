#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "redis_internal.h"

/*
 * Makes sure that the server at the other end is a master: a Sentinel that was cut off from the
 * others may name the one of before.
 */
static enum xs_error check_role(struct xs_redis *redis, int64_t deadline_ms)
{
    static const char tried[] = "asking for the role of";
    size_t budget = XS_REDIS_REPLIES_MAX;
    redisReply *reply = NULL;
    char why[XS_ERROR_TEXT_SIZE];
    enum xs_error error =
        xs_redis_append(redis, 1, (const char *[]){"ROLE"}, (const size_t[]){strlen("ROLE")});

    if (error == XS_OK)
        error = xs_redis_flush(redis, deadline_ms, tried);
    if (error == XS_OK)
        error = xs_redis_read(redis, deadline_ms, &budget, tried, &reply);
    if (error != XS_OK)
        return error;
    if (reply->type == REDIS_REPLY_ERROR) {
        (void)snprintf(why, sizeof why, "refused: %.300s", reply->str);
        error = xs_redis_fail(redis, XS_ERROR_UNAVAILABLE, tried, why);
    } else if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 ||
               reply->element[0]->type != REDIS_REPLY_STRING) {
        error = xs_redis_fail(redis, XS_ERROR_PROTOCOL, tried, "not an answer to ROLE");
    } else if (strcmp(reply->element[0]->str, "master") != 0) {
        error = xs_redis_fail(redis, XS_ERROR_UNAVAILABLE, tried, "it is not a master");
    }
    freeReplyObject(reply);
    return error;
}

/* Connects to where one Sentinel says that the master is. */
static enum xs_error try_peer(struct xs_redis *redis, size_t peer, int64_t now_ms, int64_t share_ms)
{
    int64_t deadline_ms = now_ms + share_ms;
    int sentinel_ms = share_ms >= 2 ? (int)(share_ms / 2) : 1;
    enum xs_error error;

    redis->info.code = XS_OK;
    error =
        xs_sentinel_ask(redis->config.sentinel, peer, sentinel_ms, &redis->master, &redis->info);
    if (error == XS_OK)
        error = xs_redis_connect(redis, redis->master.host, redis->master.port, deadline_ms);
    if (error == XS_OK)
        error = xs_redis_authenticate(redis, deadline_ms);
    if (error == XS_OK)
        error = check_role(redis, deadline_ms);
    return error;
}

enum xs_error xs_redis_connect_master(struct xs_redis *redis, int64_t deadline_ms)
{
    size_t count = redis->config.sentinel->peer_count;
    enum xs_error error = XS_ERROR_TIMEOUT;

    for (size_t tried = 0; tried < count; tried++) {
        size_t peer = (redis->sentinel + tried) % count;
        int64_t now_ms = xs_clock_monotonic_ms();
        int64_t share_ms = (deadline_ms - now_ms) / (int64_t)(count - tried);

        /* The first may always be asked, however little time there is. */
        if (share_ms < 1 && tried > 0)
            break;
        error = try_peer(redis, peer, now_ms, share_ms);
        if (error == XS_OK) {
            redis->sentinel = peer;
            break;
        }
    }
    return error;
}

/* The words with which a server that is not the master any more refuses to write. */
static bool is_demotion(const redisReply *reply)
{
    static const char *const words[] = {"READONLY ", "NOREPLICAS ", "MASTERDOWN "};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (reply->type == REDIS_REPLY_ERROR &&
            strncmp(reply->str, words[i], strlen(words[i])) == 0)
            return true;
    }
    return false;
}

void xs_redis_watch_master(struct xs_redis *redis, redisReply *const replies[], size_t count)
{
    if (redis->config.sentinel == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        if (is_demotion(replies[i])) {
            xs_redis_close(redis);
            return;
        }
    }
}
