#include "presence_xml.h"

#include <inttypes.h>
#include <libxml/tree.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_CLIENT  "jabber:client"
#define NS_LAST    "jabber:iq:last"
#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

/* What an enum xs_condition stands for. */
struct condition {
    const char *word;
    const char *type;
};

static const struct condition conditions[XS_CONDITION_COUNT] = {
    [XS_CONDITION_BAD_REQUEST] = {"bad-request", "modify"},
    [XS_CONDITION_ITEM_NOT_FOUND] = {"item-not-found", "cancel"},
    [XS_CONDITION_JID_MALFORMED] = {"jid-malformed", "modify"},
    [XS_CONDITION_NOT_ALLOWED] = {"not-allowed", "cancel"},
    [XS_CONDITION_REMOTE_SERVER_TIMEOUT] = {"remote-server-timeout", "wait"},
};

struct xs_xml {
    xmlBuffer *buffer;
    xmlTextWriter *writer; /* NULL after a failure: its state is not known then */
};

static const struct condition *condition_find(enum xs_condition condition)
{
    if ((unsigned)condition >= XS_CONDITION_COUNT)
        condition = XS_CONDITION_BAD_REQUEST;
    return &conditions[condition];
}

const char *xs_condition_word(enum xs_condition condition)
{
    return condition_find(condition)->word;
}

struct xs_xml *xs_xml_new(void)
{
    struct xs_xml *xml = calloc(1, sizeof *xml);

    if (xml == NULL)
        return NULL;
    xml->buffer = xmlBufferCreate();
    if (xml->buffer == NULL) {
        free(xml);
        return NULL;
    }
    return xml;
}

void xs_xml_free(struct xs_xml *xml)
{
    if (xml == NULL)
        return;
    if (xml->writer != NULL)
        xmlFreeTextWriter(xml->writer);
    xmlBufferFree(xml->buffer);
    free(xml);
}

/* Empties the buffer and makes the writer ready, a new one if there is none. */
static bool begin(struct xs_xml *xml)
{
    xmlBufferEmpty(xml->buffer);
    if (xml->writer != NULL)
        return true;
    xml->writer = xmlNewTextWriterMemory(xml->buffer, 0);
    return xml->writer != NULL && xmlTextWriterSetIndent(xml->writer, 1) >= 0 &&
           xmlTextWriterSetIndentString(xml->writer, (const xmlChar *)"  ") >= 0;
}

/* Finishes what begin started; the writer is given up if a step failed. */
static enum xs_error finish(struct xs_xml *xml, bool ok)
{
    if (ok && xmlTextWriterFlush(xml->writer) >= 0)
        return XS_OK;
    if (xml->writer != NULL)
        xmlFreeTextWriter(xml->writer);
    xml->writer = NULL;
    xmlBufferEmpty(xml->buffer);
    return XS_ERROR_NOMEM;
}

static bool start(xmlTextWriter *writer, const char *name)
{
    return xmlTextWriterStartElement(writer, (const xmlChar *)name) >= 0;
}

static bool end(xmlTextWriter *writer)
{
    return xmlTextWriterEndElement(writer) >= 0;
}

/*
 * Writes an attribute as UTF-8. Escaping is a step of its own because the writer's would turn every
 * character beyond ASCII into a reference, as no encoding is declared.
 */
static bool attribute(xmlTextWriter *writer, const char *name, const char *value)
{
    xmlChar *escaped = xmlEncodeSpecialChars(NULL, (const xmlChar *)value);
    bool ok = escaped != NULL && xmlTextWriterStartAttribute(writer, (const xmlChar *)name) >= 0 &&
              xmlTextWriterWriteRaw(writer, escaped) >= 0 && xmlTextWriterEndAttribute(writer) >= 0;

    xmlFree(escaped);
    return ok;
}

static bool write_status(xmlTextWriter *writer, const struct xs_presence *presence)
{
    return start(writer, "status") &&
           (presence->lang == NULL || attribute(writer, "xml:lang", presence->lang)) &&
           xmlTextWriterWriteString(writer, (const xmlChar *)presence->status) >= 0 && end(writer);
}

static bool write_last(xmlTextWriter *writer, int64_t elapsed_s)
{
    char seconds[24];

    snprintf(seconds, sizeof seconds, "%" PRId64, elapsed_s);
    return start(writer, "query") && attribute(writer, "xmlns", NS_LAST) &&
           attribute(writer, "seconds", seconds) && end(writer);
}

enum xs_error xs_xml_write_presence(struct xs_xml *xml, const char *from,
                                    const struct xs_presence *presence, int64_t now_s)
{
    const char *show = xs_show_word(presence->show);
    bool ok = begin(xml) && start(xml->writer, "presence") &&
              attribute(xml->writer, "xmlns", NS_CLIENT) && attribute(xml->writer, "from", from);

    if (ok && !presence->available)
        ok = attribute(xml->writer, "type", "unavailable");
    if (ok && presence->available && show != NULL)
        ok = xmlTextWriterWriteElement(xml->writer, (const xmlChar *)"show",
                                       (const xmlChar *)show) >= 0;
    if (ok && presence->status != NULL)
        ok = write_status(xml->writer, presence);
    if (ok && presence->last_s != XS_LAST_UNKNOWN)
        ok = write_last(xml->writer, xs_last_elapsed_s(presence->last_s, now_s));
    return finish(xml, ok && end(xml->writer));
}

enum xs_error xs_xml_write_error(struct xs_xml *xml, const char *from, enum xs_condition condition)
{
    const struct condition *found = condition_find(condition);
    bool ok =
        begin(xml) && start(xml->writer, "presence") && attribute(xml->writer, "xmlns", NS_CLIENT);

    if (ok && from != NULL)
        ok = attribute(xml->writer, "from", from);
    ok = ok && attribute(xml->writer, "type", "error") && start(xml->writer, "error") &&
         attribute(xml->writer, "type", found->type) && start(xml->writer, found->word) &&
         attribute(xml->writer, "xmlns", NS_STANZAS) && end(xml->writer) && end(xml->writer) &&
         end(xml->writer);
    return finish(xml, ok);
}

const char *xs_xml_bytes(const struct xs_xml *xml, size_t *ret_len)
{
    const xmlChar *content = xmlBufferContent(xml->buffer);

    *ret_len = (size_t)xmlBufferLength(xml->buffer);
    return content != NULL ? (const char *)content : "";
}
