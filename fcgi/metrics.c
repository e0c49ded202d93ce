#include "metrics.h"

#include <stddef.h>

#define INFO(metric, text, kind, what) {.name = text, .type = kind, .help = what},
static const struct xs_metric_info metrics_info[] = {XS_METRICS(INFO)};

static const struct xs_histogram_info histograms_info[] = {
    [XS_HISTOGRAM_BATCH] = {.name = "batch_requests",
                            .help = "Requests answered in one turn of the loop.",
                            .units = 1,
                            .bound_count = 9,
                            .bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256}},
    [XS_HISTOGRAM_ROUND_TRIP] = {.name = "redis_round_trip_seconds",
                                 .help = "Time of a round trip of lookups to Redis.",
                                 .units = 1000000,
                                 .bound_count = 13,
                                 .bounds = {50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000,
                                            50000, 100000, 250000, 1000000}},
};

_Static_assert(sizeof(histograms_info) / sizeof(*histograms_info) == XS_HISTOGRAM_COUNT,
               "one each");

/* The most frequent first, as they are looked through. */
static const struct {
    int status;
    const char *text;
} statuses[] = {
    {200, "200"}, {404, "404"}, {304, "304"}, {503, "503"},
    {400, "400"}, {204, "204"}, {405, "405"}, {0, "other"},
};

#define STATUS_COUNT (sizeof(statuses) / sizeof(*statuses))

_Static_assert(STATUS_COUNT <= XS_STATUSES_MAX, "all have a place");

void xs_metrics_count_answer(struct xs_metrics *metrics, int status, enum xs_format format)
{
    unsigned index = 0;

    while (index < STATUS_COUNT - 1 && statuses[index].status != status)
        index++;
    metrics->answers[index][format]++;
}

void xs_metrics_observe(struct xs_metrics *metrics, enum xs_histogram histogram, uint64_t value)
{
    const struct xs_histogram_info *info = &histograms_info[histogram];
    unsigned bucket = 0;

    while (bucket < info->bound_count && value > info->bounds[bucket])
        bucket++;
    metrics->buckets[histogram][bucket]++;
    metrics->sums[histogram] += value;
}

const struct xs_metric_info *xs_metric_info(enum xs_metric metric)
{
    return &metrics_info[metric];
}

const struct xs_histogram_info *xs_histogram_info(enum xs_histogram histogram)
{
    return &histograms_info[histogram];
}

const char *xs_metrics_status(unsigned index)
{
    return index < STATUS_COUNT ? statuses[index].text : NULL;
}
