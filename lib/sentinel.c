#include "sentinel.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "config_value.h"
#include "redis.h"

/* The words of the question. */
#define QUESTION "get-master-addr-by-name"

/* Records why a Sentinel was of no use. */
static enum xs_error fail(const struct xs_sentinel_config *config, size_t peer, enum xs_error error,
                          const char *why, struct xs_error_info *info)
{
    const struct xs_sentinel_peer *place = &config->peers[peer];

    return xs_error_set(info, error, "asking the Sentinel at %s port %d for the master %s: %.250s",
                        place->host, place->port, config->master, why);
}

/* Takes the place out of a reply; false if there is none in it. */
static bool read_place(const redisReply *reply, struct xs_sentinel_answer *ret_answer)
{
    const redisReply *host, *port;
    struct xs_sentinel_answer answer;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return false;
    host = reply->element[0];
    port = reply->element[1];
    if (host->type != REDIS_REPLY_STRING || host->len == 0 ||
        (size_t)host->len >= sizeof answer.host || strlen(host->str) != (size_t)host->len ||
        xs_value_check_word(host->str) != NULL)
        return false;
    if (port->type != REDIS_REPLY_STRING || strlen(port->str) != (size_t)port->len ||
        !xs_value_parse_number(port->str, 1, XS_VALUE_PORT_MAX, &answer.port))
        return false;
    strcpy(answer.host, host->str);
    *ret_answer = answer;
    return true;
}

static enum xs_error judge(const struct xs_sentinel_config *config, size_t peer,
                           const redisReply *reply, struct xs_sentinel_answer *ret_answer,
                           struct xs_error_info *info)
{
    if (reply->type == REDIS_REPLY_NIL)
        return fail(config, peer, XS_ERROR_UNAVAILABLE, "it does not know it", info);
    if (reply->type == REDIS_REPLY_ERROR)
        return fail(config, peer, XS_ERROR_UNAVAILABLE, reply->str, info);
    if (!read_place(reply, ret_answer))
        return fail(config, peer, XS_ERROR_PROTOCOL, "an answer of the wrong shape", info);
    return XS_OK;
}

enum xs_error xs_sentinel_ask(const struct xs_sentinel_config *config, size_t peer, int timeout_ms,
                              struct xs_sentinel_answer *ret_answer, struct xs_error_info *info)
{
    const char *argv[] = {"SENTINEL", QUESTION, config->master};
    const size_t argv_len[] = {strlen("SENTINEL"), strlen(QUESTION), strlen(config->master)};
    const struct xs_redis_config own = {
        .host = config->peers[peer].host,
        .port = config->peers[peer].port,
        .password_file = config->password_file,
        .timeout_ms = timeout_ms > 1 ? timeout_ms / 2 : 1, /* half to connect, half to ask */
        .value_max = XS_SENTINEL_HOST_SIZE,
    };
    struct xs_redis *redis = xs_redis_new(&own);
    redisReply *reply = NULL;
    enum xs_error error;

    assert(timeout_ms >= 1);
    if (redis == NULL)
        return fail(config, peer, XS_ERROR_NOMEM, xs_error_string(XS_ERROR_NOMEM), info);
    error = xs_redis_open(redis);
    if (error == XS_OK)
        error = xs_redis_append(redis, 3, argv, argv_len);
    if (error == XS_OK)
        error = xs_redis_exchange(redis, &reply, 1);
    if (error == XS_OK)
        error = judge(config, peer, reply, ret_answer, info);
    else
        (void)fail(config, peer, error, xs_redis_error(redis), info);
    freeReplyObject(reply);
    xs_redis_free(redis);
    return error;
}
