#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * KEYS: lease, set of online users, record. ARGV: the lease's id, the local part, the Unix second
 * at which the record expires (0: never), the Unix second from which on the time of an old record
 * of somebody offline lets that one stand (empty: none does), then the record's fields and values,
 * type first; without them the record is removed. The first line makes Redis 7 refuse the script as
 * a whole when memory is short, not half way through.
 */
static const char write_script[] =
    "#!lua\n"
    "local v = redis.call('GET', KEYS[1])\n"
    "if not v or string.match(v, '^%d+ (.+)$') ~= ARGV[1] then return 0 end\n"
    "if ARGV[6] == 'available' then\n"
    "  redis.call('SADD', KEYS[2], ARGV[2])\n"
    "else\n"
    "  redis.call('SREM', KEYS[2], ARGV[2])\n"
    "  if ARGV[4] ~= '' and redis.call('TYPE', KEYS[3]).ok == 'hash' then\n"
    "    local old = redis.call('HMGET', KEYS[3], 'type', 'last')\n"
    "    local last = old[1] == 'unavailable' and tonumber(old[2])\n"
    "    if last and last >= tonumber(ARGV[4]) then return 1 end\n"
    "  end\n"
    "end\n"
    "redis.call('DEL', KEYS[3])\n"
    "if #ARGV > 4 then redis.call('HSET', KEYS[3], unpack(ARGV, 5)) end\n"
    "if ARGV[3] ~= '0' then redis.call('EXPIREAT', KEYS[3], ARGV[3]) end\n"
    "return 1\n";

/* Bytes of a SHA-1 in hexadecimal, terminator included. */
#define SHA_SIZE 41

/* EVALSHA, sha, 3, three keys, id, local part, expiry, standing, five fields with their values. */
#define ARGC_MAX (10 + 10)

/* Keys that Redis looks at for one page of a sweep, about: a fraction of a millisecond. */
#define SWEEP_COUNT "1000"

/* Bytes of a decimal number, terminator included. */
#define NUMBER_SIZE 24

struct xs_records {
    const char *domain;
    const struct xs_hold *hold;
    struct xs_key online_key;
    int64_t forget_s;
    char sha[SHA_SIZE];
    uint64_t loaded_in; /* the connection's generation in which the script was loaded; 0: none */
    char error[256];
};

/* The arguments of one command, as they are collected. */
struct command {
    int argc;
    const char *argv[ARGC_MAX];
    size_t argv_len[ARGC_MAX];
};

struct xs_records *xs_records_new(const char *domain, const struct xs_hold *hold, int64_t forget_s)
{
    struct xs_records *records = calloc(1, sizeof(*records));

    if (records == NULL)
        return NULL;
    records->domain = domain;
    records->hold = hold;
    xs_key_online(domain, &records->online_key);
    records->forget_s = forget_s;
    return records;
}

void xs_records_free(struct xs_records *records)
{
    free(records);
}

const char *xs_records_error(const struct xs_records *records)
{
    return records->error;
}

static void add(struct command *command, const char *bytes, size_t len)
{
    command->argv[command->argc] = bytes;
    command->argv_len[command->argc] = len;
    command->argc++;
}

static void add_text(struct command *command, const char *text)
{
    add(command, text, strlen(text));
}

static void add_field(struct command *command, const char *name, const char *value)
{
    if (value == NULL)
        return;
    add_text(command, name);
    add_text(command, value);
}

/* Notes an error reply; a script that Redis has lost is loaded again before the next flush. */
static void note_error(struct xs_records *records, const redisReply *reply)
{
    snprintf(records->error, sizeof(records->error), "%s",
             reply->type == REDIS_REPLY_ERROR ? reply->str : "a reply of an unexpected type");
    if (strncmp(records->error, "NOSCRIPT", strlen("NOSCRIPT")) == 0)
        records->loaded_in = 0;
}

/* Makes sure that the script is known to the server at the other end of this very connection. */
static enum xs_records_result load_script(struct xs_records *records, struct xs_redis *redis)
{
    const char *argv[] = {"SCRIPT", "LOAD", write_script};
    const size_t argv_len[] = {strlen("SCRIPT"), strlen("LOAD"), sizeof(write_script) - 1};
    redisReply *reply;
    enum xs_records_result result = XS_RECORDS_REFUSED;

    if (xs_redis_open(redis) != XS_OK)
        return XS_RECORDS_FAILED;
    if (records->loaded_in == xs_redis_generation(redis))
        return XS_RECORDS_WRITTEN;
    if (xs_redis_append(redis, 3, argv, argv_len) != XS_OK ||
        xs_redis_exchange(redis, &reply, 1) != XS_OK)
        return XS_RECORDS_FAILED;
    if (reply->type == REDIS_REPLY_STRING && reply->len == SHA_SIZE - 1) {
        memcpy(records->sha, reply->str, SHA_SIZE);
        records->loaded_in = xs_redis_generation(redis);
        result = XS_RECORDS_WRITTEN;
    } else {
        note_error(records, reply);
    }
    freeReplyObject(reply);
    return result;
}

