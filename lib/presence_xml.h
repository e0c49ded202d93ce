/*
 * presence_xml.h: presence and errors as RFC 6121 stanzas in XML.
 *
 * A writer is made once and used for every answer. Memory only; no I/O. Not shared between threads.
 *
 *     struct xs_xml *xml = xs_xml_new();
 *     const char *bytes;
 *     size_t len;
 *
 *     if (xml == NULL || xs_xml_write_presence(xml, "a@example.org", &presence, now_s) != XS_OK)
 *         return XS_ERROR_NOMEM;
 *     bytes = xs_xml_bytes(xml, &len);
 */
#ifndef XS_PRESENCE_XML_H
#define XS_PRESENCE_XML_H

#include "error.h"
#include "presence.h"

struct xs_xml;

/* The stanza errors that the service answers with (RFC 6120 section 8.3.3). */
enum xs_condition {
    XS_CONDITION_BAD_REQUEST,
    XS_CONDITION_ITEM_NOT_FOUND,
    XS_CONDITION_JID_MALFORMED,
    XS_CONDITION_NOT_ALLOWED,
    XS_CONDITION_REMOTE_SERVER_TIMEOUT,
    XS_CONDITION_COUNT
};

/* Returns the condition's element name, "item-not-found" for example. Never NULL. */
const char *xs_condition_word(enum xs_condition condition);

/* Makes a writer. Freed with xs_xml_free. NULL if out of memory. */
struct xs_xml *xs_xml_new(void);

/* Frees a writer. NULL is allowed. */
void xs_xml_free(struct xs_xml *xml);

/*
 * Writes a presence stanza, replacing what the writer held. `from` is a normalised bare JID. Last
 * activity comes out as the seconds elapsed at `now_s` (Unix second). The status must be valid
 * UTF-8 that XML allows, see xs_text_clean. Returns XS_OK or XS_ERROR_NOMEM. RFC 6121 section 4.7,
 * XEP-0012, XEP-0256.
 */
enum xs_error xs_xml_write_presence(struct xs_xml *xml, const char *from,
                                    const struct xs_presence *presence, int64_t now_s);

/*
 * Writes a presence error, replacing what the writer held. `from` is a normalised bare JID or NULL
 * to leave the attribute out. Returns XS_OK or XS_ERROR_NOMEM. RFC 6120 section 8.3.
 */
enum xs_error xs_xml_write_error(struct xs_xml *xml, const char *from, enum xs_condition condition);

/*
 * Returns the UTF-8 bytes written last, ending with one newline, and their number. Borrowed until
 * the next write or free. Never NULL.
 */
const char *xs_xml_bytes(const struct xs_xml *xml, size_t *ret_len);

#endif
