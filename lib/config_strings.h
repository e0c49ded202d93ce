/*
 * config_strings.h: the texts that a configuration owns. Private to it. Pure; no I/O.
 */
#ifndef XS_CONFIG_STRINGS_H
#define XS_CONFIG_STRINGS_H

#include <stddef.h>

/* A list of texts, NULL if there is none. Freed with xs_config_strings_free. */
struct xs_config_strings;

/*
 * Copies `len` bytes of `text` into the list, with a terminator. Returns the copy, which lives as
 * long as the list; NULL if out of memory.
 */
const char *xs_config_strings_keep(struct xs_config_strings **strings, const char *text,
                                   size_t len);

/* Frees all of a list. NULL is allowed. */
void xs_config_strings_free(struct xs_config_strings *strings);

#endif
