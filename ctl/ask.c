#include "ask.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"

/* Queues the command; its lengths are needed only here. */
static enum xs_error append(struct xs_redis *redis, const char *const words[])
{
    size_t count = 0;
    size_t *lens;
    enum xs_error error;

    while (words[count] != NULL)
        count++;
    if (count > INT_MAX)
        return XS_ERROR_TOO_LONG;
    lens = calloc(count, sizeof *lens);
    if (lens == NULL)
        return XS_ERROR_NOMEM;
    for (size_t i = 0; i < count; i++)
        lens[i] = strlen(words[i]);
    error = xs_redis_append(redis, (int)count, words, lens);
    free(lens);
    return error;
}

/* Tells whether Redis refused, and for which of two reasons. */
static enum xs_error judge(const redisReply *reply, const char *command, struct xs_error_info *info)
{
    enum xs_error error = XS_ERROR_UNAVAILABLE;

    if (reply->type != REDIS_REPLY_ERROR)
        return XS_OK;
    if (xs_reply_is_wrong_type(reply))
        error = XS_ERROR_INVALID;
    return xs_error_set(info, error, "asking Redis to %s: it refused: %s", command, reply->str);
}

enum xs_error xs_ask(struct xs_redis *redis, const char *const words[], redisReply **ret_reply,
                     struct xs_error_info *info)
{
    redisReply *reply = NULL;
    enum xs_error error = xs_redis_open(redis);

    if (error == XS_OK)
        error = append(redis, words);
    if (error == XS_OK)
        error = xs_redis_exchange(redis, &reply, 1);
    if (error != XS_OK) {
        const char *why = xs_redis_error(redis);

        return xs_error_set(info, error, "%s", why[0] != '\0' ? why : xs_error_string(error));
    }
    error = judge(reply, words[0], info);
    if (error != XS_OK) {
        freeReplyObject(reply);
        return error;
    }
    *ret_reply = reply;
    return XS_OK;
}

enum xs_error xs_ask_complain(struct xs_redis *redis, const char *command,
                              struct xs_error_info *info)
{
    xs_redis_close(redis);
    return xs_error_set(info, XS_ERROR_PROTOCOL, "asking Redis to %s: an answer of the wrong shape",
                        command);
}
