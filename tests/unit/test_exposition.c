#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exposition.h"
#include "jid.h"

#define NOW 1700000000

/* A socket takes this much from us while nobody reads. */
#define SOCKET_SIZE (192u * 1024)

static struct xs_metrics metrics;

static char *write_text(const struct xs_snapshot *snapshot)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    xs_exposition_write(out, snapshot);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strlen(text), len);
    return text;
}

static void assert_has(const char *text, const char *lines)
{
    if (strstr(text, lines) == NULL)
        fail_msg("missing:\n%s\nin:\n%s", lines, text);
}

static struct xs_surveyed surveyed(const char *domain, int64_t until_s)
{
    struct xs_surveyed one = {.domain = domain, .lease = {.exists = true, .until_s = until_s}};

    for (size_t i = 0; i < XS_FIGURE_COUNT; i++)
        one.figures.values[i] = XS_FIGURE_UNKNOWN;
    return one;
}

static int reset(void **state)
{
    (void)state;
    memset(&metrics, 0, sizeof(metrics));
    return 0;
}

static void exposition_write__shows_the_process(void **state)
{
    const struct xs_snapshot snapshot = {
        .metrics = &metrics, .version = "1.2.3", .uptime_s = 42, .connections = 3, .now_s = NOW};
    char *text;

    (void)state;
    xs_metrics_count_answer(&metrics, 404, XS_FORMAT_JSON);
    xs_metrics_count(&metrics, XS_METRIC_REDIS_ERRORS);
    text = write_text(&snapshot);
    assert_has(text, "# TYPE xmpp_status_build_info gauge\n"
                     "xmpp_status_build_info{version=\"1.2.3\"} 1\n");
    assert_has(text, "\nxmpp_status_uptime_seconds 42\n");
    assert_has(text, "\nxmpp_status_connections 3\n");
    assert_has(text, "\nxmpp_status_redis_up 1\n");
    assert_has(text, "\nxmpp_status_requests_total{status=\"404\",format=\"json\"} 1\n");
    assert_has(text, "\nxmpp_status_requests_total{status=\"200\",format=\"svg\"} 0\n");
    assert_has(text, "# HELP xmpp_status_redis_errors_total Lookups in which Redis failed or "
                     "refused.\n# TYPE xmpp_status_redis_errors_total counter\n"
                     "xmpp_status_redis_errors_total 1\n");
    assert_has(text, "\nxmpp_status_domains 0\n");
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
}

static void exposition_write__adds_up_histograms__in_base_units(void **state)
{
    const struct xs_snapshot snapshot = {.metrics = &metrics, .version = "1"};
    char *text;

    (void)state;
    xs_metrics_observe(&metrics, XS_HISTOGRAM_ROUND_TRIP, 50);
    xs_metrics_observe(&metrics, XS_HISTOGRAM_ROUND_TRIP, 51);
    xs_metrics_observe(&metrics, XS_HISTOGRAM_ROUND_TRIP, 3000000);
    text = write_text(&snapshot);
    assert_has(text, "# TYPE xmpp_status_redis_round_trip_seconds histogram\n"
                     "xmpp_status_redis_round_trip_seconds_bucket{le=\"0.000050\"} 1\n"
                     "xmpp_status_redis_round_trip_seconds_bucket{le=\"0.000100\"} 2\n");
    assert_has(text, "xmpp_status_redis_round_trip_seconds_bucket{le=\"1.000000\"} 2\n"
                     "xmpp_status_redis_round_trip_seconds_bucket{le=\"+Inf\"} 3\n"
                     "xmpp_status_redis_round_trip_seconds_sum 3.000101\n"
                     "xmpp_status_redis_round_trip_seconds_count 3\n");
    assert_has(text, "xmpp_status_batch_requests_bucket{le=\"256\"} 0\n"
                     "xmpp_status_batch_requests_bucket{le=\"+Inf\"} 0\n"
                     "xmpp_status_batch_requests_sum 0\n");
    free(text);
}

