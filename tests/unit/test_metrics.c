#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "metrics.h"

/* Finds the place of a status. */
static unsigned find_status(const char *text)
{
    for (unsigned i = 0; xs_metrics_status(i) != NULL; i++)
        if (strcmp(xs_metrics_status(i), text) == 0)
            return i;
    fail_msg("status %s has no place", text);
    return 0;
}

static void metrics_count__counts_one__and_set_sets(void **state)
{
    struct xs_metrics metrics = {.sums = {0}};

    (void)state;
    xs_metrics_count(&metrics, XS_METRIC_REDIS_ERRORS);
    xs_metrics_count(&metrics, XS_METRIC_REDIS_ERRORS);
    xs_metrics_set(&metrics, XS_METRIC_REQUESTS_UNREAD, 7);
    assert_int_equal(metrics.values[XS_METRIC_REDIS_ERRORS], 2);
    assert_int_equal(metrics.values[XS_METRIC_REQUESTS_UNREAD], 7);
    assert_string_equal(xs_metric_info(XS_METRIC_REDIS_ERRORS)->name, "redis_errors_total");
    assert_string_equal(xs_metric_info(XS_METRIC_REDIS_ERRORS)->type, "counter");
}

static void metrics_count_answer__tells_status_and_format__apart(void **state)
{
    struct xs_metrics metrics = {.sums = {0}};
    uint64_t sum = 0;

    (void)state;
    xs_metrics_count_answer(&metrics, 200, XS_FORMAT_XML);
    xs_metrics_count_answer(&metrics, 200, XS_FORMAT_SVG);
    xs_metrics_count_answer(&metrics, 405, XS_FORMAT_SVG);
    xs_metrics_count_answer(&metrics, 418, XS_FORMAT_JSON);
    xs_metrics_count_answer(&metrics, -1, XS_FORMAT_JSON);
    assert_int_equal(metrics.answers[find_status("200")][XS_FORMAT_XML], 1);
    assert_int_equal(metrics.answers[find_status("200")][XS_FORMAT_SVG], 1);
    assert_int_equal(metrics.answers[find_status("405")][XS_FORMAT_SVG], 1);
    assert_int_equal(metrics.answers[find_status("other")][XS_FORMAT_JSON], 2);
    for (unsigned i = 0; i < XS_STATUSES_MAX; i++)
        for (unsigned format = 0; format < XS_FORMAT_COUNT; format++)
            sum += metrics.answers[i][format];
    assert_int_equal(sum, 5);
}

static void metrics_observe__finds_the_bucket__up_to_and_with_its_bound(void **state)
{
    struct xs_metrics metrics = {.sums = {0}};
    const uint64_t *buckets = metrics.buckets[XS_HISTOGRAM_BATCH];

    (void)state;
    xs_metrics_observe(&metrics, XS_HISTOGRAM_BATCH, 1);
    xs_metrics_observe(&metrics, XS_HISTOGRAM_BATCH, 2);
    xs_metrics_observe(&metrics, XS_HISTOGRAM_BATCH, 3);
    xs_metrics_observe(&metrics, XS_HISTOGRAM_BATCH, 4);
    xs_metrics_observe(&metrics, XS_HISTOGRAM_BATCH, 256);
    xs_metrics_observe(&metrics, XS_HISTOGRAM_BATCH, 257);
    assert_int_equal(buckets[0], 1);
    assert_int_equal(buckets[1], 1);
    assert_int_equal(buckets[2], 2);
    assert_int_equal(buckets[8], 1);
    assert_int_equal(buckets[9], 1);
    assert_int_equal(metrics.sums[XS_HISTOGRAM_BATCH], 1 + 2 + 3 + 4 + 256 + 257);
    assert_int_equal(metrics.sums[XS_HISTOGRAM_ROUND_TRIP], 0);
}

static void histogram_info__has_bounds__that_rise(void **state)
{
    (void)state;
    for (unsigned i = 0; i < XS_HISTOGRAM_COUNT; i++) {
        const struct xs_histogram_info *info = xs_histogram_info((enum xs_histogram)i);

        assert_in_range(info->bound_count, 1, XS_BOUNDS_MAX);
        for (unsigned bound = 1; bound < info->bound_count; bound++)
            assert_true(info->bounds[bound] > info->bounds[bound - 1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_count__counts_one__and_set_sets),
        cmocka_unit_test(metrics_count_answer__tells_status_and_format__apart),
        cmocka_unit_test(metrics_observe__finds_the_bucket__up_to_and_with_its_bound),
        cmocka_unit_test(histogram_info__has_bounds__that_rise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
