#include "hold.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define NONCE_BYTES 16

/*
 * ARGV: id, prefix of the ids of earlier starts, TTL, 1 to extend a lease that is ours already.
 * Returns 0 if it is another's, 1 if it was ours, 2 if it is so from now on.
 */
static const char take_script[] =
    "local v = redis.call('GET', KEYS[1])\n"
    "local id = v and string.match(v, '^%d+ (.+)$')\n"
    "if id == ARGV[1] then\n"
    "  if ARGV[4] == '1' then redis.call('EXPIRE', KEYS[1], ARGV[3]) end\n"
    "  return 1\n"
    "end\n"
    "if id and string.sub(id, 1, #ARGV[2]) ~= ARGV[2] then return 0 end\n"
    "redis.call('SET', KEYS[1], '0 ' .. ARGV[1], 'EX', ARGV[3])\n"
    "return 2\n";

/* ARGV: id, UNTIL, TTL. */
static const char renew_script[] =
    "local v = redis.call('GET', KEYS[1])\n"
    "if not v or string.match(v, '^%d+ (.+)$') ~= ARGV[1] then return 0 end\n"
    "redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[1], 'EX', ARGV[3])\n"
    "return 1\n";

/* ARGV: id. */
static const char release_script[] =
    "local v = redis.call('GET', KEYS[1])\n"
    "if not v or string.match(v, '^%d+ (.+)$') ~= ARGV[1] then return 0 end\n"
    "redis.call('DEL', KEYS[1])\n"
    "return 1\n";

enum xs_error xs_hold_init(struct xs_hold *hold, const char *domain, const char *name)
{
    unsigned char nonce[NONCE_BYTES];
    int len;

    if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
        return XS_ERROR_SYSTEM;
    xs_key_lease(domain, &hold->key);
    len = snprintf(hold->prefix, sizeof(hold->prefix), "%.255s/", name);
    memcpy(hold->id, hold->prefix, (size_t)len + 1);
    for (size_t i = 0; i < sizeof(nonce); i++)
        len += snprintf(hold->id + len, sizeof(hold->id) - (size_t)len, "%02x", nonce[i]);
    hold->error[0] = '\0';
    return XS_OK;
}

static enum xs_hold_result read_integer(long long integer)
{
    switch (integer) {
    case 1:
        return XS_HOLD_MINE;
    case 2:
        return XS_HOLD_TAKEN;
    default:
        return XS_HOLD_OTHERS;
    }
}

/* Runs a script on the lease's key with up to four arguments; NULL ends them. */
static enum xs_hold_result run(struct xs_hold *hold, struct xs_redis *redis,
                               const char *const script_and_args[])
{
    const char *argv[8] = {"EVAL", script_and_args[0], "1", hold->key.bytes};
    size_t argv_len[8];
    redisReply *reply;
    enum xs_hold_result result = XS_HOLD_REFUSED;
    int argc = 4;

    for (int i = 1; script_and_args[i] != NULL; i++)
        argv[argc++] = script_and_args[i];
    for (int i = 0; i < argc; i++)
        argv_len[i] = strlen(argv[i]);
    if (xs_redis_open(redis) != XS_OK || xs_redis_append(redis, argc, argv, argv_len) != XS_OK ||
        xs_redis_exchange(redis, &reply, 1) != XS_OK)
        return XS_HOLD_FAILED;
    hold->error[0] = '\0';
    if (reply->type == REDIS_REPLY_INTEGER)
        result = read_integer(reply->integer);
    else if (reply->type == REDIS_REPLY_ERROR)
        snprintf(hold->error, sizeof(hold->error), "%s", reply->str);
    freeReplyObject(reply);
    return result;
}

static enum xs_hold_result take(struct xs_hold *hold, struct xs_redis *redis, const char *extend)
{
    char ttl[16];

    snprintf(ttl, sizeof(ttl), "%d", XS_HOLD_TTL_S);
    return run(hold, redis,
               (const char *const[]){take_script, hold->id, hold->prefix, ttl, extend, NULL});
}

enum xs_hold_result xs_hold_take(struct xs_hold *hold, struct xs_redis *redis)
{
    return take(hold, redis, "0");
}

enum xs_hold_result xs_hold_keep(struct xs_hold *hold, struct xs_redis *redis)
{
    return take(hold, redis, "1");
}

enum xs_hold_result xs_hold_renew(struct xs_hold *hold, struct xs_redis *redis, int64_t seen_s)
{
    char until[24], ttl[16];

    snprintf(until, sizeof(until), "%lld", (long long)(seen_s + XS_HOLD_TTL_S));
    snprintf(ttl, sizeof(ttl), "%d", XS_HOLD_TTL_S);
    return run(hold, redis, (const char *const[]){renew_script, hold->id, until, ttl, NULL});
}

enum xs_hold_result xs_hold_release(struct xs_hold *hold, struct xs_redis *redis)
{
    return run(hold, redis, (const char *const[]){release_script, hold->id, NULL});
}
