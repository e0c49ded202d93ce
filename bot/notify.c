#include "notify.h"

#include <systemd/sd-daemon.h>

void xs_notify_tell(struct xs_notify *notify, bool ready, int64_t now_ms)
{
    uint64_t timeout_us = 0;

    if (ready && !notify->ready) {
        notify->ready = true;
        sd_notify(0, "READY=1");
    }
    if (sd_watchdog_enabled(0, &timeout_us) <= 0)
        return;
    /* Four times within the time, so that one late turn is no death. */
    if (now_ms - notify->watchdog_ms < (int64_t)(timeout_us / 4000))
        return;
    notify->watchdog_ms = now_ms;
    sd_notify(0, "WATCHDOG=1");
}

void xs_notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}
