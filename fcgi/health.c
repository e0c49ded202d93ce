#include "health.h"

#include <inttypes.h>
#include <string.h>

/* Bytes of a line about a domain, without the domain, at most. */
#define LINE_MAX_SIZE 96

static bool is_trusted(const struct xs_snapshot *snapshot, size_t index)
{
    return xs_lease_is_valid(snapshot->domains[index].lease, snapshot->now_s);
}

static size_t count_trusted(const struct xs_snapshot *snapshot)
{
    size_t count = 0;

    for (size_t i = 0; i < snapshot->domain_count; i++)
        count += is_trusted(snapshot, i);
    return count;
}

bool xs_health_is_good(const struct xs_snapshot *snapshot)
{
    return snapshot->redis_why == NULL &&
           (snapshot->domain_count == 0 || count_trusted(snapshot) > 0);
}

/* The text may quote what a peer said. */
static void write_printable(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fputc(*text >= ' ' && *text <= '~' ? *text : '?', out);
}

static void write_domain(FILE *out, const struct xs_snapshot *snapshot, size_t index)
{
    const struct xs_surveyed *domain = &snapshot->domains[index];

    if (is_trusted(snapshot, index))
        fprintf(out, "%s: the lease is valid for %" PRId64 " s\n", domain->domain,
                domain->lease.until_s - snapshot->now_s);
    else if (!domain->lease.exists)
        fprintf(out, "%s: no lease: its bot is not running, or not connected\n", domain->domain);
    else if (domain->lease.until_s == 0)
        fprintf(out, "%s: the lease is not valid yet: its bot has not completed a sync\n",
                domain->domain);
    else if (domain->lease.until_s <= snapshot->now_s)
        fprintf(out, "%s: the lease ran out: its bot cannot vouch for the records now\n",
                domain->domain);
    else
        fprintf(out, "%s: the lease is too far ahead: a clock is wrong\n", domain->domain);
}

static void write_domains(FILE *out, const struct xs_snapshot *snapshot)
{
    size_t size = 0;

    for (size_t i = 0; i < snapshot->domain_count; i++) {
        size += LINE_MAX_SIZE + strlen(snapshot->domains[i].domain);
        if (size > XS_SNAPSHOT_DOMAINS_SIZE) {
            fprintf(out, "and %zu more\n", snapshot->domain_count - i);
            return;
        }
        write_domain(out, snapshot, i);
    }
}

void xs_health_write(FILE *out, const struct xs_snapshot *snapshot)
{
    if (xs_health_is_good(snapshot)) {
        fputs("ok\n", out);
    } else if (snapshot->redis_why != NULL) {
        fputs("failing: ", out);
        write_printable(out, snapshot->redis_why);
        fputc('\n', out);
    } else {
        fputs("failing: no domain has a valid lease\n", out);
    }
    if (snapshot->redis_why == NULL)
        write_domains(out, snapshot);
}
