/*
 * metrics.h: what the responder counts while it serves.
 *
 * To add a counter or a level, add one line to XS_METRICS; the exposition shows whatever is there.
 * Counting is the increment of an element of an array. Memory only, pure. Not shared between
 * threads.
 */
#ifndef XS_METRICS_H
#define XS_METRICS_H

#include <stdint.h>

#include "format.h"

/*
 * X(NAME, name as shown after "xmpp_status_", type, what it says). All start at 0. A lookup is that
 * of one JID: a request for several makes several, and one round trip to Redis is for many.
 */
#define XS_METRICS(X)                                                                              \
    X(REDIS_ERRORS, "redis_errors_total", "counter", "Lookups in which Redis failed or refused.")  \
    X(REQUESTS_UNREAD, "requests_unread_total", "counter",                                         \
      "Requests that could not be read and were not answered.")                                    \
    X(CACHE_HITS, "cache_hits_total", "counter", "Lookups answered from memory.")                  \
    X(CACHE_MISSES, "cache_misses_total", "counter", "Lookups that Redis was asked for.")          \
    X(CACHE_ENTRIES, "cache_entries", "gauge", "Users and domains in memory.")                     \
    X(CACHE_INVALIDATIONS, "cache_invalidations_total", "counter", "Keys that have changed.")      \
    X(CACHE_DROPS, "cache_drops_total", "counter", "Times that memory was given up as a whole.")   \
    X(STREAMS, "streams", "gauge", "Open streams of events.")                                      \
    X(WATCHES, "watches", "gauge", "Users whom streams are for.")                                  \
    X(EVENTS, "events_total", "counter", "Events sent.")                                           \
    X(STREAMS_REFUSED, "streams_refused_total", "counter", "Streams beyond the limit.")            \
    X(STREAMS_DROPPED, "streams_dropped_total", "counter",                                         \
      "Streams that ended because they did not take what was sent.")

#define XS_METRICS_ENUM(name, text, type, help) XS_METRIC_##name,
enum xs_metric { XS_METRICS(XS_METRICS_ENUM) XS_METRIC_COUNT };

/* What is counted by size. */
enum xs_histogram {
    XS_HISTOGRAM_BATCH,      /* requests in one turn of the loop */
    XS_HISTOGRAM_ROUND_TRIP, /* microseconds of one round trip that Redis answered */
    XS_HISTOGRAM_COUNT
};

/* Bounds of a histogram at most; one more bucket is for what lies beyond. */
#define XS_BOUNDS_MAX 16

/* Statuses that are told apart; all others are counted as one. */
#define XS_STATUSES_MAX 16

/* All counts. A plain value; starts as all zero. Read through the functions below. */
struct xs_metrics {
    uint64_t values[XS_METRIC_COUNT];
    uint64_t answers[XS_STATUSES_MAX][XS_FORMAT_COUNT];
    uint64_t buckets[XS_HISTOGRAM_COUNT][XS_BOUNDS_MAX + 1];
    uint64_t sums[XS_HISTOGRAM_COUNT];
};

/* How a metric is shown. Texts are constants. */
struct xs_metric_info {
    const char *name; /* without "xmpp_status_" */
    const char *type; /* "counter" or "gauge" */
    const char *help; /* one line with nothing to escape */
};

/* How a histogram is shown. */
struct xs_histogram_info {
    const char *name;
    const char *help;
    unsigned units; /* of ours that make one of those shown: 1000000 if we have microseconds */
    unsigned bound_count;           /* 1..XS_BOUNDS_MAX */
    unsigned bounds[XS_BOUNDS_MAX]; /* the largest value of each bucket, ascending */
};

/* Counts one. */
static inline void xs_metrics_count(struct xs_metrics *metrics, enum xs_metric metric)
{
    metrics->values[metric]++;
}

/* Sets a level. */
static inline void xs_metrics_set(struct xs_metrics *metrics, enum xs_metric metric, uint64_t level)
{
    metrics->values[metric] = level;
}

/* Counts an answer to a request for presence: its HTTP status, and the format it is in. */
void xs_metrics_count_answer(struct xs_metrics *metrics, int status, enum xs_format format);

/* Counts a value by its size. */
void xs_metrics_observe(struct xs_metrics *metrics, enum xs_histogram histogram, uint64_t value);

/* Returns how to show a metric or a histogram. Never NULL. */
const struct xs_metric_info *xs_metric_info(enum xs_metric metric);
const struct xs_histogram_info *xs_histogram_info(enum xs_histogram histogram);

/*
 * Returns the status that is counted in `answers[index]`, as text; "other" for all that are not
 * told apart. NULL if `index` is beyond the last one in use.
 */
const char *xs_metrics_status(unsigned index);

#endif
