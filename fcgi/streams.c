#include "streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "body.h"
#include "chance.h"
#include "presence_json.h"

/* Bytes of an event besides its id and its data. */
#define EVENT_OVERHEAD 32

/* Bytes of one event at most. */
#define EVENT_MAX (XS_EVENT_ID_SIZE + XS_JSON_SIZE + EVENT_OVERHEAD)

/* One stream. Of `any` there is one answer, else one for each subscription. */
struct xs_stream {
    struct xs_connection *connection;
    TAILQ_ENTRY(xs_stream) link;
    int64_t sent_ms; /* when something was sent last */
    bool is_open;    /* the head has been sent */
    bool is_broken;  /* to be reaped */
    bool is_any;
    uint64_t any_sent; /* of `any`: which answer was sent last */
    size_t subscription_count;
    struct xs_subscription subscriptions[];
};

TAILQ_HEAD(stream_list, xs_stream);

struct xs_streams {
    size_t streams_max;
    size_t jids_max;
    struct xs_metrics *metrics;
    size_t count;
    int64_t tick_ms; /* when the next one is due */
    struct xs_watches *watches;
    struct stream_list by_sent; /* who has been silent longest comes first */
    struct stream_list broken;
    size_t len; /* of what is gathered to be sent */
    char bytes[XS_HEAD_SIZE + XS_BODY_LIST_MAX + EVENT_MAX];
};

struct xs_streams *xs_streams_new(size_t streams_max, size_t jids_max, struct xs_metrics *metrics)
{
    struct xs_streams *streams = calloc(1, sizeof *streams);

    if (streams == NULL)
        return NULL;
    streams->streams_max = streams_max;
    streams->jids_max = jids_max;
    streams->metrics = metrics;
    TAILQ_INIT(&streams->by_sent);
    TAILQ_INIT(&streams->broken);
    streams->watches = xs_watches_new();
    if (streams->watches == NULL) {
        free(streams);
        return NULL;
    }
    return streams;
}

void xs_streams_free(struct xs_streams *streams)
{
    if (streams == NULL)
        return;
    while (!TAILQ_EMPTY(&streams->by_sent))
        xs_streams_close(streams, TAILQ_FIRST(&streams->by_sent));
    while (!TAILQ_EMPTY(&streams->broken))
        xs_streams_close(streams, TAILQ_FIRST(&streams->broken));
    xs_watches_free(streams->watches);
    free(streams);
}

size_t xs_streams_max(const struct xs_streams *streams)
{
    return streams->streams_max;
}

void xs_streams_limit(struct xs_streams *streams, size_t streams_max)
{
    if (streams_max < streams->streams_max)
        streams->streams_max = streams_max;
}

struct xs_watches *xs_streams_watches(struct xs_streams *streams)
{
    return streams->watches;
}

static void note_levels(struct xs_streams *streams)
{
    xs_metrics_set(streams->metrics, XS_METRIC_STREAMS, streams->count);
    xs_metrics_set(streams->metrics, XS_METRIC_WATCHES, xs_watches_count(streams->watches));
}

static void leave_all(struct xs_streams *streams, struct xs_stream *stream)
{
    while (stream->subscription_count > 0)
        xs_watches_leave(streams->watches, &stream->subscriptions[--stream->subscription_count]);
}

void xs_streams_close(struct xs_streams *streams, struct xs_stream *stream)
{
    TAILQ_REMOVE(stream->is_broken ? &streams->broken : &streams->by_sent, stream, link);
    streams->count--;
    leave_all(streams, stream);
    stream->connection->stream = NULL;
    free(stream);
    note_levels(streams);
}

/* A stream is not closed on the spot: whoever goes through a list of them may be the caller. */
static void break_stream(struct xs_streams *streams, struct xs_stream *stream)
{
    if (stream->is_broken)
        return;
    stream->is_broken = true;
    TAILQ_REMOVE(&streams->by_sent, stream, link);
    TAILQ_INSERT_TAIL(&streams->broken, stream, link);
}

/* Sends what has been gathered. */
static void send_gathered(struct xs_streams *streams, struct xs_stream *stream, int64_t now_ms)
{
    if (!xs_connection_send(stream->connection, streams->bytes, streams->len)) {
        xs_metrics_count(streams->metrics, XS_METRIC_STREAMS_DROPPED);
        break_stream(streams, stream);
        return;
    }
    stream->sent_ms = now_ms;
    TAILQ_REMOVE(&streams->by_sent, stream, link);
    TAILQ_INSERT_TAIL(&streams->by_sent, stream, link);
}

static void gather(struct xs_streams *streams, const char *bytes, size_t len)
{
    memcpy(streams->bytes + streams->len, bytes, len);
    streams->len += len;
}

static void gather_text(struct xs_streams *streams, const char *text)
{
    gather(streams, text, strlen(text));
}

