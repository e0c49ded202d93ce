#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "exposition.h"
#include "health.h"

#define METHODS "GET, HEAD"

/* Bytes of an answer at most, as many as the buffer of a socket has; see snapshot.h. */
#define TEXT_SIZE (192u * 1024)

/* For loopback only, so no page of anybody's may read it: no CORS. */
#define COMMON_HEADERS                                                                             \
    "X-Content-Type-Options: nosniff\r\n"                                                          \
    "Cache-Control: no-store\r\n"

struct xs_monitor {
    struct xs_metrics metrics;
    struct xs_redis *redis;
    const char *version;
    int64_t start_ms; /* monotonic */
    struct xs_surveyed *domains;
    size_t domain_count;
    enum xs_error error; /* of the last survey, and in words */
    struct xs_error_info info;
    char *text; /* the last answer; has room for the longest */
};

struct xs_monitor *xs_monitor_new(const struct xs_config *config, const char *version)
{
    struct xs_monitor *monitor = calloc(1, sizeof(*monitor));
    struct xs_redis_config redis = config->redis[XS_PROGRAM_FCGI];

    if (monitor == NULL)
        return NULL;
    redis.value_max = XS_SURVEY_VALUE_MAX;
    monitor->redis = xs_redis_new(&redis);
    monitor->domains = calloc(config->domain_count + 1, sizeof(*monitor->domains));
    monitor->text = malloc(TEXT_SIZE);
    if (monitor->redis == NULL || monitor->domains == NULL || monitor->text == NULL) {
        xs_monitor_free(monitor);
        return NULL;
    }
    for (size_t i = 0; i < config->domain_count; i++)
        monitor->domains[i].domain = config->domains[i].domain;
    monitor->domain_count = config->domain_count;
    monitor->version = version;
    monitor->start_ms = xs_clock_monotonic_ms();
    return monitor;
}

void xs_monitor_free(struct xs_monitor *monitor)
{
    if (monitor == NULL)
        return;
    xs_redis_free(monitor->redis);
    free(monitor->domains);
    free(monitor->text);
    free(monitor);
}

struct xs_metrics *xs_monitor_metrics(struct xs_monitor *monitor)
{
    return &monitor->metrics;
}

void xs_monitor_survey(struct xs_monitor *monitor, const char *refusal)
{
    monitor->info = (struct xs_error_info){.code = XS_OK};
    if (refusal != NULL)
        monitor->error = xs_error_set(&monitor->info, XS_ERROR_UNAVAILABLE, "%s", refusal);
    else
        monitor->error =
            xs_survey_take(monitor->redis, monitor->domains, monitor->domain_count, &monitor->info);
}

/*
 * Writes what the request is for in place of the last answer. Returns the bytes, or -1. A stream
 * that had to grow would lose what it has no memory for, and say nothing of it when it is closed.
 */
static int write_text(struct xs_monitor *monitor, enum xs_target target,
                      const struct xs_snapshot *snapshot)
{
    FILE *out = fmemopen(monitor->text, TEXT_SIZE, "w");
    bool is_whole;
    long len;

    if (out == NULL)
        return -1;
    if (target == XS_TARGET_METRICS)
        xs_exposition_write(out, snapshot);
    else
        xs_health_write(out, snapshot);
    is_whole = fflush(out) == 0 && ferror(out) == 0;
    len = ftell(out);
    (void)fclose(out);
    return is_whole ? (int)len : -1;
}

static void refuse_method(struct xs_response *ret_response)
{
    ret_response->status = 405;
    ret_response->head_len = (size_t)snprintf(
        ret_response->head, sizeof(ret_response->head),
        "Status: 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 0\r\nAllow: " METHODS "\r\n" COMMON_HEADERS "\r\n");
    ret_response->body = "";
    ret_response->body_len = 0;
}

enum xs_error xs_monitor_answer(struct xs_monitor *monitor, const struct xs_request *request,
                                size_t connections, int64_t now_s, struct xs_response *ret_response)
{
    const struct xs_snapshot snapshot = {
        .metrics = &monitor->metrics,
        .version = monitor->version,
        .uptime_s = (xs_clock_monotonic_ms() - monitor->start_ms) / 1000,
        .connections = connections,
        .now_s = now_s,
        .redis_why = monitor->error != XS_OK ? monitor->info.text : NULL,
        .domains = monitor->domains,
        .domain_count = monitor->domain_count,
    };
    bool is_metrics = request->target == XS_TARGET_METRICS;
    bool is_good = is_metrics || xs_health_is_good(&snapshot);
    int len;

    if (request->method != XS_METHOD_GET && request->method != XS_METHOD_HEAD) {
        refuse_method(ret_response);
        return XS_OK;
    }
    len = write_text(monitor, request->target, &snapshot);
    if (len < 0)
        return XS_ERROR_NOMEM;
    ret_response->status = is_good ? 200 : 503;
    ret_response->head_len = (size_t)snprintf(
        ret_response->head, sizeof(ret_response->head),
        "Status: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n" COMMON_HEADERS "\r\n",
        is_good ? "200 OK" : "503 Service Unavailable",
        is_metrics ? XS_EXPOSITION_TYPE : XS_HEALTH_TYPE, len);
    ret_response->body = monitor->text;
    ret_response->body_len = request->method == XS_METHOD_HEAD ? 0 : (size_t)len;
    return XS_OK;
}
