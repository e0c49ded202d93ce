#include "evidence.h"

#include <string.h>

#include "ask.h"
#include "keys.h"
#include "reply.h"

/* Queues a command of words without NUL, `count` of them. */
static enum xs_error append(struct xs_redis *redis, int count, const char *const words[])
{
    size_t lens[2 + XS_RECORD_FIELD_COUNT];

    for (int i = 0; i < count; i++)
        lens[i] = strlen(words[i]);
    return xs_redis_append(redis, count, words, lens);
}

/* Asks what a request asks, see store.h. */
static enum xs_error ask(struct xs_redis *redis, const struct xs_jid *jid, redisReply *replies[3])
{
    struct xs_key flags, lease, record;
    enum xs_error error = xs_redis_open(redis);

    xs_key_publish(xs_jid_domain(jid), &flags);
    xs_key_lease(xs_jid_domain(jid), &lease);
    xs_key_presence(xs_jid_domain(jid), jid->bare, jid->local_len, &record);
    if (error == XS_OK)
        error =
            append(redis, 4, (const char *[]){"HMGET", flags.bytes, xs_jid_domain(jid), jid->bare});
    if (error == XS_OK)
        error = append(redis, 2, (const char *[]){"GET", lease.bytes});
    if (error == XS_OK)
        error = append(redis, 2 + XS_RECORD_FIELD_COUNT,
                       (const char *[]){"HMGET", record.bytes, XS_RECORD_FIELDS});
    if (error == XS_OK)
        error = xs_redis_exchange(redis, replies, 3);
    return error;
}

static struct xs_raw raw_string(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_STRING)
        return (struct xs_raw){.bytes = NULL};
    return (struct xs_raw){reply->str, reply->len};
}

static struct xs_raw raw_flag(const redisReply *flags, size_t index)
{
    if (flags->type != REDIS_REPLY_ARRAY)
        return (struct xs_raw){.bytes = NULL};
    return raw_string(flags->element[index]);
}

static bool is_flawed_flag(struct xs_raw flag)
{
    return flag.bytes != NULL && !xs_flag_is_valid(flag.bytes, flag.len);
}

static struct xs_flaws find_flaws(const struct xs_evidence *evidence)
{
    return (struct xs_flaws){
        .flags = evidence->flags->type == REDIS_REPLY_ERROR,
        .domain_flag = is_flawed_flag(xs_evidence_domain_flag(evidence)),
        .user_flag = is_flawed_flag(xs_evidence_user_flag(evidence)),
        .lease = !evidence->facts.lease.exists && evidence->lease->type != REDIS_REPLY_NIL,
    };
}

/* Says in words why replies gave no facts: Redis's own words, if it refused. */
static enum xs_error describe_failure(struct xs_redis *redis, redisReply *const replies[3],
                                      enum xs_error error, struct xs_error_info *info)
{
    if (error == XS_ERROR_PROTOCOL)
        return xs_ask_complain(redis, "HMGET", info);
    for (size_t i = 0; i < 3; i++) {
        if (replies[i]->type == REDIS_REPLY_ERROR && !xs_reply_is_wrong_type(replies[i]))
            xs_error_set(info, error, "asking Redis: it refused: %s", replies[i]->str);
    }
    return error;
}

enum xs_error xs_evidence_get(struct xs_redis *redis, const struct xs_jid *jid,
                              struct xs_evidence *ret_evidence, struct xs_error_info *info)
{
    redisReply *replies[3];
    struct xs_evidence evidence;
    enum xs_error error = ask(redis, jid, replies);

    if (error != XS_OK)
        return xs_error_set(info, error, "%s", xs_redis_error(redis));
    evidence.flags = replies[0];
    evidence.lease = replies[1];
    evidence.record = replies[2];
    error = xs_facts_parse(evidence.flags, evidence.lease, evidence.record, &evidence.facts);
    if (error != XS_OK) {
        describe_failure(redis, replies, error, info);
        xs_evidence_free(&evidence);
        return error;
    }
    evidence.flaws = find_flaws(&evidence);
    *ret_evidence = evidence;
    return XS_OK;
}

void xs_evidence_free(struct xs_evidence *evidence)
{
    freeReplyObject(evidence->flags);
    freeReplyObject(evidence->lease);
    freeReplyObject(evidence->record);
    evidence->flags = evidence->lease = evidence->record = NULL;
}

struct xs_raw xs_evidence_domain_flag(const struct xs_evidence *evidence)
{
    return raw_flag(evidence->flags, 0);
}

struct xs_raw xs_evidence_user_flag(const struct xs_evidence *evidence)
{
    return raw_flag(evidence->flags, 1);
}

struct xs_raw xs_evidence_lease(const struct xs_evidence *evidence)
{
    return raw_string(evidence->lease);
}

bool xs_flag_is_valid(const char *value, size_t value_len)
{
    return (value_len == 2 && memcmp(value, "no", 2) == 0) ||
           xs_publish_parse(value, value_len).setting == XS_PUBLISH_YES;
}
