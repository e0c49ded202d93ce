#include "sync.h"

struct xs_sync xs_sync_start(void)
{
    return (struct xs_sync){.replied = false};
}

void xs_sync_note_reply(struct xs_sync *sync, int64_t now_ms)
{
    sync->replied = true;
    sync->replied_ms = now_ms;
    sync->delayed_ms = now_ms;
}

void xs_sync_note_delayed(struct xs_sync *sync, int64_t now_ms)
{
    sync->delayed_ms = now_ms;
}

bool xs_sync_is_complete(const struct xs_sync *sync, int64_t now_ms)
{
    return sync->replied && (now_ms - sync->delayed_ms >= XS_SYNC_QUIET_MS ||
                             now_ms - sync->replied_ms >= XS_SYNC_SETTLE_MAX_MS);
}
