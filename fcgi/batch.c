#include "batch.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "log.h"

/* One request on its way. */
struct entry {
    struct xs_connection *connection;
    struct xs_request request;
    struct xs_lookup lookup; /* used only if the request is one */
};

struct xs_batch {
    struct xs_reader *reader;
    struct xs_monitor *monitor;
    struct xs_metrics *metrics; /* the monitor's */
    struct xs_responder *responder;
    struct xs_response response;  /* reused for one after the other */
    bool is_outage;               /* Redis failed last time, and that has been logged */
    int64_t outage_quiet_until_s; /* monotonic, as the next one */
    int64_t damage_quiet_until_s;
    size_t entry_count;
    size_t lookup_count;
    size_t monitor_count; /* entries that the monitor answers */
    struct xs_lookup *lookups[XS_BATCH_MAX];
    struct entry entries[XS_BATCH_MAX];
};

struct xs_batch *xs_batch_new(struct xs_reader *reader, struct xs_monitor *monitor, int max_age_s)
{
    struct xs_batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL)
        return NULL;
    batch->reader = reader;
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

void xs_batch_add(struct xs_batch *batch, struct xs_pool *pool, struct xs_connection *connection)
{
    struct entry *entry = &batch->entries[batch->entry_count];
    struct xs_request_params params;

    assert(batch->entry_count < XS_BATCH_MAX);
    if (xs_connection_read(connection, &params) != XS_OK ||
        xs_request_parse(&params, &entry->request, &entry->lookup.jid) != XS_OK) {
        xs_metrics_count(batch->metrics, XS_METRIC_REQUESTS_UNREAD);
        xs_pool_close(pool, connection);
        return;
    }
    xs_pool_set_busy(pool, connection);
    entry->connection = connection;
    batch->entry_count++;
    if (entry->request.target != XS_TARGET_STATUS)
        batch->monitor_count++;
    if (xs_request_is_lookup(&entry->request))
        batch->lookups[batch->lookup_count++] = &entry->lookup;
}

/* Returns the first error among the lookups, XS_OK if there is none. */
static enum xs_error find_error(const struct xs_batch *batch)
{
    for (size_t i = 0; i < batch->lookup_count; i++)
        if (batch->lookups[i]->error != XS_OK)
            return batch->lookups[i]->error;
    return XS_OK;
}

/* Says whether a line may be logged now, and that it is; the next one has to wait. */
static bool may_log(int64_t *quiet_until_s)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
    if (now.tv_sec < *quiet_until_s)
        return false;
    *quiet_until_s = now.tv_sec + XS_BATCH_QUIET_S;
    return true;
}

/* Logs the start and the end of an outage, not every request in it, nor each of many outages. */
static void log_outage(struct xs_batch *batch, enum xs_error error)
{
    if (error != XS_OK && !batch->is_outage && may_log(&batch->outage_quiet_until_s)) {
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
        if (!may_log(&batch->damage_quiet_until_s))
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
    if (find_error(batch) != XS_OK)
        xs_metrics_count(batch->metrics, XS_METRIC_REDIS_ERRORS);
    log_outage(batch, find_error(batch));
    log_damage(batch);
}

/* Makes the answer to a request, and counts those about presence. */
static enum xs_error make_response(struct xs_batch *batch, const struct xs_pool *pool,
                                   const struct entry *entry, int64_t now_s)
{
    enum xs_error error;

    if (entry->request.target != XS_TARGET_STATUS)
        return xs_monitor_answer(batch->monitor, &entry->request, xs_pool_count_open(pool), now_s,
                                 &batch->response);
    error = xs_responder_answer(batch->responder, &entry->request, &entry->lookup, now_s,
                                &batch->response);
    if (error == XS_OK)
        xs_metrics_count_answer(batch->metrics, batch->response.status, entry->request.format);
    return error;
}

static void answer_entry(struct xs_batch *batch, struct xs_pool *pool, struct entry *entry,
                         int64_t now_s)
{
    struct xs_connection *connection = entry->connection;

    if (make_response(batch, pool, entry, now_s) == XS_OK)
        xs_connection_answer(connection, &batch->response);
    else
        xs_connection_close(connection);
    if (xs_connection_is_open(connection))
        xs_pool_set_idle(pool, connection);
    else
        xs_pool_close(pool, connection);
}

/* Answers those who ask for presence, or those who ask about this responder. */
static void answer_entries(struct xs_batch *batch, struct xs_pool *pool, bool is_about_us)
{
    struct timespec now;

    /* After the lookup, so that a lease which ran out while Redis kept us waiting is not trusted.
     */
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
    for (size_t i = 0; i < batch->entry_count; i++) {
        struct entry *entry = &batch->entries[i];

        if ((entry->request.target != XS_TARGET_STATUS) == is_about_us)
            answer_entry(batch, pool, entry, now.tv_sec);
    }
}

void xs_batch_answer(struct xs_batch *batch, struct xs_pool *pool)
{
    if (batch->entry_count == 0)
        return;
    xs_metrics_observe(batch->metrics, XS_HISTOGRAM_BATCH, batch->entry_count);
    look_up(batch);
    answer_entries(batch, pool, false);
    xs_reader_remember(batch->reader); /* afterwards, as nobody need wait for it */
    /* Last, so that what has been looked up does not grow old meanwhile. */
    if (batch->monitor_count > 0) {
        xs_monitor_survey(batch->monitor);
        answer_entries(batch, pool, true);
    }
    batch->entry_count = 0;
    batch->lookup_count = 0;
    batch->monitor_count = 0;
}