/* Says when a record expires: never while the user is available, else counted from the last
 * activity. */
static int64_t expiry_s(const struct xs_records *records, const struct xs_presence *presence,
                        int64_t now_s)
{
    if (presence->available)
        return 0;
    return (presence->last_s == XS_LAST_UNKNOWN ? now_s : presence->last_s) + records->forget_s;
}

/*
 * Says what time an old record must have to stand, "" if none does. An unknown time of leaving does
 * not replace a known one; nor does a time without parting words, which the server remembers and
 * the bot does not after a restart, replace about the same time with them.
 */
static const char *standing(const struct xs_user *user, const struct xs_presence *presence,
                            char number[NUMBER_SIZE])
{
    int64_t from_s = 0;

    if (!xs_user_is_offline(user))
        return "";
    if (presence->last_s != XS_LAST_UNKNOWN) {
        if (!xs_user_is_hearsay(user))
            return "";
        from_s = presence->last_s - XS_USERS_SLACK_S;
    }
    snprintf(number, NUMBER_SIZE, "%lld", (long long)from_s);
    return number;
}

static void add_presence(struct command *command, const struct xs_presence *presence,
                         char last[NUMBER_SIZE])
{
    add_field(command, "type", presence->available ? "available" : "unavailable");
    add_field(command, "show", xs_show_word(presence->show));
    if (presence->last_s != XS_LAST_UNKNOWN) {
        snprintf(last, NUMBER_SIZE, "%lld", (long long)presence->last_s);
        add_field(command, "last", last);
    }
    add_field(command, "status", presence->status);
    add_field(command, "lang", presence->lang);
}

/* Queues the replacement, or the removal, of one user's record. */
static enum xs_error append_write(struct xs_records *records, struct xs_redis *redis,
                                  const struct xs_user *user, int64_t now_s)
{
    struct xs_presence presence = xs_user_presence(user);
    const char *local = xs_user_local(user);
    struct command command = {.argc = 0};
    char expiry[NUMBER_SIZE], last[NUMBER_SIZE], stands_from[NUMBER_SIZE];
    struct xs_key key;

    xs_key_presence(records->domain, local, strlen(local), &key);
    snprintf(expiry, sizeof(expiry), "%lld", (long long)expiry_s(records, &presence, now_s));
    add_text(&command, "EVALSHA");
    add(&command, records->sha, SHA_SIZE - 1);
    add_text(&command, "3");
    add(&command, records->hold->key.bytes, records->hold->key.len);
    add(&command, records->online_key.bytes, records->online_key.len);
    add(&command, key.bytes, key.len);
    add_text(&command, records->hold->id);
    add_text(&command, local);
    add_text(&command, xs_user_is_removed(user) ? "0" : expiry);
    add_text(&command, standing(user, &presence, stands_from));
    if (!xs_user_is_removed(user))
        add_presence(&command, &presence, last);
    return xs_redis_append(redis, command.argc, command.argv, command.argv_len);
}

/* Judges the reply to one write: the worst result of a batch is the batch's. */
static enum xs_records_result judge(struct xs_records *records, const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER)
        return reply->integer == 1 ? XS_RECORDS_WRITTEN : XS_RECORDS_LOST;
    note_error(records, reply);
    return XS_RECORDS_REFUSED;
}

/* Writes up to XS_RECORDS_BATCH stale users and settles those that are written. */
static enum xs_records_result flush_batch(struct xs_records *records, struct xs_redis *redis,
                                          struct xs_users *users, int64_t now_s)
{
    struct xs_user *batch[XS_RECORDS_BATCH];
    redisReply *replies[XS_RECORDS_BATCH];
    enum xs_records_result result = XS_RECORDS_WRITTEN;
    size_t count = 0;

    for (struct xs_user *user = xs_users_next_stale(users, NULL);
         user != NULL && count < XS_RECORDS_BATCH; user = xs_users_next_stale(users, user)) {
        if (append_write(records, redis, user, now_s) != XS_OK)
            return XS_RECORDS_FAILED;
        batch[count++] = user;
    }
    if (xs_redis_exchange(redis, replies, count) != XS_OK)
        return XS_RECORDS_FAILED;
    for (size_t i = 0; i < count; i++) {
        enum xs_records_result one = judge(records, replies[i]);

        if (one == XS_RECORDS_WRITTEN)
            xs_users_settle(users, batch[i]);
        else
            result = one;
        freeReplyObject(replies[i]);
    }
    return result;
}

