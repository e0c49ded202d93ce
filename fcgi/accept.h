/*
 * accept.h: which representation an Accept header asks for.
 *
 * Pure; no I/O.
 */
#ifndef XS_ACCEPT_H
#define XS_ACCEPT_H

#include "format.h"

/* Bytes of an Accept header at most; a longer one counts as absent. */
#define XS_ACCEPT_MAX 2048

/*
 * Chooses the format for the value of an Accept header, NUL-terminated, of any content; NULL or
 * "" if the request has none. Cannot fail: with nothing acceptable it is XS_FORMAT_XML.
 *
 * The most specific of the ranges that match a media type gives it its quality; the format with the
 * highest quality wins, and among equals the first in enum xs_format. text/xml is XML too.
 * Parameters other than q do not keep a range from matching, but one without them, or with our
 * charset, is more specific. A range that breaks the grammar is ignored. Beyond that:
 *
 * - If image types are named but no text and no application type, it is XS_FORMAT_SVG, unless that
 *   is refused with q=0: so does an <img> ask, in browsers that do not name SVG too.
 * - If an HTML type is named, a person opens the address as a page. Some browsers name SVG before
 *   XML then. XS_FORMAT_SVG is chosen only if nothing else is acceptable.
 * - XS_FORMAT_EVENTS, which browsers name alone, comes last of all.
 *
 * RFC 9110 section 12.5.1.
 */
enum xs_format xs_accept_choose(const char *accept);

#endif
