#include "reader.h"

#include <stdbool.h>
#include <stdlib.h>

#include "cache.h"
#include "clock.h"
#include "log.h"
#include "replica.h"
#include "tracking.h"

struct xs_reader {
    struct xs_metrics *metrics;
    struct xs_store *store;
    struct xs_cache *cache; /* NULL, as the next one, if nothing is to be remembered */
    struct xs_tracking *tracking;
    struct xs_replica replica;
    bool is_refused;           /* the word of Redis may not be taken */
    bool has_turned;           /* that has changed, which has not been told yet */
    bool is_unknown;           /* the last look-up was answered by nobody knows whom */
    int64_t retry_ms;          /* when to start tracking again, and to check without it */
    bool is_logged;            /* that there is no tracking */
    struct xs_lookup **misses; /* of the last look-up, in the order in which Redis was asked */
    size_t miss_count;
    size_t miss_room;
};

/* Makes what memory needs. */
static bool make_memory(struct xs_reader *reader, const struct xs_redis_config *config,
                        size_t entries_max)
{
    if (entries_max == 0)
        return true;
    reader->cache = xs_cache_new(entries_max);
    reader->tracking = xs_tracking_new(config);
    return reader->cache != NULL && reader->tracking != NULL;
}

struct xs_reader *xs_reader_new(const struct xs_config *config, struct xs_metrics *metrics)
{
    const struct xs_redis_config *redis = &config->redis[XS_PROGRAM_FCGI];
    struct xs_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return NULL;
    reader->metrics = metrics;
    reader->replica.cutoff_ms = (int64_t)config->replica_cutoff_s * 1000;
    reader->store = xs_store_new(redis);
    if (reader->store == NULL || !make_memory(reader, redis, (size_t)config->cache_entries)) {
        xs_reader_free(reader);
        return NULL;
    }
    return reader;
}

void xs_reader_free(struct xs_reader *reader)
{
    if (reader == NULL)
        return;
    free(reader->misses);
    xs_tracking_free(reader->tracking);
    xs_cache_free(reader->cache);
    xs_store_free(reader->store);
    free(reader);
}

/*
 * Says once that there is no tracking, and once that there is again. If Redis cannot be reached at
 * all, who looks up has more to say about it.
 */
static void log_tracking(struct xs_reader *reader, enum xs_error error)
{
    bool is_alone = error != XS_OK && xs_redis_fd(xs_store_redis(reader->store)) >= 0;

    if (is_alone && !reader->is_logged)
        xs_log(XS_LOG_WARNING, "cannot hear what changes, so asking Redis each time: %s",
               xs_tracking_error(reader->tracking));
    if (error == XS_OK && reader->is_logged)
        xs_log(XS_LOG_INFO, "hearing what changes in Redis again");
    reader->is_logged = is_alone || (reader->is_logged && error != XS_OK);
}

static void start_tracking(struct xs_reader *reader, int64_t now_ms)
{
    enum xs_error error =
        xs_tracking_start(reader->tracking, xs_store_redis(reader->store), now_ms);

    log_tracking(reader, error);
}

/* Makes memory forget what the news is about. */
static void take_in(struct xs_reader *reader, enum xs_news news, const struct xs_key_owner *owner)
{
    if (news == XS_NEWS_KEY)
        xs_cache_drop(reader->cache, owner);
    else
        xs_cache_clear(reader->cache);
    xs_metrics_count(reader->metrics,
                     news == XS_NEWS_KEY ? XS_METRIC_CACHE_INVALIDATIONS : XS_METRIC_CACHE_DROPS);
}

/*
 * Makes sure that what is known and what will be read is current. While tracking is on, a refresh
 * has just seen that the connection is whole.
 */
static enum xs_error check_replica(struct xs_reader *reader, bool is_tracking)
{
    struct xs_redis *redis = xs_store_redis(reader->store);
    bool was_refused = reader->is_refused;
    enum xs_error error = XS_OK;

    reader->is_refused = false;
    if (is_tracking || xs_redis_open(redis) == XS_OK) {
        error = xs_replica_check(&reader->replica, redis, xs_clock_monotonic_ms());
        reader->is_refused = error != XS_OK;
    } /* else the store will find the same, and has words for it */
    if (reader->is_refused != was_refused)
        reader->has_turned = true;
    /*
     * When its word may be taken again, what it has caught up with may not have been heard of yet:
     * nothing is left in memory by then.
     */
    if (error != XS_OK && reader->cache != NULL) {
        if (!was_refused && xs_tracking_is_on(reader->tracking)) /* its end would count by itself */
            xs_metrics_count(reader->metrics, XS_METRIC_CACHE_DROPS);
        xs_cache_clear(reader->cache);
    }
    return error;
}

/* Says, once, that the word of Redis may not be taken any more, or may be again. */
static enum xs_news find_turn(struct xs_reader *reader, bool is_tracking)
{
    bool has_turned;

    (void)check_replica(reader, is_tracking);
    has_turned = reader->has_turned;
    reader->has_turned = false;
    return has_turned ? XS_NEWS_ALL : XS_NEWS_NONE;
}

/* Takes in what memory has to forget. */
static enum xs_news take_news(struct xs_reader *reader, int64_t now_ms,
                              struct xs_key_owner *ret_owner)
{
    enum xs_news news = xs_tracking_next(reader->tracking, now_ms, ret_owner);

