#include "replica.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config_value.h"

/* Bytes of a value that is looked at, terminator included. */
#define VALUE_SIZE XS_REPLICA_RUN_SIZE

/* The longest silence that is told apart, in seconds. */
#define SILENCE_MAX_S 1000000

/* Finds the line "NAME:VALUE"; false, and "", if there is none or the value is too long. */
static bool find(const char *text, size_t len, const char *name, char ret_value[VALUE_SIZE])
{
    size_t name_len = strlen(name);
    const char *end = text + len;

    ret_value[0] = '\0';
    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        size_t line_len = line_end != NULL ? (size_t)(line_end - text) : (size_t)(end - text);

        if (line_len > name_len && memcmp(text, name, name_len) == 0 && text[name_len] == ':') {
            const char *value = text + name_len + 1;
            size_t value_len = line_len - name_len - 1;

            if (value_len > 0 && value[value_len - 1] == '\r')
                value_len--;
            if (value_len >= VALUE_SIZE || memchr(value, '\0', value_len) != NULL)
                return false;
            memcpy(ret_value, value, value_len);
            ret_value[value_len] = '\0';
            return true;
        }
        text += line_len + (line_end != NULL ? 1 : 0);
    }
    return false;
}

static int64_t parse_master(const char *text, size_t len, int64_t cutoff_ms)
{
    char value[VALUE_SIZE];
    int followers;

    if (!find(text, len, "min_slaves_good_slaves", value))
        return cutoff_ms;
    return xs_value_parse_number(value, 1, SILENCE_MAX_S, &followers) ? XS_REPLICA_MASTER_MS : 0;
}

static int64_t parse_replica(const char *text, size_t len, int64_t cutoff_ms)
{
    char value[VALUE_SIZE];
    int64_t left_ms;
    int silence_s;

    if (!find(text, len, "master_link_status", value) || strcmp(value, "up") != 0 ||
        !find(text, len, "master_last_io_seconds_ago", value) ||
        !xs_value_parse_number(value, 0, SILENCE_MAX_S, &silence_s))
        return 0;
    /* The difference of two clock readings in whole seconds: up to one more has passed. */
    left_ms = cutoff_ms - ((int64_t)silence_s + 1) * 1000;
    return left_ms > 0 ? left_ms : 0;
}

int64_t xs_replica_parse(const char *text, size_t len, int64_t cutoff_ms)
{
    char role[VALUE_SIZE];

    (void)find(text, len, "role", role);
    if (strcmp(role, "master") == 0)
        return parse_master(text, len, cutoff_ms);
    if (strcmp(role, "slave") == 0)
        return parse_replica(text, len, cutoff_ms);
    return 0;
}

bool xs_replica_find_run(const char *text, size_t len, char ret_run[XS_REPLICA_RUN_SIZE])
{
    return find(text, len, "run_id", ret_run);
}

static bool is_master(const char *text, size_t len)
{
    char role[VALUE_SIZE];

    return find(text, len, "role", role) && strcmp(role, "master") == 0;
}

/* Says in words why its word may not be taken. */
static void describe(struct xs_replica *replica, const char *text, size_t len)
{
    char link[VALUE_SIZE], silence[VALUE_SIZE];

    (void)find(text, len, "master_link_status", link);
    (void)find(text, len, "master_last_io_seconds_ago", silence);
    if (is_master(text, len))
        (void)snprintf(replica->error, sizeof replica->error,
                       "Redis is a master that no replica follows");
    else if (replica->is_good)
        (void)snprintf(replica->error, sizeof replica->error,
                       "Redis is a replica that has just found its master, and may have to catch "
                       "up with it");
    else
        (void)snprintf(replica->error, sizeof replica->error,
                       "Redis is a replica cut off from its master: link %s, last heard of %s s "
                       "ago, replica_cutoff_s is %lld; repl-ping-replica-period should be 1",
                       link, silence, (long long)(replica->cutoff_ms / 1000));
}

/* Takes in what INFO said in answer to a question at `asked_ms`. */
static void take_in(struct xs_replica *replica, const char *text, size_t len, int64_t asked_ms)
{
    int64_t left_ms = xs_replica_parse(text, len, replica->cutoff_ms);
    char run[VALUE_SIZE];

    if (!xs_replica_find_run(text, len, run) || strcmp(run, replica->run) != 0) {
        replica->current_ms = 0;
        replica->is_good = false;
    }
    strcpy(replica->run, run);
    if (asked_ms - replica->asked_ms >= replica->cutoff_ms)
        replica->is_good = false;
    replica->asked_ms = asked_ms;
    if (!replica->is_good)
        replica->settle_ms =
            asked_ms < replica->current_ms ? asked_ms : asked_ms + XS_REPLICA_SETTLE_MS;
    replica->is_good = left_ms > 0;
    if (replica->is_good && (is_master(text, len) || asked_ms >= replica->settle_ms) &&
        asked_ms + left_ms > replica->current_ms)
        replica->current_ms = asked_ms + left_ms;
    describe(replica, text, len);
}

static enum xs_error ask(struct xs_replica *replica, struct xs_redis *redis, int64_t now_ms)
{
    redisReply *reply = NULL;
    enum xs_error error =
        xs_redis_append(redis, 3, (const char *[]){"INFO", "replication", "server"},
                        (const size_t[]){strlen("INFO"), strlen("replication"), strlen("server")});

    if (error == XS_OK)
        error = xs_redis_exchange(redis, &reply, 1);
    if (error != XS_OK) {
        replica->is_good = false;
        (void)snprintf(replica->error, sizeof replica->error, "%s", xs_redis_error(redis));
        return error;
    }
    if (reply->type == REDIS_REPLY_STRING) {
        take_in(replica, reply->str, (size_t)reply->len, now_ms);
    } else {
        replica->is_good = false;
        (void)snprintf(
            replica->error, sizeof replica->error, "asking Redis whether it is current: %s",
            reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer of the wrong shape");
    }
    freeReplyObject(reply);
    return XS_OK;
}

enum xs_error xs_replica_check(struct xs_replica *replica, struct xs_redis *redis, int64_t now_ms)
{
    enum xs_error error;

    if (xs_redis_generation(redis) != replica->generation) {
        replica->generation = xs_redis_generation(redis);
        replica->due_ms = 0;
    }
    if (now_ms >= replica->due_ms) {
        error = ask(replica, redis, now_ms);
        if (error != XS_OK)
            return error;
        replica->due_ms =
            now_ms + (now_ms < replica->current_ms ? XS_REPLICA_BEAT_MS : XS_REPLICA_AGAIN_MS);
    }
    return now_ms < replica->current_ms ? XS_OK : XS_ERROR_UNAVAILABLE;
}
