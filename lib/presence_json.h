/*
 * presence_json.h: presence and errors as JSON, for pages and scripts.
 *
 * Memory only; no I/O.
 */
#ifndef XS_PRESENCE_JSON_H
#define XS_PRESENCE_JSON_H

#include "condition.h"
#include "error.h"
#include "presence.h"

/*
 * Bytes that hold any answer, terminator included: a JID (2047 bytes) and a status (4096 bytes),
 * each byte escaped to two at most, and the rest.
 */
#define XS_JSON_SIZE 16384

/*
 * Writes an object with the members jid, state, last (Unix second), status and lang, in this order;
 * what the presence does not have is left out. `jid` is a normalised bare JID. Texts must be UTF-8
 * that XML allows, see xs_text_clean.
 *
 * On success `ret_bytes` holds `ret_len` bytes, the last one a newline, and a terminator. Returns
 * XS_OK; XS_ERROR_NOMEM, after which both are undefined. RFC 8259.
 */
enum xs_error xs_json_write_presence(const char *jid, const struct xs_presence *presence,
                                     char ret_bytes[XS_JSON_SIZE], size_t *ret_len);

/*
 * Writes an object with the members jid and error, the condition's word. `jid` may be NULL, and is
 * then left out. The rest as for xs_json_write_presence.
 */
enum xs_error xs_json_write_error(const char *jid, enum xs_condition condition,
                                  char ret_bytes[XS_JSON_SIZE], size_t *ret_len);

#endif
