/*
 * sentinel_config.h: which Redis Sentinels know where the master is.
 *
 * Pure; no I/O.
 */
#ifndef XS_SENTINEL_CONFIG_H
#define XS_SENTINEL_CONFIG_H

#include <stddef.h>

/* Sentinels that one configuration can name. */
#define XS_SENTINEL_PEERS_MAX 9

/* One Sentinel. */
struct xs_sentinel_peer {
    const char *host; /* name or address */
    int port;         /* 1..65535 */
};

/* Who knows where the master is. Strings are borrowed for the life of what uses it. */
struct xs_sentinel_config {
    const char *master;        /* its name, as the Sentinels have it */
    const char *password_file; /* for the Sentinels themselves; NULL: they want none */
    size_t peer_count;         /* 1..XS_SENTINEL_PEERS_MAX */
    struct xs_sentinel_peer peers[XS_SENTINEL_PEERS_MAX];
};

#endif
