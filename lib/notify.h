/*
 * notify.h: telling systemd how a service is. Does nothing unless systemd asked for it.
 *
 * A library of its own, xs::notify: only the services need it.
 */
#ifndef XS_NOTIFY_H
#define XS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Returns how often the watchdog wants a sign of life, in milliseconds, at least 1; 0 if there is
 * none. It is a quarter of the watchdog's time, so that one late turn is no death.
 * sd_watchdog_enabled(3).
 */
int64_t xs_notify_interval_ms(void);

/* What has been told so far. Zero-initialised at first. */
struct xs_notify {
    bool ready;
    int64_t watchdog_ms; /* when the last sign of life was given */
};

/*
 * Gives a sign of life as often as the watchdog wants it, and says once when the service is
 * `ready`. To be called in every turn, or each interval; `now_ms` is of a monotonic clock.
 * sd_notify(3), sd_watchdog_enabled(3).
 */
void xs_notify_tell(struct xs_notify *notify, bool ready, int64_t now_ms);

/* Says that the service is stopping. */
void xs_notify_stopping(void);

#endif
