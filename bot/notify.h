/*
 * notify.h: telling systemd how the bot is. Does nothing unless systemd asked for it.
 */
#ifndef XS_NOTIFY_H
#define XS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* What has been told so far. Zero-initialised at first. */
struct xs_notify {
    bool ready;
    int64_t watchdog_ms; /* when the last sign of life was given */
};

/*
 * Gives a sign of life as often as the watchdog wants it, and says once when the bot is `ready`.
 * To be called in every turn; `now_ms` is of a monotonic clock. sd_notify(3),
 * sd_watchdog_enabled(3).
 */
void xs_notify_tell(struct xs_notify *notify, bool ready, int64_t now_ms);

/* Says that the bot is stopping. */
void xs_notify_stopping(void);

#endif