static void exposition_write__shows_domains__with_what_is_known(void **state)
{
    struct xs_surveyed domains[] = {
        surveyed("valid.example", NOW + 27),   surveyed("late.example", NOW),
        surveyed("unsynced.example", 0),       surveyed("ahead.example", NOW + 61),
        surveyed("m\xC3\xBCnchen.example", 0),
    };
    const struct xs_snapshot snapshot = {
        .metrics = &metrics, .version = "1", .now_s = NOW, .domains = domains, .domain_count = 5};
    char *text;

    (void)state;
    domains[4].lease.exists = false;
    domains[0].figures.values[XS_FIGURE_STANZAS] = XS_FIGURE_MAX;
    domains[1].figures.values[XS_FIGURE_STANZAS] = 0;
    text = write_text(&snapshot);
    assert_has(text, "# TYPE xmpp_status_lease_seconds gauge\n"
                     "xmpp_status_lease_seconds{domain=\"valid.example\"} 27\n"
                     "xmpp_status_lease_seconds{domain=\"late.example\"} 0\n"
                     "xmpp_status_lease_seconds{domain=\"unsynced.example\"} 0\n"
                     "xmpp_status_lease_seconds{domain=\"ahead.example\"} 0\n"
                     "xmpp_status_lease_seconds{domain=\"m\xC3\xBCnchen.example\"} 0\n#");
    assert_has(text, "# TYPE xmpp_status_bot_stanzas_total counter\n"
                     "xmpp_status_bot_stanzas_total{domain=\"valid.example\"} 999999999999999\n"
                     "xmpp_status_bot_stanzas_total{domain=\"late.example\"} 0\n#");
    assert_null(strstr(text, "xmpp_status_bot_users_online{"));
    assert_has(text, "\nxmpp_status_domains 5\n");
    assert_has(text, "\nxmpp_status_leases_omitted 0\n");
    assert_has(text, "\nxmpp_status_figures_omitted 0\n");
    free(text);
}

static void exposition_write__says_nothing_of_domains__without_redis(void **state)
{
    const struct xs_surveyed domain = surveyed("valid.example", NOW + 27);
    const struct xs_snapshot snapshot = {.metrics = &metrics,
                                         .version = "1",
                                         .now_s = NOW,
                                         .redis_why = "no answer in time",
                                         .domains = &domain,
                                         .domain_count = 1};
    char *text = write_text(&snapshot);

    (void)state;
    assert_has(text, "\nxmpp_status_redis_up 0\n");
    assert_has(text, "\nxmpp_status_domains 1\n");
    assert_null(strstr(text, "lease_seconds"));
    assert_null(strstr(text, "valid.example"));
    assert_null(strstr(text, "no answer"));
    free(text);
}

static void exposition_write__fits_into_a_socket__however_many_domains(void **state)
{
    enum { COUNT = 3000 };
    static char names[COUNT][XS_JID_PART_MAX + 1];
    static struct xs_surveyed domains[COUNT];
    const struct xs_snapshot snapshot = {.metrics = &metrics,
                                         .version = "1",
                                         .now_s = NOW,
                                         .domains = domains,
                                         .domain_count = COUNT};
    char *text;

    (void)state;
    for (size_t len = 8; len <= XS_JID_PART_MAX; len = 8 * len - 1) {
        for (size_t i = 0; i < COUNT; i++) {
            memset(names[i], 'd', len);
            (void)snprintf(names[i], sizeof(names[i]), "%0*zu", (int)len, i);
            domains[i] = surveyed(names[i], NOW + 27);
            for (size_t figure = 0; figure < XS_FIGURE_COUNT; figure++)
                domains[i].figures.values[figure] = XS_FIGURE_MAX;
        }
        text = write_text(&snapshot);
        assert_true(strlen(text) < SOCKET_SIZE);
        assert_has(text, "\nxmpp_status_domains 3000\n");
        assert_null(strstr(text, "\nxmpp_status_leases_omitted 0\n"));
        assert_null(strstr(text, "\nxmpp_status_leases_omitted 3000\n"));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(exposition_write__shows_the_process, reset),
        cmocka_unit_test_setup(exposition_write__adds_up_histograms__in_base_units, reset),
        cmocka_unit_test_setup(exposition_write__shows_domains__with_what_is_known, reset),
        cmocka_unit_test_setup(exposition_write__says_nothing_of_domains__without_redis, reset),
        cmocka_unit_test_setup(exposition_write__fits_into_a_socket__however_many_domains, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
