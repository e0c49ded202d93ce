/*
 * redis_config.h: where Redis is and how to talk to it.
 *
 * Pure; no I/O.
 */
#ifndef XS_REDIS_CONFIG_H
#define XS_REDIS_CONFIG_H

#include <stddef.h>

#include "sentinel_config.h"

/* Strings are borrowed for the life of the connection. */
struct xs_redis_config {
    const char *path;                          /* unix socket; NULL for TCP */
    const char *host;                          /* name or address; NULL for a unix socket */
    int port;                                  /* 1..65535; 0 for a unix socket */
    const struct xs_sentinel_config *sentinel; /* who knows the master, which is then what is
                                                  connected to; NULL: as above. Borrowed */
    const char *username;                      /* ACL user; NULL for the default user */
    const char *password_file; /* read at each connect, so it can be rotated, but for a credential
                                  of systemd, a copy from the unit's start; NULL for none */
    int timeout_ms;            /* for each open and each exchange as a whole */
    size_t value_max; /* a longer value in a reply becomes XS_SIEVE_VALUE; 0: any length is fine */
};

#endif
