#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "reply.h"

/* Commands per JID: flags, lease, record. */
#define COMMANDS 3

struct xs_store {
    struct xs_redis *redis;
    redisReply **replies; /* of the last lookup; the facts borrow from them */
    size_t reply_count;
    size_t reply_room;
    struct xs_error_info info; /* of a lookup that failed though Redis answered */
};

struct xs_store *xs_store_new(const struct xs_redis_config *config)
{
    struct xs_store *store = calloc(1, sizeof *store);
    struct xs_redis_config bounded = *config;

    if (store == NULL)
        return NULL;
    bounded.value_max = XS_STORE_VALUE_MAX;
    store->redis = xs_redis_new(&bounded);
    if (store->redis == NULL) {
        free(store);
        return NULL;
    }
    return store;
}

static void replies_free(struct xs_store *store)
{
    for (size_t i = 0; i < store->reply_count; i++)
        freeReplyObject(store->replies[i]);
    store->reply_count = 0;
}

void xs_store_free(struct xs_store *store)
{
    if (store == NULL)
        return;
    replies_free(store);
    free(store->replies);
    xs_redis_free(store->redis);
    free(store);
}

/* Makes room for `count` replies. */
static enum xs_error replies_reserve(struct xs_store *store, size_t count)
{
    redisReply **replies;

    if (count <= store->reply_room)
        return XS_OK;
    replies = reallocarray(store->replies, count, sizeof *replies);
    if (replies == NULL)
        return xs_error_set(&store->info, XS_ERROR_NOMEM, "looking up: out of memory");
    store->replies = replies;
    store->reply_room = count;
    return XS_OK;
}

static enum xs_error append_flags(struct xs_store *store, const struct xs_jid *jid)
{
    const char *domain = xs_jid_domain(jid);
    struct xs_key key;

    xs_key_publish(domain, &key);
    return xs_redis_append(
        store->redis, 4, (const char *[]){"HMGET", key.bytes, domain, jid->bare},
        (const size_t[]){strlen("HMGET"), key.len, jid->domain_len, xs_jid_len(jid)});
}

static enum xs_error append_lease(struct xs_store *store, const struct xs_jid *jid)
{
    struct xs_key key;

    xs_key_lease(xs_jid_domain(jid), &key);
    return xs_redis_append(store->redis, 2, (const char *[]){"GET", key.bytes},
                           (const size_t[]){strlen("GET"), key.len});
}

static enum xs_error append_record(struct xs_store *store, const struct xs_jid *jid)
{
    const char *argv[2 + XS_RECORD_FIELD_COUNT] = {"HMGET", NULL, XS_RECORD_FIELDS};
    size_t argv_len[2 + XS_RECORD_FIELD_COUNT];
    struct xs_key key;

    xs_key_presence(xs_jid_domain(jid), jid->bare, jid->local_len, &key);
    argv[1] = key.bytes;
    for (size_t i = 0; i < 2 + XS_RECORD_FIELD_COUNT; i++)
        argv_len[i] = strlen(argv[i]); /* a normalised JID contains no NUL */
    return xs_redis_append(store->redis, 2 + XS_RECORD_FIELD_COUNT, argv, argv_len);
}

/* Asks Redis everything; the replies are the store's. */
static enum xs_error ask(struct xs_store *store, struct xs_lookup *const lookups[], size_t count)
{
    enum xs_error error = replies_reserve(store, COMMANDS * count);

    if (error == XS_OK)
        error = xs_redis_open(store->redis);
    for (size_t i = 0; error == XS_OK && i < count; i++) {
        error = append_flags(store, &lookups[i]->jid);
        if (error == XS_OK)
            error = append_lease(store, &lookups[i]->jid);
        if (error == XS_OK)
            error = append_record(store, &lookups[i]->jid);
    }
    if (error == XS_OK)
        error = xs_redis_exchange(store->redis, store->replies, COMMANDS * count);
    if (error == XS_OK)
        store->reply_count = COMMANDS * count;
    return error;
}

/* Records in words why replies gave no facts: Redis's own, if it refused. */
static void describe_failure(struct xs_store *store, redisReply *const replies[COMMANDS],
                             enum xs_error error)
{
    for (size_t i = 0; error == XS_ERROR_UNAVAILABLE && i < COMMANDS; i++) {
        if (replies[i]->type == REDIS_REPLY_ERROR && !xs_reply_is_wrong_type(replies[i]))
            xs_error_set(&store->info, error, "asking Redis: it refused: %s", replies[i]->str);
    }
    xs_error_set(&store->info, error, "asking Redis: an answer of the wrong shape");
}

enum xs_error xs_store_lookup(struct xs_store *store, struct xs_lookup *const lookups[],
                              size_t count)
{
    bool trusted = true;
    enum xs_error error;

    replies_free(store);
    if (count == 0)
        return XS_OK;
    store->info = (struct xs_error_info){.code = XS_OK};
    error = ask(store, lookups, count);
    for (size_t i = 0; i < count; i++) {
        redisReply **replies = store->replies + COMMANDS * i;

        lookups[i]->error = error;
        if (error != XS_OK)
            continue;
        lookups[i]->error =
            xs_facts_parse_published(replies[0], replies[1], replies[2], &lookups[i]->facts);
        if (lookups[i]->error != XS_OK)
            describe_failure(store, replies, lookups[i]->error);
        trusted = trusted && lookups[i]->error != XS_ERROR_PROTOCOL;
    }
    if (!trusted)
        xs_redis_close(store->redis);
    return error;
}

void xs_store_describe_damage(const struct xs_lookup *lookup, char *ret_text, size_t size)
{
    const struct xs_jid *jid = &lookup->jid;
    const char *what = "";
    struct xs_key key = {.len = 0};

    switch (lookup->facts.damage) {
    case XS_DAMAGE_FLAGS:
        what = "the flags ";
        xs_key_publish(xs_jid_domain(jid), &key);
        break;
    case XS_DAMAGE_LEASE:
        what = "the lease ";
        xs_key_lease(xs_jid_domain(jid), &key);
        break;
    case XS_DAMAGE_RECORD:
        what = "the record ";
        xs_key_presence(xs_jid_domain(jid), jid->bare, jid->local_len, &key);
        break;
    default:
        break;
    }
    snprintf(ret_text, size, "%s%s", what, key.bytes);
}

struct xs_redis *xs_store_redis(struct xs_store *store)
{
    return store->redis;
}

const char *xs_store_error(const struct xs_store *store)
{
    return store->info.code != XS_OK ? store->info.text : xs_redis_error(store->redis);
}
