/*
 * config_value.h: the values of the configuration file, checked one by one.
 *
 * Private to config.c. Pure; no I/O.
 */
#ifndef XS_CONFIG_VALUE_H
#define XS_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a host, a user name or the bot's name at most. */
#define XS_VALUE_WORD_MAX 255

/* An address of Redis. A plain value; `host` is borrowed from what was parsed. */
struct xs_address {
    const char *host; /* not terminated; NULL if the address is a path */
    size_t host_len;
    int port; /* 1..65535; 0 for a path */
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

/*
 * Reads a decimal number from `min` to `max`, digits only. Returns true and fills `ret_number`, or
 * false.
 */
bool xs_value_parse_number(const char *value, int min, int max, int *ret_number);

#endif
