/*
 * presence_xml.h: presence and errors as RFC 6121 stanzas in XML.
 *
 * Memory only; no I/O. Not shared between threads.
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

#include "condition.h"
#include "error.h"
#include "presence.h"
#include "xml.h"

/* The namespace of the element around several stanzas. */
#define XS_NS_STATUS "urn:xmpp-status:1"

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
 * Starts the element <presences/> of our own namespace, in a document that has begun. The stanzas
 * that are added next are its children; it ends with xs_xml_end.
 */
void xs_xml_start_presences(struct xs_xml *xml);

/* Adds the stanza of xs_xml_write_presence to a document that has begun. */
void xs_xml_add_presence(struct xs_xml *xml, const char *from, const struct xs_presence *presence,
                         int64_t now_s);

/* Adds the stanza of xs_xml_write_error to a document that has begun. */
void xs_xml_add_error(struct xs_xml *xml, const char *from, enum xs_condition condition);

#endif
