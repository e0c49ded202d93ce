#include "survey.h"

#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "reply.h"

/* Commands per domain: lease, figures. One PING comes before them all. */
#define COMMANDS 2

static enum xs_error append_ping(struct xs_redis *redis)
{
    return xs_redis_append(redis, 1, (const char *[]){"PING"}, (const size_t[]){strlen("PING")});
}

static enum xs_error append_lease(struct xs_redis *redis, const char *domain)
{
    struct xs_key key;

    xs_key_lease(domain, &key);
    return xs_redis_append(redis, 2, (const char *[]){"GET", key.bytes},
                           (const size_t[]){strlen("GET"), key.len});
}

static enum xs_error append_figures(struct xs_redis *redis, const char *domain)
{
    const char *argv[2 + XS_FIGURE_COUNT] = {"HMGET"};
    size_t argv_len[2 + XS_FIGURE_COUNT];
    struct xs_key key;

    xs_key_metrics(domain, &key);
    argv[1] = key.bytes;
    for (size_t i = 0; i < XS_FIGURE_COUNT; i++)
        argv[2 + i] = xs_figure_field((enum xs_figure)i);
    for (size_t i = 0; i < 2 + XS_FIGURE_COUNT; i++)
        argv_len[i] = strlen(argv[i]); /* a normalised domain contains no NUL */
    return xs_redis_append(redis, 2 + XS_FIGURE_COUNT, argv, argv_len);
}

static enum xs_error ask(struct xs_redis *redis, const struct xs_surveyed domains[], size_t count,
                         redisReply *replies[])
{
    enum xs_error error = xs_redis_open(redis);

    if (error == XS_OK)
        error = append_ping(redis);
    for (size_t i = 0; error == XS_OK && i < count; i++) {
        error = append_lease(redis, domains[i].domain);
        if (error == XS_OK)
            error = append_figures(redis, domains[i].domain);
    }
    return error == XS_OK ? xs_redis_exchange(redis, replies, 1 + COMMANDS * count) : error;
}

/* Judges an error reply: a key of the wrong type is the key's trouble, all else is Redis's. */
static enum xs_error judge(const redisReply *reply, struct xs_error_info *info)
{
    if (reply->type != REDIS_REPLY_ERROR || xs_reply_is_wrong_type(reply))
        return XS_OK;
    return xs_error_set(info, XS_ERROR_UNAVAILABLE, "asking Redis: it refused: %s", reply->str);
}

static enum xs_error read_lease(const redisReply *reply, struct xs_lease *ret_lease,
                                struct xs_error_info *info)
{
    if (reply->type == REDIS_REPLY_ARRAY || reply->type == REDIS_REPLY_INTEGER)
        return xs_error_set(info, XS_ERROR_PROTOCOL, "asking Redis: an answer of the wrong shape");
    *ret_lease =
        xs_lease_parse(reply->type == REDIS_REPLY_STRING ? reply->str : NULL, (size_t)reply->len);
    return judge(reply, info);
}

/* The figures are an extra: whatever is wrong with them, the rest of the survey stands. */
static enum xs_error read_replies(redisReply *const replies[], struct xs_surveyed domains[],
                                  size_t count, struct xs_error_info *info)
{
    enum xs_error error = judge(replies[0], info);

    for (size_t i = 0; error == XS_OK && i < count; i++) {
        redisReply *const *own = replies + 1 + COMMANDS * i;

        error = read_lease(own[0], &domains[i].lease, info);
        domains[i].figures = xs_figures_parse(own[1]);
    }
    return error;
}

enum xs_error xs_survey_take(struct xs_redis *redis, struct xs_surveyed domains[], size_t count,
                             struct xs_error_info *info)
{
    redisReply **replies = calloc(1 + COMMANDS * count, sizeof(redisReply *));
    enum xs_error error;

    if (replies == NULL)
        return xs_error_set(info, XS_ERROR_NOMEM, "asking Redis: out of memory");
    error = ask(redis, domains, count, replies);
    if (error != XS_OK)
        (void)xs_error_set(info, error, "%s", xs_redis_error(redis));
    else
        error = read_replies(replies, domains, count, info);
    for (size_t i = 0; i < 1 + COMMANDS * count; i++)
        freeReplyObject(replies[i]);
    free(replies);
    if (error == XS_ERROR_PROTOCOL)
        xs_redis_close(redis);
    return error;
}
