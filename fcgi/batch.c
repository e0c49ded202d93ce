#include "batch.h"

#include <assert.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"

/* One request on its way. */
struct entry {
    struct xs_connection *connection;
    struct xs_request request;
    struct xs_lookup *lookups; /* as many as the request has JIDs */
};

struct xs_batch {
    struct xs_reader *reader;
    struct xs_monitor *monitor;
    struct xs_metrics *metrics; /* the monitor's */
    struct xs_streams *streams;
    struct xs_responder *responder;
    struct xs_response response;   /* reused for one after the other */
    bool is_outage;                /* Redis failed last time, and that has been logged */
    int64_t outage_quiet_until_ms; /* monotonic, as the next one */
    int64_t damage_quiet_until_ms;
    size_t entry_count;
    size_t jid_count;     /* of `found`, in use */
    size_t lookup_count;  /* of `lookups`, in use */
    size_t watched_count; /* the last ones of `found` are for streams */
    size_t monitor_count; /* entries that the monitor answers */
    struct entry entries[XS_BATCH_MAX];
    struct xs_lookup found[XS_BATCH_LOOKUPS_MAX];
    struct xs_lookup *lookups[XS_BATCH_LOOKUPS_MAX]; /* those of `found` that are JIDs */
    struct xs_watch *watched[XS_BATCH_LOOKUPS_MAX];
};

/* However long the values that one domain's bot writes, all others of a batch get their answers. */
_Static_assert(XS_STORE_LOOKUP_MAX <= XS_REDIS_REPLIES_MAX / XS_BATCH_LOOKUPS_MAX,
               "one round trip has room for the longest values");

struct xs_batch *xs_batch_new(struct xs_reader *reader, struct xs_monitor *monitor,
                              struct xs_streams *streams, int max_age_s)
{
    struct xs_batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL)
        return NULL;
    batch->reader = reader;
    batch->streams = streams;
    batch->monitor = monitor;
    batch->metrics = xs_monitor_metrics(monitor);
    batch->responder = xs_responder_new(max_age_s);
    if (batch->responder == NULL) {
        free(batch);
        return NULL;
    }
    return batch;
}

void xs_batch_free(struct xs_batch *batch)
{
    if (batch == NULL)
        return;
    xs_responder_free(batch->responder);
    free(batch);
}

bool xs_batch_is_full(const struct xs_batch *batch)
{
    return batch->entry_count == XS_BATCH_MAX ||
           batch->jid_count > XS_BATCH_LOOKUPS_MAX - XS_BATCH_WATCHED_MIN - XS_QUERY_JIDS_MAX;
}

/* Reads the JIDs of a list. What is not a JID is not looked up, see xs_verdict_of. */
static enum xs_error read_list(struct xs_batch *batch, const struct entry *entry)
{
    const char *pos = entry->request.query;

    for (size_t i = 0; i < entry->request.jid_count; i++) {
        struct xs_lookup *lookup = &entry->lookups[i];
        enum xs_error error = xs_query_next_jid(&pos, &lookup->jid);

        if (error == XS_ERROR_NOMEM)
            return error;
        if (error == XS_OK)
            batch->lookups[batch->lookup_count++] = lookup;
        else
            lookup->jid.local_len = 0;
    }
    return XS_OK;
}

/* Reads a request and what it is for into an entry that is not in use yet. */
static enum xs_error read_entry(struct xs_batch *batch, struct entry *entry)
{
    size_t lookup_count = batch->lookup_count;
    struct xs_request_params params;
    enum xs_error error = xs_connection_read(entry->connection, &params);

    entry->lookups = &batch->found[batch->jid_count];
    if (error == XS_OK)
        error = xs_request_parse(&params, &entry->request, &entry->lookups->jid);
    if (error != XS_OK)
        return error;
    if (entry->request.is_list)
        error = read_list(batch, entry);
    else if (entry->request.jid_count > 0)
        batch->lookups[batch->lookup_count++] = entry->lookups;
    if (error != XS_OK)
        batch->lookup_count = lookup_count;
    return error;
}

