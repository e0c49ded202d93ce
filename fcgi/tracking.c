#include "tracking.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "message.h"
#include "replica.h"

/* Bytes of what Redis says on the connection for news at most: of itself, or a key's name. */
#define NEWS_VALUE_MAX 8192

_Static_assert(NEWS_VALUE_MAX >= XS_KEY_SIZE, "the longest key of ours is no longer");

struct xs_tracking {
    int epoll_fd;          /* of both connections: the descriptor to wait on */
    struct xs_redis *news; /* where Redis says what has changed */
    struct xs_redis *data; /* where keys are read; NULL: not on */
    uint64_t generation;   /* of `data`: another one, and nothing is tracked */
    bool is_all_due;       /* everything may have changed, which has not been told yet */
    bool is_draining;      /* there may be more to read of what has come */
    redisReply *message;   /* whose keys are being told; NULL if none */
    size_t told_count;     /* of its keys */
    int64_t beat_ms;       /* when the next one is due */
    int64_t ping_ms;       /* when the last one was */
    int64_t answered_ms;   /* when the last one was that was answered where the news come */
    char error[XS_ERROR_TEXT_SIZE];
};

struct xs_tracking *xs_tracking_new(const struct xs_redis_config *config)
{
    struct xs_tracking *tracking = calloc(1, sizeof *tracking);
    struct xs_redis_config bounded = *config;

    if (tracking == NULL)
        return NULL;
    bounded.value_max = NEWS_VALUE_MAX;
    tracking->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    tracking->news = xs_redis_new(&bounded);
    if (tracking->epoll_fd < 0 || tracking->news == NULL) {
        xs_tracking_free(tracking);
        return NULL;
    }
    return tracking;
}

/*
 * Ends the tracking; `why` is NULL if the reason is recorded. The data connection goes too, as
 * Redis goes on tracking for it.
 */
static void end(struct xs_tracking *tracking, const char *why)
{
    if (why != NULL)
        (void)snprintf(tracking->error, sizeof tracking->error, "%s", why);
    freeReplyObject(tracking->message);
    tracking->message = NULL;
    if (xs_tracking_is_on(tracking))
        xs_redis_close(tracking->data);
    xs_redis_close(tracking->news);
    tracking->data = NULL;
    tracking->is_all_due = true;
}

void xs_tracking_free(struct xs_tracking *tracking)
{
    if (tracking == NULL)
        return;
    freeReplyObject(tracking->message);
    xs_redis_free(tracking->news);
    if (tracking->epoll_fd >= 0)
        (void)close(tracking->epoll_fd);
    free(tracking);
}

/* Queues one command. */
static enum xs_error append(struct xs_redis *redis, int argc, const char *const argv[])
{
    size_t argv_len[6];

    for (int i = 0; i < argc; i++)
        argv_len[i] = strlen(argv[i]);
    return xs_redis_append(redis, argc, argv, argv_len);
}

