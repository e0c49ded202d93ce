/*
 * sync.h: is the sync complete?
 *
 * After login the server sends everyone's presence, stamped with a delay, and nothing says which is
 * the last. A ping sent after our own presence is the marker; ejabberd's reply overtakes presence,
 * so silence must follow it. Pure; time is a parameter, in milliseconds of a monotonic clock.
 */
#ifndef XS_SYNC_H
#define XS_SYNC_H

#include <stdbool.h>
#include <stdint.h>

/* How long no delay-stamped presence must have arrived, counted from the reply. */
#define XS_SYNC_QUIET_MS 2000

/* How long after the reply the sync ends anyway: a client can forge delay stamps for ever. */
#define XS_SYNC_SETTLE_MAX_MS 30000

/* Fields are private to sync.c. A plain value. */
struct xs_sync {
    bool replied;
    int64_t replied_ms;
    int64_t delayed_ms; /* of the latest delay-stamped presence, or of the reply */
};

/* Returns a sync whose marker has just been sent. The caller bounds the wait for the reply. */
struct xs_sync xs_sync_start(void);

/* Notes the reply to the marker. */
void xs_sync_note_reply(struct xs_sync *sync, int64_t now_ms);

/* Notes a delay-stamped presence. */
void xs_sync_note_delayed(struct xs_sync *sync, int64_t now_ms);

/* Says whether everybody's presence must have arrived by `now_ms`. */
bool xs_sync_is_complete(const struct xs_sync *sync, int64_t now_ms);

#endif
