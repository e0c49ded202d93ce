#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "redis_internal.h"
#include "secret.h"

/* Bytes of the word that starts an error reply, for messages: "WRONGPASS" for example. */
#define ERROR_WORD_MAX 32

/* Sends bytes past hiredis's buffer, of which no copy of a password could be wiped. */
static enum xs_error send_all(struct xs_redis *redis, const char *bytes, size_t len,
                              int64_t deadline_ms, const char *tried)
{
    size_t sent = 0;

    while (sent < len) {
        ssize_t count =
            send(redis->context->fd, bytes + sent, len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        enum xs_error error;

        if (count >= 0) {
            sent += (size_t)count;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return xs_redis_fail(redis, XS_ERROR_UNAVAILABLE, tried, strerror(errno));
        error = xs_redis_wait(redis, POLLOUT, deadline_ms, tried);
        if (error != XS_OK)
            return error;
    }
    return XS_OK;
}

/* Reads the password and sends AUTH with it. */
static enum xs_error send_auth(struct xs_redis *redis, int64_t deadline_ms, const char *tried)
{
    const struct xs_redis_config *config = &redis->config;
    struct xs_secret secret = {.len = 0};
    const char *args[3] = {"AUTH", config->username, NULL};
    size_t args_len[3] = {4, config->username != NULL ? strlen(config->username) : 0, 0};
    int argc = config->username != NULL ? 2 : 1;
    char why[XS_ERROR_TEXT_SIZE];
    char *command = NULL;
    size_t command_len = 0;
    enum xs_error error = xs_secret_read(config->password_file, &secret);

    if (error != XS_OK) {
        snprintf(why, sizeof why, "cannot read the password file %.300s: %s", config->password_file,
                 error == XS_ERROR_SYSTEM ? strerror(errno) : xs_error_string(error));
        error = xs_redis_fail(redis, XS_ERROR_SYSTEM, tried, why);
        goto out;
    }
    args[argc] = secret.bytes;
    args_len[argc] = secret.len;
    if (redisFormatCommandArgv(&command, argc + 1, args, args_len) < 0) {
        command = NULL;
        error = xs_redis_fail(redis, XS_ERROR_NOMEM, tried, xs_error_string(XS_ERROR_NOMEM));
        goto out;
    }
    command_len = strlen(command); /* no argument contains NUL */
    error = send_all(redis, command, command_len, deadline_ms, tried);
out:
    if (command != NULL)
        explicit_bzero(command, command_len);
    redisFreeCommand(command);
    xs_secret_wipe(&secret);
    return error;
}

/*
 * Judges the answer to AUTH. Of an error only the first word is quoted: if AUTH has been renamed,
 * Redis answers with the arguments of the command that it does not know, the password among them.
 */
static enum xs_error check_auth(struct xs_redis *redis, const redisReply *reply, const char *tried)
{
    char why[ERROR_WORD_MAX + 16];
    int word_len;

    if (reply->type == REDIS_REPLY_STATUS)
        return XS_OK;
    if (reply->type != REDIS_REPLY_ERROR)
        return xs_redis_fail(redis, XS_ERROR_PROTOCOL, tried, "not an answer to AUTH");
    word_len = (int)strspn(reply->str, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    snprintf(why, sizeof why, "refused: %.*s",
             word_len < ERROR_WORD_MAX ? word_len : ERROR_WORD_MAX, reply->str);
    return xs_redis_fail(redis, XS_ERROR_UNAVAILABLE, tried, why);
}

enum xs_error xs_redis_authenticate(struct xs_redis *redis, int64_t deadline_ms)
{
    static const char tried[] = "authenticating to";
    size_t budget = XS_REDIS_REPLIES_MAX;
    redisReply *reply = NULL;
    enum xs_error error;

    if (redis->config.password_file == NULL)
        return XS_OK;
    error = send_auth(redis, deadline_ms, tried);
    if (error == XS_OK)
        error = xs_redis_read(redis, deadline_ms, &budget, tried, &reply);
    if (error == XS_OK)
        error = check_auth(redis, reply, tried);
    freeReplyObject(reply);
    return error;
}