/* Gathers the time after which this client shall come back, another one for each. */
static void gather_retry(struct xs_streams *streams)
{
    char line[40];

    (void)snprintf(line, sizeof line, "retry: %u\n\n",
                   XS_STREAMS_RETRY_MIN_MS +
                       xs_chance_below(XS_STREAMS_RETRY_MAX_MS - XS_STREAMS_RETRY_MIN_MS + 1));
    gather_text(streams, line);
}

/* Gathers an event about a watch, with the id that holds once it has been sent. */
static void gather_event(struct xs_streams *streams, const struct xs_stream *stream,
                         const struct xs_watch *watch)
{
    size_t json_len;
    const char *json = xs_watch_json(watch, &json_len);

    gather_text(streams, "id: ");
    if (stream->is_any)
        streams->len += xs_event_id_write(stream->any_sent, streams->bytes + streams->len);
    else
        for (size_t i = 0; i < stream->subscription_count; i++)
            streams->len +=
                xs_event_id_write(stream->subscriptions[i].sent, streams->bytes + streams->len);
    gather_text(streams, "\ndata: ");
    gather(streams, json, json_len);
    gather_text(streams, "\n\n");
    xs_metrics_count(streams->metrics, XS_METRIC_EVENTS);
}

/* Finds the most available of a stream; of equals the first. */
static const struct xs_watch *find_best(const struct xs_stream *stream)
{
    const struct xs_watch *best = stream->subscriptions[0].watch;

    for (size_t i = 1; i < stream->subscription_count; i++) {
        const struct xs_watch *watch = stream->subscriptions[i].watch;

        if (xs_verdict_is_better(xs_watch_verdict(watch), xs_watch_verdict(best)))
            best = watch;
    }
    return best;
}

/* Gathers what there is to say about a subscription that the client has not had. */
static void gather_news(struct xs_streams *streams, struct xs_stream *stream,
                        struct xs_subscription *subscription)
{
    const struct xs_watch *watch = stream->is_any ? find_best(stream) : subscription->watch;
    uint64_t *sent = stream->is_any ? &stream->any_sent : &subscription->sent;

    if (*sent == xs_watch_hash(watch))
        return;
    *sent = xs_watch_hash(watch);
    gather_event(streams, stream, watch);
}

/*
 * Says whether of `any` another update decides what there is to say: else, if all have changed at
 * once, as their domain was closed, one would be shown who is withdrawn. Who is being looked up is
 * waited for. Of those for whom there was no room only the best is: where something changes all the
 * time, there may never be an instant at which nobody is dirty.
 */
static bool is_undecided(const struct xs_stream *stream)
{
    if (!stream->is_any)
        return false;
    for (size_t i = 0; i < stream->subscription_count; i++)
        if (xs_watch_is_pending(stream->subscriptions[i].watch))
            return true;
    return xs_watch_is_dirty(find_best(stream));
}

static bool is_joined(const struct xs_stream *stream, const struct xs_watch *watch)
{
    for (size_t i = 0; i + 1 < stream->subscription_count; i++)
        if (stream->subscriptions[i].watch == watch)
            return true;
    return false;
}

/* Subscribes to the JIDs, to each once, and takes in what has been found. */
static enum xs_error join_all(struct xs_streams *streams, struct xs_stream *stream,
                              const struct xs_lookup *lookups, size_t count, int64_t now_s,
                              int64_t now_ms)
{
    for (size_t i = 0; i < count; i++) {
        struct xs_subscription *subscription = &stream->subscriptions[stream->subscription_count];
        const struct xs_jid *jid = lookups[i].jid.local_len > 0 ? &lookups[i].jid : NULL;
        enum xs_error error = xs_watches_join(streams->watches, jid, subscription);

        if (error != XS_OK)
            return error;
        stream->subscription_count++;
        subscription->stream = stream;
        subscription->sent = XS_EVENT_ID_NONE;
        if (is_joined(stream, subscription->watch)) {
            xs_watches_leave(streams->watches, subscription);
            stream->subscription_count--;
            continue;
        }
        xs_streams_update(streams, subscription->watch, &lookups[i], now_s, now_ms);
        if (stream->is_broken)
            return XS_ERROR_NOMEM;
    }
    return XS_OK;
}

/* Takes over what the client says it has had, if that is an id of this stream. */
static void read_id(struct xs_stream *stream, const char *id)
{
    size_t count = stream->is_any ? 1 : stream->subscription_count;

    if (id == NULL || !xs_event_id_is_valid(id, count))
        return;
    if (stream->is_any)
        stream->any_sent = xs_event_id_read(id, 0);
    else
        for (size_t i = 0; i < count; i++)
            stream->subscriptions[i].sent = xs_event_id_read(id, i);
}