void xs_batch_add(struct xs_batch *batch, struct xs_pool *pool, struct xs_connection *connection)
{
    struct entry *entry = &batch->entries[batch->entry_count];

    assert(!xs_batch_is_full(batch));
    entry->connection = connection;
    if (read_entry(batch, entry) != XS_OK) {
        xs_metrics_count(batch->metrics, XS_METRIC_REQUESTS_UNREAD);
        xs_pool_close(pool, connection);
        return;
    }
    xs_pool_set_busy(pool, connection);
    batch->entry_count++;
    batch->jid_count += entry->request.jid_count;
    if (entry->request.target != XS_TARGET_STATUS)
        batch->monitor_count++;
}

/* Adds those that streams watch and that may have changed, as many as there is room for. */
static void add_watched(struct xs_batch *batch)
{
    struct xs_watches *watches = xs_streams_watches(batch->streams);

    while (batch->jid_count < XS_BATCH_LOOKUPS_MAX) {
        struct xs_lookup *lookup = &batch->found[batch->jid_count];
        struct xs_watch *watch = xs_watches_next(watches, &lookup->jid);

        if (watch == NULL)
            return;
        batch->watched[batch->watched_count++] = watch;
        batch->lookups[batch->lookup_count++] = lookup;
        batch->jid_count++;
    }
}

/* Counts the lookups that failed. Returns the first error among them, XS_OK if there is none. */
static enum xs_error count_errors(struct xs_batch *batch)
{
    enum xs_error error = XS_OK;

    for (size_t i = 0; i < batch->lookup_count; i++) {
        if (batch->lookups[i]->error == XS_OK)
            continue;
        xs_metrics_count(batch->metrics, XS_METRIC_REDIS_ERRORS);
        if (error == XS_OK)
            error = batch->lookups[i]->error;
    }
    return error;
}

/* Says whether a line may be logged now, and that it is; the next one has to wait. */
static bool may_log(int64_t *quiet_until_ms)
{
    int64_t now_ms = xs_clock_monotonic_ms();

    if (now_ms < *quiet_until_ms)
        return false;
    *quiet_until_ms = now_ms + XS_BATCH_QUIET_S * INT64_C(1000);
    return true;
}

/* Logs the start and the end of an outage, not every request in it, nor each of many outages. */
static void log_outage(struct xs_batch *batch, enum xs_error error)
{
    if (error != XS_OK && !batch->is_outage && may_log(&batch->outage_quiet_until_ms)) {
        xs_log(XS_LOG_WARNING, "cannot look up presence: %s: %s; answering 503 until that is over",
               xs_error_string(error), xs_reader_error(batch->reader));
        batch->is_outage = true;
    }
    if (error == XS_OK && batch->is_outage) {
        xs_log(XS_LOG_INFO, "looking up presence works again");
        batch->is_outage = false;
    }
}

/* Logs what is damaged; the answers fail closed whether it is logged or not. */
static void log_damage(struct xs_batch *batch)
{
    for (size_t i = 0; i < batch->lookup_count; i++) {
        const struct xs_lookup *lookup = batch->lookups[i];
        char text[XS_LOG_LINE_MAX];

        if (lookup->error != XS_OK || lookup->facts.damage == XS_DAMAGE_NONE)
            continue;
        if (!may_log(&batch->damage_quiet_until_ms))
            return;
        xs_store_describe_damage(lookup, text, sizeof(text));
        xs_log(XS_LOG_WARNING,
               "damaged in Redis, so taken for absent or closed: %s; no more of that for %d s",
               text, XS_BATCH_QUIET_S);
        return;
    }
}

static void look_up(struct xs_batch *batch)
{
    if (batch->lookup_count == 0)
        return;
    (void)xs_reader_look_up(batch->reader, batch->lookups, batch->lookup_count);
    log_outage(batch, count_errors(batch));
    log_damage(batch);
}

/*
 * Opens the stream that a request is for. Returns XS_OK, or why it has to be refused; of other
 * requests XS_ERROR_INVALID.
 */
