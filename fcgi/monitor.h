/*
 * monitor.h: answers the operator's requests, for metrics and for health.
 *
 * Keeps the metrics of this process, and asks Redis about the domains of the configuration on a
 * connection of its own when somebody wants to know. Does I/O through redis.h and reads the
 * monotonic clock.
 */
#ifndef XS_MONITOR_H
#define XS_MONITOR_H

#include "config.h"
#include "metrics.h"
#include "request.h"
#include "respond.h"

struct xs_monitor;

/*
 * Makes a monitor; connects to nothing yet. `config` and `version` are borrowed for its life. The
 * uptime counts from here. Freed with xs_monitor_free. NULL if out of memory.
 */
struct xs_monitor *xs_monitor_new(const struct xs_config *config, const char *version);

/* Frees the monitor and its connection. NULL is allowed. */
void xs_monitor_free(struct xs_monitor *monitor);

/* Returns the metrics, to count in. Borrowed from the monitor. Never NULL. */
struct xs_metrics *xs_monitor_metrics(struct xs_monitor *monitor);

/*
 * Asks Redis how the domains fare, in one round trip within the configured timeout; to connect
 * before may take as long again. What it says, or why it says nothing, is kept for the answers. It
 * is not asked, and has said nothing, if its word may not be taken: `refusal` then says why, else
 * it is NULL; see xs_reader_refusal.
 */
void xs_monitor_survey(struct xs_monitor *monitor, const char *refusal);

/*
 * Answers a request whose target is not XS_TARGET_STATUS from the last survey: 200, for health also
 * 503, or 405. `connections` is how many are open; `now_s` is the Unix second by which leases are
 * judged. The body is borrowed until the next call. Returns XS_OK or XS_ERROR_NOMEM; `ret_response`
 * is filled in the first case only.
 */
enum xs_error xs_monitor_answer(struct xs_monitor *monitor, const struct xs_request *request,
                                size_t connections, int64_t now_s,
                                struct xs_response *ret_response);

#endif