    if (news != XS_NEWS_NONE)
        take_in(reader, news, ret_owner);
    else
        xs_metrics_set(reader->metrics, XS_METRIC_CACHE_ENTRIES, xs_cache_count(reader->cache));
    return news;
}

bool xs_reader_is_hearing(const struct xs_reader *reader)
{
    return reader->tracking != NULL && xs_tracking_is_on(reader->tracking);
}

/* Starts tracking, if anything is to be remembered; else sees to it that Redis is asked itself. */
static enum xs_news try_again(struct xs_reader *reader, int64_t now_ms)
{
    bool has_memory = reader->tracking != NULL;
    enum xs_news news = XS_NEWS_ALL;

    if (has_memory)
        start_tracking(reader, now_ms);
    if (!xs_reader_is_hearing(reader))
        news = find_turn(reader, false);
    /* Also if it ends at once. From now on, as it may have taken longer than that to fail. */
    reader->retry_ms =
        xs_clock_monotonic_ms() + (has_memory ? XS_READER_RETRY_MS : XS_REPLICA_BEAT_MS);
    return news;
}

enum xs_news xs_reader_refresh(struct xs_reader *reader, int64_t now_ms,
                               struct xs_key_owner *ret_owner)
{
    enum xs_news news = XS_NEWS_NONE;

    if (reader->cache != NULL)
        news = take_news(reader, now_ms, ret_owner);
    if (news != XS_NEWS_NONE)
        return news;
    if (xs_reader_is_hearing(reader))
        return find_turn(reader, true);
    return now_ms >= reader->retry_ms ? try_again(reader, now_ms) : XS_NEWS_NONE;
}

static enum xs_error misses_reserve(struct xs_reader *reader, size_t count)
{
    struct xs_lookup **misses;

    if (count <= reader->miss_room)
        return XS_OK;
    misses = reallocarray(reader->misses, count, sizeof(struct xs_lookup *));
    if (misses == NULL)
        return XS_ERROR_NOMEM;
    reader->misses = misses;
    reader->miss_room = count;
    return XS_OK;
}

/* Asks Redis for what memory does not know, and notes how long it took to answer. */
static enum xs_error ask_store(struct xs_reader *reader)
{
    int64_t start_us;
    enum xs_error error;

    if (reader->miss_count == 0)
        return xs_store_lookup(reader->store, reader->misses, 0);
    start_us = xs_clock_monotonic_us();
    error = xs_store_lookup(reader->store, reader->misses, reader->miss_count);
    if (error == XS_OK)
        xs_metrics_observe(reader->metrics, XS_HISTOGRAM_ROUND_TRIP,
                           (uint64_t)(xs_clock_monotonic_us() - start_us));
    return error;
}

/*
 * Asks Redis. If the connection is another one than that which was checked, as it broke just now,
 * nobody knows how old its answers are.
 */
static enum xs_error ask_checked(struct xs_reader *reader)
{
    enum xs_error error = ask_store(reader);

    reader->is_unknown = false;
    if (error != XS_OK || reader->miss_count == 0 ||
        xs_redis_generation(xs_store_redis(reader->store)) == reader->replica.generation)
        return error;
    for (size_t i = 0; i < reader->miss_count; i++)
        reader->misses[i]->error = XS_ERROR_UNAVAILABLE;
    reader->is_unknown = true;
    return XS_ERROR_UNAVAILABLE;
}

enum xs_error xs_reader_look_up(struct xs_reader *reader, struct xs_lookup *const lookups[],
                                size_t count)
{
    bool is_known = reader->cache != NULL && xs_tracking_is_on(reader->tracking);
    enum xs_error error = misses_reserve(reader, count);

    reader->miss_count = 0;
    if (error == XS_OK && count > 0)
        error = check_replica(reader, is_known);
    for (size_t i = 0; i < count; i++) {
        if (error != XS_OK)
            lookups[i]->error = error;
        else if (!is_known || !xs_cache_find(reader->cache, lookups[i]))
            reader->misses[reader->miss_count++] = lookups[i];
        else
            xs_metrics_count(reader->metrics, XS_METRIC_CACHE_HITS);
    }
    if (error != XS_OK)
        return error;
    if (reader->cache != NULL)
        reader->metrics->values[XS_METRIC_CACHE_MISSES] += reader->miss_count;
    return ask_checked(reader);
}

void xs_reader_remember(struct xs_reader *reader)
{
    /* If the connection is another one now, Redis does not know that these were read. */
    if (reader->cache != NULL && xs_tracking_is_on(reader->tracking)) {
        for (size_t i = 0; i < reader->miss_count; i++) {
            if (reader->misses[i]->error == XS_OK)
                xs_cache_put(reader->cache, reader->misses[i]);
        }
    }
    reader->miss_count = 0;
}

int xs_reader_fd(const struct xs_reader *reader)
{
    return reader->tracking != NULL ? xs_tracking_fd(reader->tracking) : -1;
}

int64_t xs_reader_deadline_ms(const struct xs_reader *reader)
{
    return xs_reader_is_hearing(reader) ? xs_tracking_deadline_ms(reader->tracking)
                                        : reader->retry_ms;
}

const char *xs_reader_refusal(const struct xs_reader *reader)
{
    return reader->is_refused ? reader->replica.error : NULL;
}

const char *xs_reader_error(const struct xs_reader *reader)
{
    if (reader->is_refused)
        return reader->replica.error;
    if (reader->is_unknown)
        return "asking Redis: it was connected to anew, and may not be current";
    return xs_store_error(reader->store);
}