/* Makes sure that the reply to a command is of `type`; false, and the reason, otherwise. */
static bool check(struct xs_tracking *tracking, const redisReply *reply, const char *command,
                  int type)
{
    if (reply->type == type)
        return true;
    (void)snprintf(tracking->error, sizeof tracking->error, "%s: %s", command,
                   reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer of the wrong shape");
    return false;
}

/* Sends what is queued and reads `count` replies; false, and the reason, if there are none. */
static bool exchange(struct xs_tracking *tracking, struct xs_redis *redis, enum xs_error error,
                     redisReply *ret_replies[], size_t count)
{
    if (error == XS_OK)
        error = xs_redis_exchange(redis, ret_replies, count);
    if (error != XS_OK)
        (void)snprintf(tracking->error, sizeof tracking->error, "%s", xs_redis_error(redis));
    return error == XS_OK;
}

/* Sends one command and reads its reply, which must be of `type`; NULL and the reason otherwise. */
static redisReply *ask(struct xs_tracking *tracking, struct xs_redis *redis, int argc,
                       const char *const argv[], int type)
{
    redisReply *reply = NULL;

    if (!exchange(tracking, redis, append(redis, argc, argv), &reply, 1))
        return NULL;
    if (check(tracking, reply, argv[0], type))
        return reply;
    freeReplyObject(reply);
    return NULL;
}

/* The same, and finds out in the same round trip which run of Redis it is that answers. */
static redisReply *ask_whom(struct xs_tracking *tracking, struct xs_redis *redis, int argc,
                            const char *const argv[], int type, char ret_run[XS_REPLICA_RUN_SIZE])
{
    redisReply *replies[2] = {NULL, NULL};
    enum xs_error error = append(redis, argc, argv);
    bool ok;

    if (error == XS_OK)
        error = append(redis, 3, (const char *[]){"INFO", "replication", "server"});
    if (!exchange(tracking, redis, error, replies, 2))
        return NULL;
    ok = check(tracking, replies[0], argv[0], type) &&
         check(tracking, replies[1], "INFO", REDIS_REPLY_STRING);
    if (ok && !xs_replica_find_run(replies[1]->str, replies[1]->len, ret_run)) {
        (void)snprintf(tracking->error, sizeof tracking->error, "INFO: there is no run_id");
        ok = false;
    }
    freeReplyObject(replies[1]);
    if (ok)
        return replies[0];
    freeReplyObject(replies[0]);
    return NULL;
}

/* Opens the connection for news and finds out its number, and where it leads. */
static enum xs_error open_news(struct xs_tracking *tracking, long long *ret_id,
                               char ret_run[XS_REPLICA_RUN_SIZE])
{
    enum xs_error error = xs_redis_open(tracking->news);
    redisReply *id;
    redisReply *subscribed = NULL;

    if (error != XS_OK) {
        (void)snprintf(tracking->error, sizeof tracking->error, "%s",
                       xs_redis_error(tracking->news));
        return error;
    }
    id = ask_whom(tracking, tracking->news, 2, (const char *[]){"CLIENT", "ID"},
                  REDIS_REPLY_INTEGER, ret_run);
    if (id != NULL) {
        *ret_id = id->integer;
        subscribed = ask(tracking, tracking->news, 2,
                         (const char *[]){"SUBSCRIBE", XS_MESSAGE_CHANNEL}, REDIS_REPLY_ARRAY);
    }
    error = subscribed != NULL ? XS_OK : XS_ERROR_UNAVAILABLE;
    freeReplyObject(id);
    freeReplyObject(subscribed);
    return error;
}

/* Sends one command whose reply says no more than that all is well. */
static bool tell(struct xs_tracking *tracking, struct xs_redis *redis, int argc,
                 const char *const argv[])
{
    redisReply *reply = ask(tracking, redis, argc, argv, REDIS_REPLY_STATUS);

    freeReplyObject(reply);
    return reply != NULL;
}

static bool ping(struct xs_tracking *tracking, struct xs_redis *data)
{
    return tell(tracking, data, 1, (const char *[]){"PING"});
}

/*
 * Makes sure that the data connection leads to where the one for news does: elsewhere there may be
 * some client of that number too, which Redis would tell instead. Without the right to PING no beat
 * would succeed, so that is found out here.
 */
static bool meets(struct xs_tracking *tracking, struct xs_redis *data,
                  const char news_run[XS_REPLICA_RUN_SIZE])
{
    char run[XS_REPLICA_RUN_SIZE] = "";
    redisReply *reply =
        ask_whom(tracking, data, 1, (const char *[]){"PING"}, REDIS_REPLY_STATUS, run);

    if (reply == NULL)
        return false;
    freeReplyObject(reply);
    if (strcmp(run, news_run) == 0)
        return true;
    (void)snprintf(tracking->error, sizeof tracking->error,
                   "the two connections lead to different servers");
    return false;
}

/* Has Redis track, and tell the client of that number, which is on this run. */
static enum xs_error track(struct xs_tracking *tracking, struct xs_redis *data, long long id,
                           const char news_run[XS_REPLICA_RUN_SIZE])
{
    char number[24];
    bool ok;

    (void)snprintf(number, sizeof number, "%lld", id);
    ok = meets(tracking, data, news_run) &&
         tell(tracking, data, 5, (const char *[]){"CLIENT", "TRACKING", "ON", "REDIRECT", number});
    return ok ? XS_OK : XS_ERROR_UNAVAILABLE;
}

/* Returns until when the connection for news is trusted, as it answered. */
static int64_t trust_ms(const struct xs_tracking *tracking)
{
    return tracking->answered_ms + XS_TRACKING_TRUST_MS;
}

/* Has the descriptor tell of a connection; it stops by itself when that is closed. */
static bool watch(const struct xs_tracking *tracking, struct xs_redis *redis)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = redis};

    return epoll_ctl(tracking->epoll_fd, EPOLL_CTL_ADD, xs_redis_fd(redis), &event) == 0;
}

enum xs_error xs_tracking_start(struct xs_tracking *tracking, struct xs_redis *data, int64_t now_ms)
{
    char news_run[XS_REPLICA_RUN_SIZE] = "";
    long long id = 0;
    enum xs_error error;

