/*
 * text.h: UTF-8 text from strangers, bounded and made fit for XML.
 *
 * Pure; no I/O.
 */
#ifndef XS_TEXT_H
#define XS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Says whether all of `len` bytes are ASCII, NUL and controls included. */
bool xs_text_is_ascii(const char *bytes, size_t len);

/*
 * Says whether `len` bytes are valid UTF-8. NUL bytes are valid here. `bytes` need not be
 * terminated. Needs no memory, so the lack of it is never taken for damage. RFC 3629 section 3.
 */
bool xs_text_is_utf8(const char *bytes, size_t len);

/*
 * Cleans valid UTF-8 in place: removes the characters that XML 1.0 forbids (NUL and most controls,
 * surrogates, U+FFFE and U+FFFF) and cuts after `max_chars` characters. `text` holds `len` bytes
 * and a terminator. Returns the new length in bytes; the result is terminated again. XML 1.0
 * section 2.2.
 */
size_t xs_text_clean(char *text, size_t len, size_t max_chars);

#endif
