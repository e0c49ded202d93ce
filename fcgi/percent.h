/*
 * percent.h: percent-encoding, undone.
 *
 * Pure; no I/O.
 */
#ifndef XS_PERCENT_H
#define XS_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

/* What a plus stands for: for a space in what forms send, for itself elsewhere. */
enum xs_percent_plus { XS_PERCENT_PLUS_IS_SPACE, XS_PERCENT_PLUS_IS_PLUS };

/*
 * Decodes `len` bytes once. On success `ret_bytes` holds `ret_len` bytes, any of them NUL, `max` of
 * them at most, and a terminator. Returns false if an escape is broken or if it comes to more than
 * `max` bytes; both are then undefined. RFC 3986 section 2.1.
 */
bool xs_percent_decode(const char *bytes, size_t len, enum xs_percent_plus plus, size_t max,
                       char *ret_bytes, size_t *ret_len);

#endif
