/*
 * event_id.h: the id of an event: for each JID of its stream, which answer was sent last.
 *
 * It says so by a hash, six characters for each JID, so a process that knows nothing of the client
 * can tell what the client has not had. Pure; no I/O.
 */
#ifndef XS_EVENT_ID_H
#define XS_EVENT_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query.h"

/* Characters for each JID: six bits in each. */
#define XS_EVENT_ID_CHARS 6

/* Bytes that hold the longest id and a terminator. */
#define XS_EVENT_ID_SIZE (XS_EVENT_ID_CHARS * XS_QUERY_JIDS_MAX + 1)

/* In place of a hash: no answer was sent yet. */
#define XS_EVENT_ID_NONE UINT64_MAX

/*
 * Writes the part for one JID: a hash of at most 36 bits, or XS_EVENT_ID_NONE. No terminator.
 * Returns XS_EVENT_ID_CHARS.
 */
size_t xs_event_id_write(uint64_t hash, char ret_text[XS_EVENT_ID_CHARS]);

/* Says whether a text, NUL-terminated and of any content, is an id for `count` JIDs. */
bool xs_event_id_is_valid(const char *text, size_t count);

/* Reads the part for the JID with the index from a valid id. */
uint64_t xs_event_id_read(const char *text, size_t index);

#endif
