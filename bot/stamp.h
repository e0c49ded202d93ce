/*
 * stamp.h: XMPP date-times. Pure; no I/O.
 */
#ifndef XS_STAMP_H
#define XS_STAMP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a date-time such as 2026-11-22T19:19:05Z or 2026-11-22T20:19:05.25+01:00; fractions of a
 * second are cut off. `text` is NUL-terminated, of any content, or NULL. Returns true and fills
 * `ret_s` (Unix second, 1970..9999) if it is one. XEP-0082 section 3.2.
 */
bool xs_stamp_parse(const char *text, int64_t *ret_s);

#endif
