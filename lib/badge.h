/*
 * badge.h: presence as a small picture: a label and a coloured state, in SVG.
 *
 * It stands alone: no script, no style sheet, no reference to anything outside of it or within.
 * Memory only; no I/O.
 */
#ifndef XS_BADGE_H
#define XS_BADGE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "state.h"
#include "xml.h"

/* Pixels that the label takes at most; a longer one loses its middle. */
#define XS_BADGE_LABEL_MAX_PX 240

enum xs_badge_style {
    XS_BADGE_FLAT, /* two boxes, the right one in the colour of the state */
    XS_BADGE_DOT,  /* a white capsule with a dot in that colour */
    XS_BADGE_STYLE_COUNT
};

/*
 * What a badge shows. The label is UTF-8 that XML allows, see xs_text_clean, of at most
 * XS_CAPTION_TEXT_MAX bytes; a bare JID is such.
 */
struct xs_badge {
    enum xs_badge_style style;
    enum xs_state state;
    const char *label; /* see below; "" for none; not NULL */
};

/*
 * Finds the style of a word of `word_len` bytes, "flat" or "dot". Returns false, with `ret_style`
 * untouched, if it is neither.
 */
bool xs_badge_style_from_word(const char *word, size_t word_len, enum xs_badge_style *ret_style);

/*
 * Writes a badge, replacing what the writer held. Returns XS_OK or XS_ERROR_NOMEM. SVG 1.1; the
 * text has a contrast of at least 4.5 to 1, as WCAG 2.1 section 1.4.3 has it.
 */
enum xs_error xs_badge_write(struct xs_xml *xml, const struct xs_badge *badge);

#endif
