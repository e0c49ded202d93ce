/*
 * config_value.h: the values of the configuration file, checked one by one.
 *
 * For the configuration, and for what else reads a host or a number. Pure; no I/O.
 */
#ifndef XS_CONFIG_VALUE_H
#define XS_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "sentinel_config.h"

/* The highest number of a port. */
#define XS_VALUE_PORT_MAX 65535

/* Bytes of a host, a user name or the bot's name at most. */
#define XS_VALUE_WORD_MAX 255

/* An address of Redis. A plain value; `host` is borrowed from what was parsed. */
struct xs_address {
    const char *host; /* not terminated; NULL if the address is a path */
    size_t host_len;
    int port; /* 1..65535; 0 for a path */
};

/* The Sentinels that know where Redis is. A plain value; strings are borrowed, not terminated. */
struct xs_sentinel_address {
    const char *master; /* 1..XS_VALUE_WORD_MAX bytes */
    size_t master_len;
    size_t peer_count;                              /* 1..XS_SENTINEL_PEERS_MAX */
    struct xs_address peers[XS_SENTINEL_PEERS_MAX]; /* none of them a path */
};

/*
 * Each says whether `value` (NUL-terminated, not empty) is what its name says. They return NULL if
 * so, else why not, in static words that follow "KEY: ".
 */
const char *xs_value_check_path(const char *value);   /* absolute */
const char *xs_value_check_socket(const char *value); /* absolute, fits a sockaddr_un */
const char *xs_value_check_word(const char *value);   /* printable ASCII without space */
const char *xs_value_check_name(const char *value);   /* a word without '/' */

/*
 * Reads an address: a path, HOST:PORT or [HOST]:PORT. Returns NULL and fills `ret_address`, or why
 * not, as above.
 */
const char *xs_value_parse_address(const char *value, struct xs_address *ret_address);

/* Says whether an address is to be read as Sentinels: whether it begins with "sentinel://". */
bool xs_value_is_sentinel(const char *value);

/*
 * Reads "sentinel://MASTER@HOST:PORT,HOST:PORT,…", with hosts as above. Returns NULL and fills
 * `ret_address`, or why not.
 */
const char *xs_value_parse_sentinel(const char *value, struct xs_sentinel_address *ret_address);

/*
 * Reads a decimal number from `min` to `max`, digits only. Returns true and fills `ret_number`, or
 * false.
 */
bool xs_value_parse_number(const char *value, int min, int max, int *ret_number);

#endif
