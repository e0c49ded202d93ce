/*
 * caption.h: a line of text in a picture: how wide it is, and short enough to fit.
 *
 * Nobody knows the font that a browser will use, so the width is an estimate that is right for the
 * usual ones; the picture then makes the text fit it exactly. Pure; no I/O.
 */
#ifndef XS_CAPTION_H
#define XS_CAPTION_H

#include <stddef.h>

/* The size of the font, in pixels. */
#define XS_CAPTION_FONT_PX 11

/* Bytes of the text at most: a bare JID has no more. */
#define XS_CAPTION_TEXT_MAX 2047

/* A caption. A plain value. */
struct xs_caption {
    int width_px;                           /* 0 for no text, else at least 1 */
    char text[XS_CAPTION_TEXT_MAX + 1 + 3]; /* UTF-8, NUL-terminated, with room for an ellipsis */
};

/*
 * Makes a caption of `text`, NUL-terminated UTF-8, of which XS_CAPTION_TEXT_MAX bytes are read.
 * What is wider than `max_px`, which is at least 50, loses its middle to an ellipsis: both ends of
 * a JID matter. Characters that belong together (accents, joined emoji, flags) stay together:
 * Unicode Standard Annex #29.
 */
void xs_caption_fit(const char *text, int max_px, struct xs_caption *ret_caption);

#endif
