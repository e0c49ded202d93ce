#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * KEYS: lease, figures. ARGV: the lease's id, TTL, then fields and values. The first line makes
 * Redis 7 refuse the script as a whole when memory is short, not half way through.
 */
static const char write_script[] =
    "#!lua\n"
    "local v = redis.call('GET', KEYS[1])\n"
    "if not v or string.match(v, '^%d+ (.+)$') ~= ARGV[1] then return 0 end\n"
    "redis.call('DEL', KEYS[2])\n"
    "if #ARGV > 2 then redis.call('HSET', KEYS[2], unpack(ARGV, 3)) end\n"
    "redis.call('EXPIRE', KEYS[2], ARGV[2])\n"
    "return 1\n";

/* EVAL, script, 2, two keys, id, TTL, before the fields and their values. */
#define FIXED_ARGS 7
#define ARGC_MAX   (FIXED_ARGS + 2 * XS_FIGURE_COUNT)

/* Bytes of a decimal number, terminator included. */
#define NUMBER_SIZE 24

void xs_tally_init(struct xs_tally *tally, const char *domain)
{
    xs_key_metrics(domain, &tally->key);
    tally->error[0] = '\0';
}

static enum xs_hold_result judge(struct xs_tally *tally, const redisReply *reply)
{
    tally->error[0] = '\0';
    if (reply->type == REDIS_REPLY_INTEGER)
        return reply->integer == 1 ? XS_HOLD_MINE : XS_HOLD_OTHERS;
    snprintf(tally->error, sizeof(tally->error), "%s",
             reply->type == REDIS_REPLY_ERROR ? reply->str : "a reply of an unexpected type");
    return XS_HOLD_REFUSED;
}

enum xs_hold_result xs_tally_write(struct xs_tally *tally, const struct xs_hold *hold,
                                   struct xs_redis *redis, const struct xs_figures *figures)
{
    char ttl[NUMBER_SIZE], numbers[XS_FIGURE_COUNT][NUMBER_SIZE];
    const char *argv[ARGC_MAX] = {"EVAL",           write_script, "2", hold->key.bytes,
                                  tally->key.bytes, hold->id,     ttl};
    size_t argv_len[ARGC_MAX];
    enum xs_hold_result result;
    redisReply *reply;
    int argc = FIXED_ARGS;

    snprintf(ttl, sizeof(ttl), "%d", XS_TALLY_TTL_S);
    for (int i = 0; i < XS_FIGURE_COUNT; i++) {
        if (figures->values[i] == XS_FIGURE_UNKNOWN)
            continue;
        snprintf(numbers[i], NUMBER_SIZE, "%" PRId64, figures->values[i]);
        argv[argc++] = xs_figure_field((enum xs_figure)i);
        argv[argc++] = numbers[i];
    }
    for (int i = 0; i < argc; i++)
        argv_len[i] = strlen(argv[i]);
    if (xs_redis_open(redis) != XS_OK || xs_redis_append(redis, argc, argv, argv_len) != XS_OK ||
        xs_redis_exchange(redis, &reply, 1) != XS_OK)
        return XS_HOLD_FAILED;
    result = judge(tally, reply);
    freeReplyObject(reply);
    return result;
}
