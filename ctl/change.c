#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "ctl.h"
#include "keys.h"

/*
 * Both scripts look first and write then, so that a key of the wrong type changes nothing at all.
 * The first line makes Redis 7 refuse a script as a whole when memory is short.
 */

/* KEYS: the flags' key of each target. ARGV: the value, or nothing to remove; then each field.
 * Returns what each flag was. */
static const char set_script[] =
    "#!lua\n"
    "for _, key in ipairs(KEYS) do\n"
    "  local kind = redis.call('TYPE', key).ok\n"
    "  if kind ~= 'hash' and kind ~= 'none' then\n"
    "    return redis.error_reply('WRONGTYPE ' .. key .. ' is not a hash but a ' .. kind)\n"
    "  end\n"
    "end\n"
    "local before = {}\n"
    "for i, key in ipairs(KEYS) do\n"
    "  before[i] = redis.call('HGET', key, ARGV[i + 1])\n"
    "  if ARGV[1] == '' then\n"
    "    redis.call('HDEL', key, ARGV[i + 1])\n"
    "  else\n"
    "    redis.call('HSET', key, ARGV[i + 1], ARGV[1])\n"
    "  end\n"
    "end\n"
    "return before\n";

/* KEYS: of each user the flags' key, the set of those online, the record. ARGV: of each user the
 * JID and the local part. Returns of each how many of the three there were, one by one. */
static const char forget_script[] = "#!lua\n"
                                    "for i, key in ipairs(KEYS) do\n"
                                    "  local want = ({'hash', 'set'})[(i - 1) % 3 + 1]\n"
                                    "  local kind = redis.call('TYPE', key).ok\n"
                                    "  if want and kind ~= want and kind ~= 'none' then\n"
                                    "    return redis.error_reply('WRONGTYPE ' .. key .. ' is not "
                                    "a ' .. want .. ' but a ' .. kind)\n"
                                    "  end\n"
                                    "end\n"
                                    "local gone = {}\n"
                                    "for i = 1, #ARGV, 2 do\n"
                                    "  local k = (i - 1) / 2 * 3\n"
                                    "  gone[k + 1] = redis.call('HDEL', KEYS[k + 1], ARGV[i])\n"
                                    "  gone[k + 2] = redis.call('SREM', KEYS[k + 2], ARGV[i + 1])\n"
                                    "  gone[k + 3] = redis.call('DEL', KEYS[k + 3])\n"
                                    "end\n"
                                    "return gone\n";

/* Keys, and replies, per user to forget. */
#define FORGET_KEYS 3

/* Bytes of the number of keys, terminator included. */
#define NUMBER_SIZE 24

/* A call of a script, as it is made. */
struct call {
    char number[NUMBER_SIZE]; /* of keys */
    char **owned;             /* `owned_count` copies that must be freed */
    size_t owned_count;
    const char **words; /* `count`, and room for a NULL */
    size_t count;
};

/* Begins a call with `keys` keys and at most `room` words that are owned. */
static enum xs_error call_start(struct call *call, const char *script, size_t keys, size_t rest)
{
    *call = (struct call){.count = 0};
    call->owned = calloc(keys + rest, sizeof *call->owned);
    call->words = calloc(3 + keys + rest + 1, sizeof *call->words);
    if (call->owned == NULL || call->words == NULL)
        return XS_ERROR_NOMEM;
    snprintf(call->number, sizeof call->number, "%zu", keys);
    call->words[call->count++] = "EVAL";
    call->words[call->count++] = script;
    call->words[call->count++] = call->number;
    return XS_OK;
}

/* Adds a copy of `len` bytes. */
static enum xs_error call_add(struct call *call, const char *bytes, size_t len)
{
    char *copy = strndup(bytes, len);

    if (copy == NULL)
        return XS_ERROR_NOMEM;
    call->owned[call->owned_count++] = copy;
    call->words[call->count++] = copy;
    return XS_OK;
}

static void call_free(struct call *call)
{
    for (size_t i = 0; i < call->owned_count; i++)
        free(call->owned[i]);
    free(call->owned);
    free(call->words);
}

static enum xs_error no_memory(struct xs_ctl *ctl)
{
    return xs_error_set(ctl->info, XS_ERROR_NOMEM, "out of memory");
}

/* Makes the call and checks that it brings a list of `count` replies. */
static enum xs_error call_run(struct xs_ctl *ctl, const struct call *call, size_t count,
                              redisReply **ret_reply)
{
    redisReply *reply;
    enum xs_error error = xs_ask(ctl->redis, call->words, &reply, ctl->info);

    if (error != XS_OK)
        return error;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count) {
        freeReplyObject(reply);
        return xs_ask_complain(ctl->redis, call->words[0], ctl->info);
    }
    *ret_reply = reply;
    return XS_OK;
}

