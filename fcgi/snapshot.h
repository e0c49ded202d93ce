/*
 * snapshot.h: how this responder and the domains fare at one moment, for the operator.
 */
#ifndef XS_SNAPSHOT_H
#define XS_SNAPSHOT_H

#include "metrics.h"
#include "survey.h"

/*
 * Bytes of an answer that are about domains, at most; what has no room of domains that come last in
 * the configuration is only counted. All of an answer has to fit into the buffer of a socket, 192
 * KiB on Linux, as the responder never waits for a web server that does not read.
 */
#define XS_SNAPSHOT_DOMAINS_SIZE (120u * 1024)

/* A snapshot. Everything is borrowed. */
struct xs_snapshot {
    const struct xs_metrics *metrics;
    const char *version;   /* of this program */
    int64_t uptime_s;      /* of this process */
    size_t connections;    /* open ones from the web server, idle or not */
    int64_t now_s;         /* Unix second by which leases are judged */
    const char *redis_why; /* NULL if Redis answered the survey, else why it did not, or why its
                              word may not be taken; unescaped */
    const struct xs_surveyed *domains; /* those configured; their state counts if Redis answered */
    size_t domain_count;
};

#endif