    if (tracking->data != NULL)
        return XS_OK;
    xs_redis_close(tracking->news);
    error = xs_redis_open(data);
    if (error != XS_OK) {
        (void)snprintf(tracking->error, sizeof tracking->error, "%s", xs_redis_error(data));
        return error;
    }
    error = open_news(tracking, &id, news_run);
    if (error == XS_OK)
        error = track(tracking, data, id, news_run);
    if (error == XS_OK && (!watch(tracking, tracking->news) || !watch(tracking, data))) {
        (void)snprintf(tracking->error, sizeof tracking->error, "epoll: %s", strerror(errno));
        error = XS_ERROR_SYSTEM;
    }
    if (error != XS_OK) {
        xs_redis_close(tracking->news);
        return error;
    }
    tracking->data = data;
    tracking->generation = xs_redis_generation(data);
    tracking->is_draining = false;
    tracking->ping_ms = now_ms;
    tracking->answered_ms = now_ms;
    tracking->beat_ms = now_ms + XS_TRACKING_BEAT_MS;
    return XS_OK;
}

bool xs_tracking_is_on(const struct xs_tracking *tracking)
{
    return tracking->data != NULL && xs_redis_fd(tracking->data) >= 0 &&
           xs_redis_generation(tracking->data) == tracking->generation;
}

/* Takes what Redis has said: keys that have changed, that all have, or an answer to a PING. */
static void take_message(struct xs_tracking *tracking, redisReply *message)
{
    switch (xs_message_kind(message)) {
    case XS_MESSAGE_KEYS:
        tracking->message = message;
        tracking->told_count = 0;
        return;
    case XS_MESSAGE_ALL:
        tracking->is_all_due = true; /* the database was emptied */
        break;
    case XS_MESSAGE_PONG:
        tracking->answered_ms = tracking->ping_ms;
        break;
    default:
        end(tracking, "listening to Redis: an unknown message");
    }
    freeReplyObject(message);
}

/* Tells the next key of the message at hand. If there is none, the message is gone. */
static bool tell_key(struct xs_tracking *tracking, struct xs_key_owner *ret_owner)
{
    if (!xs_message_key(tracking->message, tracking->told_count, ret_owner)) {
        freeReplyObject(tracking->message);
        tracking->message = NULL;
        return false;
    }
    tracking->told_count++;
    return true;
}

/* Tries both connections: an answer on the one is waited for, that on the other will be news. */
static void beat(struct xs_tracking *tracking, int64_t now_ms)
{
    enum xs_error error;

    tracking->beat_ms = now_ms + XS_TRACKING_BEAT_MS;
    tracking->ping_ms = now_ms;
    if (!ping(tracking, tracking->data)) {
        end(tracking, NULL);
        return;
    }
    error = xs_redis_append(tracking->news, 1, (const char *[]){"PING"},
                            (const size_t[]){strlen("PING")});
    if (error == XS_OK)
        error = xs_redis_send(tracking->news);
    if (error != XS_OK)
        end(tracking, xs_redis_error(tracking->news));
}

/*
 * Finds out whether something has come. On the data connection, whose answers have all been read,
 * that can only be its end.
 */
static void look(struct xs_tracking *tracking)
{
    struct epoll_event events[2];
    int count = epoll_wait(tracking->epoll_fd, events, 2, 0);

    tracking->is_draining = count > 0;
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == tracking->data) {
            end(tracking, "the connection to Redis was lost");
            return;
        }
    }
}

/* Reads on, as long as there is something to read. */
static void drain(struct xs_tracking *tracking)
{
    redisReply *message = NULL;

    if (xs_redis_receive(tracking->news, &message) != XS_OK)
        end(tracking, xs_redis_error(tracking->news));
    else if (message != NULL)
        take_message(tracking, message);
    else
        tracking->is_draining = false;
}

enum xs_news xs_tracking_next(struct xs_tracking *tracking, int64_t now_ms,
                              struct xs_key_owner *ret_owner)
{
    bool has_looked = tracking->is_draining;

    for (;;) {
        if (tracking->is_all_due) {
            tracking->is_all_due = false;
            return XS_NEWS_ALL;
        }
        if (tracking->message != NULL) {
            if (tell_key(tracking, ret_owner))
                return XS_NEWS_KEY;
        } else if (tracking->data == NULL) {
            return XS_NEWS_NONE;
        } else if (!xs_tracking_is_on(tracking)) {
            end(tracking, "the connection to Redis was lost");
        } else if (tracking->is_draining) {
            drain(tracking);
        } else if (!has_looked) {
            has_looked = true;
            look(tracking);
        } else if (now_ms >= trust_ms(tracking)) {
            end(tracking, "listening to Redis: no answer in time");
        } else if (now_ms >= tracking->beat_ms) {
            beat(tracking, now_ms);
        } else {
            return XS_NEWS_NONE;
        }
    }
}

int64_t xs_tracking_deadline_ms(const struct xs_tracking *tracking)
{
    if (tracking->data == NULL)
        return INT64_MAX;
    return tracking->beat_ms < trust_ms(tracking) ? tracking->beat_ms : trust_ms(tracking);
}

int xs_tracking_fd(const struct xs_tracking *tracking)
{
    return tracking->epoll_fd;
}

const char *xs_tracking_error(const struct xs_tracking *tracking)
{
    return tracking->error;
}
