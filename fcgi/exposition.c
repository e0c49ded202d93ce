#include "exposition.h"

#include <inttypes.h>
#include <string.h>

#define PREFIX "xmpp_status_"

/* Bytes of one line about a domain, without the domain, at most. */
#define LINE_MAX_SIZE 72

/* How the bots' figures are shown. */
static const struct xs_metric_info figures_info[] = {
    [XS_FIGURE_STARTED] = {"bot_start_time_seconds", "gauge", "Unix time of the bot's start."},
    [XS_FIGURE_SYNCED] = {"bot_last_sync_time_seconds", "gauge",
                          "Unix time of the bot's last complete sync."},
    [XS_FIGURE_SYNCS] = {"bot_syncs_total", "counter", "Syncs completed."},
    [XS_FIGURE_STANZAS] = {"bot_stanzas_total", "counter", "Stanzas that arrived at the bot."},
    [XS_FIGURE_ONLINE] = {"bot_users_online", "gauge", "Users who are online."},
    [XS_FIGURE_LISTED] = {"bot_users_listed", "gauge", "Users in the bot's roster."},
    [XS_FIGURE_RECONNECTS] = {"bot_reconnects_total", "counter",
                              "Sessions of the bot that ended, or could not be had."},
    [XS_FIGURE_OUTAGES] = {"bot_redis_outages_total", "counter",
                           "Times that Redis took no writes from the bot."},
};

_Static_assert(sizeof(figures_info) / sizeof(*figures_info) == XS_FIGURE_COUNT, "one each");

static void write_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void write_gauge(FILE *out, const char *name, uint64_t value, const char *help)
{
    write_head(out, name, "gauge", help);
    fprintf(out, PREFIX "%s %" PRIu64 "\n", name, value);
}

static void write_process(FILE *out, const struct xs_snapshot *snapshot)
{
    write_head(out, "build_info", "gauge", "The version of this responder.");
    fprintf(out, PREFIX "build_info{version=\"%s\"} 1\n", snapshot->version);
    write_gauge(out, "uptime_seconds", (uint64_t)snapshot->uptime_s,
                "Time since this responder was started.");
    write_gauge(out, "connections", snapshot->connections, "Open connections from the web server.");
    write_gauge(out, "redis_up", snapshot->redis_why == NULL,
                "Whether Redis answered just now, and its word may be taken.");
}

static void write_answers(FILE *out, const struct xs_metrics *metrics)
{
    static const char *const formats[] = {"xml", "json", "text", "svg"};

    _Static_assert(sizeof(formats) / sizeof(*formats) == XS_FORMAT_COUNT, "one each");
    write_head(out, "requests_total", "counter", "Requests for presence that were answered.");
    for (unsigned i = 0; xs_metrics_status(i) != NULL; i++)
        for (unsigned format = 0; format < XS_FORMAT_COUNT; format++)
            fprintf(out, PREFIX "requests_total{status=\"%s\",format=\"%s\"} %" PRIu64 "\n",
                    xs_metrics_status(i), formats[format], metrics->answers[i][format]);
}

static void write_values(FILE *out, const struct xs_metrics *metrics)
{
    for (unsigned i = 0; i < XS_METRIC_COUNT; i++) {
        const struct xs_metric_info *info = xs_metric_info((enum xs_metric)i);

        write_head(out, info->name, info->type, info->help);
        fprintf(out, PREFIX "%s %" PRIu64 "\n", info->name, metrics->values[i]);
    }
}

/* Writes a number of our units in those that are shown. */
static void write_number(FILE *out, uint64_t value, unsigned units)
{
    if (units == 1)
        fprintf(out, "%" PRIu64, value);
    else
        fprintf(out, "%" PRIu64 ".%06" PRIu64, value / 1000000, value % 1000000);
}

static void write_histogram(FILE *out, const struct xs_metrics *metrics, unsigned histogram)
{
    const struct xs_histogram_info *info = xs_histogram_info((enum xs_histogram)histogram);
    const uint64_t *buckets = metrics->buckets[histogram];
    uint64_t count = 0;

    write_head(out, info->name, "histogram", info->help);
    for (unsigned i = 0; i < info->bound_count; i++) {
        count += buckets[i];
        fprintf(out, PREFIX "%s_bucket{le=\"", info->name);
        write_number(out, info->bounds[i], info->units);
        fprintf(out, "\"} %" PRIu64 "\n", count);
    }
    count += buckets[info->bound_count];
    fprintf(out, PREFIX "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", info->name, count);
    fprintf(out, PREFIX "%s_sum ", info->name);
    write_number(out, metrics->sums[histogram], info->units);
    fprintf(out, "\n" PREFIX "%s_count %" PRIu64 "\n", info->name, count);
}

/* Says how many domains, from the first on, fit with so many lines each; takes what they need. */
static size_t count_fitting(const struct xs_snapshot *snapshot, size_t lines, size_t *room)
{
    size_t count = 0;

    while (count < snapshot->domain_count) {
        size_t size = lines * (LINE_MAX_SIZE + strlen(snapshot->domains[count].domain));

        if (size > *room)
            break;
        *room -= size;
        count++;
    }
    return count;
}

/* A normalised domain has no characters that a label would have to escape. */
static void write_sample(FILE *out, const char *name, const char *domain, int64_t value)
{
    fprintf(out, PREFIX "%s{domain=\"%s\"} %" PRId64 "\n", name, domain, value);
}

static void write_leases(FILE *out, const struct xs_snapshot *snapshot, size_t count)
{
    write_head(out, "lease_seconds", "gauge", "For how long a domain's records can be trusted.");
    for (size_t i = 0; i < count; i++) {
        struct xs_lease lease = snapshot->domains[i].lease;
        bool is_valid = xs_lease_is_valid(lease, snapshot->now_s);

        write_sample(out, "lease_seconds", snapshot->domains[i].domain,
                     is_valid ? lease.until_s - snapshot->now_s : 0);
    }
}

static void write_figures(FILE *out, const struct xs_snapshot *snapshot, size_t count)
{
    for (unsigned figure = 0; figure < XS_FIGURE_COUNT; figure++) {
        const struct xs_metric_info *info = &figures_info[figure];

        write_head(out, info->name, info->type, info->help);
        for (size_t i = 0; i < count; i++) {
            int64_t value = snapshot->domains[i].figures.values[figure];

            if (value != XS_FIGURE_UNKNOWN)
                write_sample(out, info->name, snapshot->domains[i].domain, value);
        }
    }
}

void xs_exposition_write(FILE *out, const struct xs_snapshot *snapshot)
{
    size_t room = XS_SNAPSHOT_DOMAINS_SIZE;
    size_t lease_count = count_fitting(snapshot, 1, &room);
    size_t figure_count = count_fitting(snapshot, XS_FIGURE_COUNT, &room);

    write_process(out, snapshot);
    write_answers(out, snapshot->metrics);
    write_values(out, snapshot->metrics);
    for (unsigned i = 0; i < XS_HISTOGRAM_COUNT; i++)
        write_histogram(out, snapshot->metrics, i);
    write_gauge(out, "domains", snapshot->domain_count, "Domains in the configuration.");
    write_gauge(out, "leases_omitted", snapshot->domain_count - lease_count,
                "Domains whose lease has no room in this answer.");
    write_gauge(out, "figures_omitted", snapshot->domain_count - figure_count,
                "Domains whose bot's figures have no room in this answer.");
    if (snapshot->redis_why != NULL)
        return;
    write_leases(out, snapshot, lease_count);
    write_figures(out, snapshot, figure_count);
}