static enum xs_error build_set(struct call *call, const struct xs_targets *targets,
                               const char *flag)
{
    enum xs_error error = call_start(call, set_script, targets->count, 1 + targets->count);

    for (size_t i = 0; error == XS_OK && i < targets->count; i++) {
        struct xs_key key;

        xs_key_publish(targets->items[i].domain, &key);
        error = call_add(call, key.bytes, key.len);
    }
    if (error == XS_OK)
        error = call_add(call, flag != NULL ? flag : "", flag != NULL ? strlen(flag) : 0);
    for (size_t i = 0; error == XS_OK && i < targets->count; i++) {
        const char *name = xs_target_name(&targets->items[i]);

        error = call_add(call, name, strlen(name));
    }
    return error;
}

static void print_set(struct xs_out *out, const struct xs_targets *targets, const char *flag,
                      const redisReply *reply)
{
    cJSON *list = xs_out_list(out, xs_out_root(out), "done");

    for (size_t i = 0; i < targets->count; i++) {
        const struct xs_target *target = &targets->items[i];
        const redisReply *before = reply->element[i];
        bool had = before->type == REDIS_REPLY_STRING;
        cJSON *item = xs_out_item(out, list);

        xs_out_print(out, "%s%s: %s, was ", target->kind == XS_TARGET_DOMAIN ? "domain " : "",
                     xs_target_name(target), flag != NULL ? flag : "no flag");
        xs_out_quoted(out, had ? before->str : "absent", had ? before->len : strlen("absent"));
        xs_out_print(out, "\n");
        xs_out_word(out, item, "jid", xs_target_name(target));
        xs_out_word(out, item, "flag", flag);
        xs_out_text(out, item, "before", had ? before->str : NULL, before->len);
    }
}

enum xs_error xs_ctl_set(struct xs_ctl *ctl, const struct xs_targets *targets, const char *flag)
{
    redisReply *reply = NULL;
    struct call call;
    enum xs_error error = build_set(&call, targets, flag);

    error = error == XS_OK ? call_run(ctl, &call, targets->count, &reply) : no_memory(ctl);
    call_free(&call);
    if (error == XS_OK)
        print_set(ctl->out, targets, flag, reply);
    freeReplyObject(reply);
    return error;
}

static enum xs_error build_forget(struct call *call, const struct xs_targets *targets)
{
    enum xs_error error =
        call_start(call, forget_script, FORGET_KEYS * targets->count, 2 * targets->count);

    for (size_t i = 0; error == XS_OK && i < targets->count; i++) {
        const struct xs_jid *jid = &targets->items[i].jid;
        struct xs_key key;

        xs_key_publish(xs_jid_domain(jid), &key);
        error = call_add(call, key.bytes, key.len);
        xs_key_online(xs_jid_domain(jid), &key);
        if (error == XS_OK)
            error = call_add(call, key.bytes, key.len);
        xs_key_presence(xs_jid_domain(jid), jid->bare, jid->local_len, &key);
        if (error == XS_OK)
            error = call_add(call, key.bytes, key.len);
    }
    for (size_t i = 0; error == XS_OK && i < targets->count; i++) {
        const struct xs_jid *jid = &targets->items[i].jid;

        error = call_add(call, jid->bare, xs_jid_len(jid));
        if (error == XS_OK)
            error = call_add(call, jid->bare, jid->local_len);
    }
    return error;
}

/* Says whether there was something to remove. */
static bool was_there(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_INTEGER && reply->integer > 0;
}

static void print_forget(struct xs_out *out, const struct xs_targets *targets,
                         const redisReply *reply)
{
    cJSON *list = xs_out_list(out, xs_out_root(out), "done");

    for (size_t i = 0; i < targets->count; i++) {
        const char *jid = targets->items[i].jid.bare;
        redisReply *const *gone = reply->element + FORGET_KEYS * i;
        bool flag = was_there(gone[0]);
        bool online = was_there(gone[1]);
        bool record = was_there(gone[2]);
        cJSON *item = xs_out_item(out, list);

        xs_out_print(out, "%s: forgotten: flag %s, record %s%s\n", jid, flag ? "erased" : "absent",
                     record ? "erased" : "absent", online ? "; was online" : "");
        xs_out_word(out, item, "jid", jid);
        xs_out_bool(out, item, "flag", flag);
        xs_out_bool(out, item, "record", record);
        xs_out_bool(out, item, "online", online);
    }
}

enum xs_error xs_ctl_forget(struct xs_ctl *ctl, const struct xs_targets *targets)
{
    redisReply *reply = NULL;
    struct call call;
    enum xs_error error = build_forget(&call, targets);

    error = error == XS_OK ? call_run(ctl, &call, FORGET_KEYS * targets->count, &reply)
                           : no_memory(ctl);
    call_free(&call);
    if (error == XS_OK)
        print_forget(ctl->out, targets, reply);
    freeReplyObject(reply);
    return error;
}
