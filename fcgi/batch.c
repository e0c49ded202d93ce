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
    struct xs_store *store;
    struct xs_responder *responder;
    struct xs_response response; /* reused for one after the other */
    bool is_outage;              /* Redis failed last time, and that has been logged */
    size_t entry_count;
    size_t lookup_count;
    struct xs_lookup *lookups[XS_BATCH_MAX];
    struct entry entries[XS_BATCH_MAX];
};

struct xs_batch *xs_batch_new(struct xs_store *store, int max_age_s)
{
    struct xs_batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL)
        return NULL;
    batch->store = store;
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
        xs_pool_close(pool, connection);
        return;
    }
    xs_pool_set_busy(pool, connection);
    entry->connection = connection;
    batch->entry_count++;
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

/* Looks up everything. Logs the start and the end of an outage, not every request in it. */
static void look_up(struct xs_batch *batch)
{
    enum xs_error error;

    if (batch->lookup_count == 0)
        return;
    (void)xs_store_lookup(batch->store, batch->lookups, batch->lookup_count);
    error = find_error(batch);
    if (error != XS_OK && !batch->is_outage)
        xs_log(XS_LOG_WARNING, "cannot look up presence: %s: %s; answering 503 until that is over",
               xs_error_string(error), xs_store_error(batch->store));
    if (error == XS_OK && batch->is_outage)
        xs_log(XS_LOG_INFO, "looking up presence works again");
    batch->is_outage = error != XS_OK;
}

static void answer_entry(struct xs_batch *batch, struct xs_pool *pool, struct entry *entry,
                         int64_t now_s)
{
    struct xs_connection *connection = entry->connection;

    if (xs_responder_answer(batch->responder, &entry->request, &entry->lookup, now_s,
                            &batch->response) == XS_OK)
        xs_connection_answer(connection, &batch->response);
    else
        xs_connection_close(connection);
    if (xs_connection_is_open(connection))
        xs_pool_set_idle(pool, connection);
    else
        xs_pool_close(pool, connection);
}

void xs_batch_answer(struct xs_batch *batch, struct xs_pool *pool)
{
    struct timespec now;

    look_up(batch);
    /* After the lookup, so that a lease which ran out while Redis kept us waiting is not trusted.
     */
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
    for (size_t i = 0; i < batch->entry_count; i++)
        answer_entry(batch, pool, &batch->entries[i], now.tv_sec);
    batch->entry_count = 0;
    batch->lookup_count = 0;
}