enum xs_records_result xs_records_flush(struct xs_records *records, struct xs_redis *redis,
                                        struct xs_users *users, int64_t now_s)
{
    enum xs_records_result result = XS_RECORDS_WRITTEN;

    if (xs_users_next_stale(users, NULL) == NULL)
        return XS_RECORDS_WRITTEN;
    result = load_script(records, redis);
    for (int i = 0; i < XS_RECORDS_FLUSH_BATCHES && result == XS_RECORDS_WRITTEN; i++) {
        if (xs_users_next_stale(users, NULL) == NULL)
            break;
        result = flush_batch(records, redis, users, now_s);
    }
    return result;
}

/* Notes that somebody whom Redis has cannot be kept here. */
static enum xs_records_result note_unkept(struct xs_records *records, enum xs_error error)
{
    snprintf(records->error, sizeof(records->error), "cannot keep a user: %s",
             xs_error_string(error));
    return XS_RECORDS_REFUSED;
}

/* Marks the members of a set's reply; members that cannot be local parts are left alone. */
static enum xs_records_result mark_members(struct xs_records *records, const redisReply *reply,
                                           struct xs_users *users)
{
    if (reply->type != REDIS_REPLY_ARRAY) {
        note_error(records, reply);
        return XS_RECORDS_REFUSED;
    }
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *member = reply->element[i];
        enum xs_error error;

        if (member->type != REDIS_REPLY_STRING || member->len == 0 ||
            (size_t)member->len > XS_JID_PART_MAX || memchr(member->str, '\0', (size_t)member->len))
            continue;
        error = xs_users_mark_stale(users, member->str, (size_t)member->len);
        if (error != XS_OK)
            return note_unkept(records, error);
    }
    return XS_RECORDS_WRITTEN;
}

enum xs_records_result xs_records_mark_silent(struct xs_records *records, struct xs_redis *redis,
                                              struct xs_users *users)
{
    const char *argv[] = {"SMEMBERS", records->online_key.bytes};
    const size_t argv_len[] = {strlen("SMEMBERS"), records->online_key.len};
    redisReply *reply;
    enum xs_records_result result;

    if (xs_redis_open(redis) != XS_OK || xs_redis_append(redis, 2, argv, argv_len) != XS_OK ||
        xs_redis_exchange(redis, &reply, 1) != XS_OK)
        return XS_RECORDS_FAILED;
    result = mark_members(records, reply, users);
    freeReplyObject(reply);
    return result;
}

/* Removes from the page's keys what belongs to nobody in the roster. */
static enum xs_records_result sweep_page(struct xs_records *records, const redisReply *keys,
                                         size_t prefix_len, struct xs_users *users)
{
    for (size_t i = 0; i < keys->elements; i++) {
        const redisReply *key = keys->element[i];
        const char *local = key->str + prefix_len;
        size_t local_len = key->len - prefix_len;
        enum xs_error error;

        if (key->type != REDIS_REPLY_STRING || key->len <= prefix_len ||
            local_len > XS_JID_PART_MAX || memchr(local, '\0', local_len) != NULL ||
            xs_users_is_listed(users, local, local_len))
            continue;
        error = xs_users_unlist(users, local, local_len);
        if (error != XS_OK)
            return note_unkept(records, error);
    }
    return XS_RECORDS_WRITTEN;
}

static bool is_page(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
           reply->element[0]->type == REDIS_REPLY_STRING &&
           (size_t)reply->element[0]->len < XS_CURSOR_SIZE &&
           reply->element[1]->type == REDIS_REPLY_ARRAY;
}

enum xs_records_result xs_records_sweep(struct xs_records *records, struct xs_redis *redis,
                                        struct xs_users *users, char cursor[XS_CURSOR_SIZE])
{
    struct xs_key pattern;
    struct command command = {.argc = 0};
    enum xs_records_result result;
    redisReply *reply;

    /* A domain has no characters that mean something in a pattern. */
    xs_key_presence(records->domain, "*", 1, &pattern);
    add_text(&command, "SCAN");
    add_text(&command, cursor);
    add_text(&command, "MATCH");
    add(&command, pattern.bytes, pattern.len);
    add_text(&command, "COUNT");
    add_text(&command, SWEEP_COUNT);
    if (xs_redis_open(redis) != XS_OK ||
        xs_redis_append(redis, command.argc, command.argv, command.argv_len) != XS_OK ||
        xs_redis_exchange(redis, &reply, 1) != XS_OK)
        return XS_RECORDS_FAILED;
    if (is_page(reply)) {
        result = sweep_page(records, reply->element[1], pattern.len - 1, users);
        memcpy(cursor, reply->element[0]->str, (size_t)reply->element[0]->len + 1);
    } else {
        note_error(records, reply);
        result = XS_RECORDS_REFUSED;
    }
    freeReplyObject(reply);
    return result;
}
