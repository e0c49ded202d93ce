/*
 * quote.h: bytes from strangers, made fit for a terminal.
 *
 * Memory only; no I/O.
 */
#ifndef XS_QUOTE_H
#define XS_QUOTE_H

#include <stddef.h>

/*
 * Returns `len` bytes as text that moves no cursor and hides nothing: controls (C0, C1, DEL),
 * backslashes, line and paragraph separators, marks that change the direction of writing, and bytes
 * that are not valid UTF-8 come out as \xNN. The result is valid UTF-8, NUL-terminated, owned by
 * the caller, freed with free. NULL if out of memory.
 */
char *xs_quote(const char *bytes, size_t len);

#endif
