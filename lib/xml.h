/*
 * xml.h: a writer of small XML documents, made once and used for every answer.
 *
 * What goes wrong while a document is written is remembered and told at its end. Memory only; no
 * I/O. Not shared between threads.
 *
 *     struct xs_xml *xml = xs_xml_new();
 *
 *     xs_xml_begin(xml);
 *     xs_xml_start(xml, "greeting");
 *     xs_xml_attribute(xml, "to", "world");
 *     xs_xml_text(xml, "hello");
 *     xs_xml_end(xml);
 *     if (xs_xml_finish(xml) != XS_OK)
 *         return XS_ERROR_NOMEM;
 *     bytes = xs_xml_bytes(xml, &len);
 */
#ifndef XS_XML_H
#define XS_XML_H

#include <stddef.h>

#include "error.h"

struct xs_xml;

/* Makes a writer. Freed with xs_xml_free. NULL if out of memory. */
struct xs_xml *xs_xml_new(void);

/* Frees a writer. NULL is allowed. */
void xs_xml_free(struct xs_xml *xml);

/* Begins a document, replacing what the writer held. */
void xs_xml_begin(struct xs_xml *xml);

/*
 * Starts an element, up to eight in each other. `name` is written as it is, and borrowed until the
 * element's end. Elements in elements are indented; an element has either them or text.
 */
void xs_xml_start(struct xs_xml *xml, const char *name);

/*
 * Gives the element just started an attribute. `name` is written as it is, `value` is escaped; it
 * must be UTF-8 that XML allows (see xs_text_clean), without tab and newline.
 */
void xs_xml_attribute(struct xs_xml *xml, const char *name, const char *value);

/* The same with a number for value. */
void xs_xml_attribute_number(struct xs_xml *xml, const char *name, long long value);

/* Gives the element text, escaped; it must be UTF-8 that XML allows. */
void xs_xml_text(struct xs_xml *xml, const char *text);

/* Ends the element that was started last and has not ended. */
void xs_xml_end(struct xs_xml *xml);

/*
 * Ends the document, all of whose elements have ended. Returns XS_OK, or XS_ERROR_NOMEM if this or
 * any step since xs_xml_begin failed; the writer is then empty and can be used again.
 * Elements that do not match are the caller's mistake and fail likewise.
 */
enum xs_error xs_xml_finish(struct xs_xml *xml);

/*
 * Returns the UTF-8 bytes of the finished document, ending with one newline and a terminator, and
 * their number without that. Borrowed until the next xs_xml_begin or free. Never NULL.
 */
const char *xs_xml_bytes(const struct xs_xml *xml, size_t *ret_len);

#endif
