#include "xml.h"

#include <libxml/tree.h>
#include <libxml/xmlwriter.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct xs_xml {
    xmlBuffer *buffer;
    xmlTextWriter *writer; /* NULL after a failure: its state is not known then */
    bool has_failed;       /* since xs_xml_begin */
};

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

static void drop_writer(struct xs_xml *xml)
{
    if (xml->writer != NULL)
        xmlFreeTextWriter(xml->writer);
    xml->writer = NULL;
}

void xs_xml_free(struct xs_xml *xml)
{
    if (xml == NULL)
        return;
    drop_writer(xml);
    xmlBufferFree(xml->buffer);
    free(xml);
}

/* Notes how a step went; the steps after one that failed are left out. */
static void note(struct xs_xml *xml, bool ok)
{
    if (ok)
        return;
    xml->has_failed = true;
    drop_writer(xml);
}

void xs_xml_begin(struct xs_xml *xml)
{
    xmlBufferEmpty(xml->buffer);
    xml->has_failed = false;
    if (xml->writer != NULL)
        return;
    xml->writer = xmlNewTextWriterMemory(xml->buffer, 0);
    note(xml, xml->writer != NULL && xmlTextWriterSetIndent(xml->writer, 1) >= 0 &&
                  xmlTextWriterSetIndentString(xml->writer, (const xmlChar *)"  ") >= 0);
}

void xs_xml_start(struct xs_xml *xml, const char *name)
{
    if (!xml->has_failed)
        note(xml, xmlTextWriterStartElement(xml->writer, (const xmlChar *)name) >= 0);
}

/*
 * Escaping is a step of its own because the writer's would turn every character beyond ASCII into a
 * reference, as no encoding is declared.
 */
static bool write_escaped(xmlTextWriter *writer, const char *value)
{
    xmlChar *escaped;
    bool ok;

    if (strpbrk(value, "<>&\"\r") == NULL)
        return xmlTextWriterWriteRaw(writer, (const xmlChar *)value) >= 0;
    escaped = xmlEncodeSpecialChars(NULL, (const xmlChar *)value);
    ok = escaped != NULL && xmlTextWriterWriteRaw(writer, escaped) >= 0;
    xmlFree(escaped);
    return ok;
}

void xs_xml_attribute(struct xs_xml *xml, const char *name, const char *value)
{
    if (!xml->has_failed)
        note(xml, xmlTextWriterStartAttribute(xml->writer, (const xmlChar *)name) >= 0 &&
                      write_escaped(xml->writer, value) &&
                      xmlTextWriterEndAttribute(xml->writer) >= 0);
}

void xs_xml_attribute_number(struct xs_xml *xml, const char *name, long long value)
{
    char digits[24];

    (void)snprintf(digits, sizeof digits, "%lld", value);
    xs_xml_attribute(xml, name, digits);
}

void xs_xml_text(struct xs_xml *xml, const char *text)
{
    if (!xml->has_failed)
        note(xml, write_escaped(xml->writer, text));
}

void xs_xml_end(struct xs_xml *xml)
{
    if (!xml->has_failed)
        note(xml, xmlTextWriterEndElement(xml->writer) >= 0);
}

enum xs_error xs_xml_finish(struct xs_xml *xml)
{
    if (!xml->has_failed)
        note(xml, xmlTextWriterFlush(xml->writer) >= 0);
    if (!xml->has_failed)
        return XS_OK;
    xmlBufferEmpty(xml->buffer);
    return XS_ERROR_NOMEM;
}

const char *xs_xml_bytes(const struct xs_xml *xml, size_t *ret_len)
{
    const xmlChar *content = xmlBufferContent(xml->buffer);

    *ret_len = (size_t)xmlBufferLength(xml->buffer);
    return content != NULL ? (const char *)content : "";
}