/* Gathers the beginning of a stream. All that it is for has just been looked up, also of `any`. */
static enum xs_error gather_start(struct xs_streams *streams, struct xs_stream *stream,
                                  const struct xs_response *head)
{
    size_t max;

    streams->len = 0;
    gather(streams, head->head, head->head_len);
    gather_retry(streams);
    max = streams->len + XS_BODY_LIST_MAX;
    for (size_t i = 0; i < stream->subscription_count; i++) {
        gather_news(streams, stream, &stream->subscriptions[i]);
        if (streams->len > max)
            return XS_ERROR_TOO_LONG;
        if (stream->is_any)
            break;
    }
    return XS_OK;
}

static struct xs_stream *make_stream(struct xs_streams *streams, struct xs_connection *connection,
                                     const struct xs_request *request)
{
    struct xs_stream *stream =
        calloc(1, sizeof *stream + request->jid_count * sizeof stream->subscriptions[0]);

    if (stream == NULL)
        return NULL;
    stream->connection = connection;
    stream->is_any = request->is_any;
    stream->any_sent = XS_EVENT_ID_NONE;
    TAILQ_INSERT_TAIL(&streams->by_sent, stream, link);
    streams->count++;
    note_levels(streams);
    return stream;
}

enum xs_error xs_streams_open(struct xs_streams *streams, struct xs_connection *connection,
                              const struct xs_request *request, const struct xs_lookup *lookups,
                              const struct xs_response *head, int64_t now_s, int64_t now_ms)
{
    struct xs_stream *stream;
    enum xs_error error;

    if (streams->count >= streams->streams_max) {
        xs_metrics_count(streams->metrics, XS_METRIC_STREAMS_REFUSED);
        return XS_ERROR_UNAVAILABLE;
    }
    if (request->jid_count > streams->jids_max)
        return XS_ERROR_TOO_LONG;
    stream = make_stream(streams, connection, request);
    if (stream == NULL)
        return XS_ERROR_NOMEM;
    error = join_all(streams, stream, lookups, request->jid_count, now_s, now_ms);
    if (error == XS_OK) {
        read_id(stream, request->last_event_id);
        error = gather_start(streams, stream, head);
    }
    if (error != XS_OK) {
        xs_streams_close(streams, stream);
        return error;
    }
    if (streams->count == 1)
        streams->tick_ms = now_ms + XS_STREAMS_TICK_MS;
    connection->stream = stream;
    stream->is_open = true;
    note_levels(streams);
    xs_connection_detach(connection);
    send_gathered(streams, stream, now_ms);
    return XS_OK;
}

void xs_streams_update(struct xs_streams *streams, struct xs_watch *watch,
                       const struct xs_lookup *lookup, int64_t now_s, int64_t now_ms)
{
    enum xs_error error = xs_watches_update(streams->watches, watch, lookup, now_s);
    struct xs_subscription *subscription;

    LIST_FOREACH(subscription, xs_watch_subscriptions(watch), link)
    {
        struct xs_stream *stream = subscription->stream;

        if (error != XS_OK) {
            break_stream(streams, stream); /* it comes back, and is told the truth then */
            continue;
        }
        if (!stream->is_open || stream->is_broken || is_undecided(stream))
            continue;
        streams->len = 0;
        gather_news(streams, stream, subscription);
        if (streams->len > 0)
            send_gathered(streams, stream, now_ms);
    }
}

static void send_comments(struct xs_streams *streams, int64_t now_ms)
{
    struct xs_stream *stream;

    while ((stream = TAILQ_FIRST(&streams->by_sent)) != NULL &&
           stream->sent_ms + XS_STREAMS_COMMENT_MS <= now_ms) {
        streams->len = 0;
        gather_text(streams, ":\n\n");
        send_gathered(streams, stream, now_ms);
    }
}

void xs_streams_tick(struct xs_streams *streams, bool is_blind, int64_t now_s, int64_t now_ms)
{
    if (now_ms < xs_streams_deadline_ms(streams))
        return;
    streams->tick_ms = now_ms + XS_STREAMS_TICK_MS;
    if (is_blind)
        xs_watches_note_all(streams->watches);
    else
        xs_watches_note_time(streams->watches, now_s);
    send_comments(streams, now_ms);
}

int64_t xs_streams_deadline_ms(const struct xs_streams *streams)
{
    return streams->count > 0 ? streams->tick_ms : INT64_MAX;
}

void xs_streams_reap(struct xs_streams *streams, struct xs_pool *pool)
{
    struct xs_stream *stream;

    while ((stream = TAILQ_FIRST(&streams->broken)) != NULL) {
        struct xs_connection *connection = stream->connection;

        xs_streams_close(streams, stream);
        xs_pool_close(pool, connection);
    }
}

void xs_streams_stop(struct xs_streams *streams, struct xs_pool *pool)
{
    struct xs_stream *stream;

    streams->streams_max = 0;
    while ((stream = TAILQ_FIRST(&streams->by_sent)) != NULL) {
        streams->len = 0;
        gather_retry(streams);
        if (xs_connection_send(stream->connection, streams->bytes, streams->len))
            xs_connection_finish(stream->connection);
        break_stream(streams, stream);
    }
    xs_streams_reap(streams, pool);
}
