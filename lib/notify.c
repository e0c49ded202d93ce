#include "notify.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

/* Signs of life within the watchdog's time. */
#define SIGNS 4

int64_t xs_notify_interval_ms(void)
{
    uint64_t timeout_us = 0;
    int64_t interval_ms;

    if (sd_watchdog_enabled(0, &timeout_us) <= 0)
        return 0;
    interval_ms = (int64_t)(timeout_us / 1000 / SIGNS);
    return interval_ms > 0 ? interval_ms : 1;
}

void xs_notify_tell(struct xs_notify *notify, bool ready, int64_t now_ms)
{
    uint64_t timeout_us = 0;

    if (ready && !notify->ready) {
        notify->ready = true;
        sd_notify(0, "READY=1");
    }
    if (sd_watchdog_enabled(0, &timeout_us) <= 0)
        return;
    if (now_ms - notify->watchdog_ms < (int64_t)(timeout_us / 1000 / SIGNS))
        return;
    notify->watchdog_ms = now_ms;
    if (notify->ready)
        sd_notify(0, "WATCHDOG=1");
    else /* systemd's watchdog sleeps until we are ready: the time for starting stands in for it */
        sd_notifyf(0, "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=%" PRIu64, timeout_us);
}

void xs_notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}