static enum xs_error open_stream(struct xs_batch *batch, const struct entry *entry, int64_t now_s,
                                 int64_t now_ms)
{
    const struct xs_request *request = &entry->request;

    if (!request->is_stream || request->method != XS_METHOD_GET || !xs_request_is_lookup(request))
        return XS_ERROR_INVALID;
    xs_responder_begin_stream(&batch->response);
    return xs_streams_open(batch->streams, entry->connection, request, entry->lookups,
                           &batch->response, now_s, now_ms);
}

/* Makes the answer to a request for which no stream has been opened, for the reason given. */
static enum xs_error make_response(struct xs_batch *batch, const struct xs_pool *pool,
                                   const struct entry *entry, enum xs_error why, int64_t now_s)
{
    if (entry->request.target != XS_TARGET_STATUS)
        return xs_monitor_answer(batch->monitor, &entry->request, xs_pool_count_open(pool), now_s,
                                 &batch->response);
    if (why != XS_ERROR_INVALID)
        return xs_responder_refuse_stream(batch->responder, &entry->request, why, &batch->response);
    return xs_responder_answer(batch->responder, &entry->request, entry->lookups, now_s,
                               &batch->response);
}

static void answer_entry(struct xs_batch *batch, struct xs_pool *pool, const struct entry *entry,
                         int64_t now_s, int64_t now_ms)
{
    struct xs_connection *connection = entry->connection;
    enum xs_error why = open_stream(batch, entry, now_s, now_ms);
    enum xs_error error = XS_OK;

    if (why != XS_OK)
        error = make_response(batch, pool, entry, why, now_s);
    if (error == XS_OK && entry->request.target == XS_TARGET_STATUS)
        xs_metrics_count_answer(batch->metrics, batch->response.status, entry->request.format);
    if (why == XS_OK) {
        xs_pool_set_streaming(pool, connection);
        return;
    }
    if (error == XS_OK)
        xs_connection_answer(connection, &batch->response);
    else
        xs_connection_close(connection);
    if (xs_connection_is_open(connection))
        xs_pool_set_idle(pool, connection);
    else
        xs_pool_close(pool, connection);
}

/* Answers those who ask for presence, or those who ask about this responder. */
static void answer_entries(struct xs_batch *batch, struct xs_pool *pool, bool is_about_us,
                           int64_t now_s, int64_t now_ms)
{
    for (size_t i = 0; i < batch->entry_count; i++) {
        const struct entry *entry = &batch->entries[i];

        if ((entry->request.target != XS_TARGET_STATUS) == is_about_us)
            answer_entry(batch, pool, entry, now_s, now_ms);
    }
}

static void update_watched(struct xs_batch *batch, int64_t now_s, int64_t now_ms)
{
    const struct xs_lookup *lookups = &batch->found[batch->jid_count - batch->watched_count];

    for (size_t i = 0; i < batch->watched_count; i++)
        xs_streams_update(batch->streams, batch->watched[i], &lookups[i], now_s, now_ms);
}

void xs_batch_answer(struct xs_batch *batch, struct xs_pool *pool, int64_t now_ms)
{
    int64_t now_s;

    add_watched(batch);
    if (batch->entry_count == 0 && batch->watched_count == 0)
        return;
    if (batch->entry_count > 0)
        xs_metrics_observe(batch->metrics, XS_HISTOGRAM_BATCH, batch->entry_count);
    look_up(batch);
    /* After the lookup: a lease that ran out while Redis kept us waiting is not to be trusted. */
    now_s = xs_clock_wall_s();
    answer_entries(batch, pool, false, now_s, now_ms);
    update_watched(batch, now_s, now_ms);
    xs_reader_remember(batch->reader); /* afterwards, as nobody need wait for it */
    /* Last, so that what has been looked up does not grow old meanwhile. */
    if (batch->monitor_count > 0) {
        xs_monitor_survey(batch->monitor, xs_reader_refusal(batch->reader));
        answer_entries(batch, pool, true, xs_clock_wall_s(), now_ms);
    }
    batch->entry_count = 0;
    batch->jid_count = 0;
    batch->lookup_count = 0;
    batch->watched_count = 0;
    batch->monitor_count = 0;
}
