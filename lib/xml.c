/*
 * Written by hand, though libxml2 has a writer: that took a third of the whole time of an answer.
 * The fuzzers let libxml2 read what this writes, and compare.
 */
#include "xml.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Elements in each other at most. */
#define DEPTH_MAX 8

/* Bytes of the buffer at first; the longest badge and the longest presence take more. */
#define SIZE_MIN 1024

#define INDENT "  "

/* Decimal digits of a number at most, with its sign. */
#define NUMBER_SIZE 20

struct xs_xml {
    char *bytes;
    size_t len;
    size_t size;
    const char *names[DEPTH_MAX]; /* of the elements that are open */
    size_t depth;
    bool is_tag_open;    /* the start tag may still get attributes */
    bool is_after_child; /* what was written last is an element, not a tag or text */
    bool has_failed;     /* since xs_xml_begin */
};

struct xs_xml *xs_xml_new(void)
{
    struct xs_xml *xml = calloc(1, sizeof *xml);

    if (xml == NULL)
        return NULL;
    xml->bytes = calloc(1, SIZE_MIN);
    if (xml->bytes == NULL) {
        free(xml);
        return NULL;
    }
    xml->size = SIZE_MIN;
    return xml;
}

void xs_xml_free(struct xs_xml *xml)
{
    if (xml == NULL)
        return;
    free(xml->bytes);
    free(xml);
}

/* Makes room for `len` bytes more; false if there is none, which is remembered. */
static bool reserve(struct xs_xml *xml, size_t len)
{
    size_t size = xml->size;
    char *bytes;

    if (xml->has_failed)
        return false;
    if (len <= size - xml->len)
        return true;
    while (len > size - xml->len)
        size *= 2;
    bytes = realloc(xml->bytes, size);
    if (bytes == NULL) {
        xml->has_failed = true;
        return false;
    }
    xml->bytes = bytes;
    xml->size = size;
    return true;
}

static void put(struct xs_xml *xml, const char *bytes, size_t len)
{
    if (!reserve(xml, len))
        return;
    memcpy(xml->bytes + xml->len, bytes, len);
    xml->len += len;
}

static void put_text(struct xs_xml *xml, const char *text)
{
    put(xml, text, strlen(text));
}

static void put_indent(struct xs_xml *xml, size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        put_text(xml, INDENT);
}

/* XML 1.0 sections 2.4 and 2.11: a carriage return as it is would be read as a newline. */
static const char *reference_of(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    default:
        return "&#13;";
    }
}

static void put_escaped(struct xs_xml *xml, const char *value)
{
    for (;;) {
        size_t len = strcspn(value, "<>&\"\r");

        put(xml, value, len);
        if (value[len] == '\0')
            return;
        put_text(xml, reference_of(value[len]));
        value += len + 1;
    }
}

void xs_xml_begin(struct xs_xml *xml)
{
    xml->len = 0;
    xml->depth = 0;
    xml->is_tag_open = false;
    xml->is_after_child = false;
    xml->has_failed = false;
}

/* Ends the start tag, as content comes. */
static void close_tag(struct xs_xml *xml)
{
    if (xml->is_tag_open)
        put(xml, ">", 1);
    xml->is_tag_open = false;
}

void xs_xml_start(struct xs_xml *xml, const char *name)
{
    if (xml->depth == DEPTH_MAX) {
        xml->has_failed = true;
        return;
    }
    if (xml->is_tag_open) {
        close_tag(xml);
        put(xml, "\n", 1);
    }
    put_indent(xml, xml->depth);
    put(xml, "<", 1);
    put_text(xml, name);
    xml->names[xml->depth++] = name;
    xml->is_tag_open = true;
    xml->is_after_child = false;
}

static void start_attribute(struct xs_xml *xml, const char *name)
{
    put(xml, " ", 1);
    put_text(xml, name);
    put(xml, "=\"", 2);
}

void xs_xml_attribute(struct xs_xml *xml, const char *name, const char *value)
{
    start_attribute(xml, name);
    put_escaped(xml, value);
    put(xml, "\"", 1);
}

void xs_xml_attribute_number(struct xs_xml *xml, const char *name, long long value)
{
    char digits[NUMBER_SIZE];
    char *pos = digits + sizeof digits;
    unsigned long long rest = value < 0 ? -(unsigned long long)value : (unsigned long long)value;

    do {
        *--pos = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *--pos = '-';
    start_attribute(xml, name);
    put(xml, pos, (size_t)(digits + sizeof digits - pos));
    put(xml, "\"", 1);
}

void xs_xml_text(struct xs_xml *xml, const char *text)
{
    close_tag(xml);
    put_escaped(xml, text);
    xml->is_after_child = false;
}

void xs_xml_end(struct xs_xml *xml)
{
    if (xml->depth == 0) {
        xml->has_failed = true;
        return;
    }
    xml->depth--;
    if (xml->is_tag_open) {
        put(xml, "/>\n", 3);
    } else {
        if (xml->is_after_child)
            put_indent(xml, xml->depth);
        put(xml, "</", 2);
        put_text(xml, xml->names[xml->depth]);
        put(xml, ">\n", 2);
    }
    xml->is_tag_open = false;
    xml->is_after_child = true;
}

enum xs_error xs_xml_finish(struct xs_xml *xml)
{
    if (xml->depth == 0 && reserve(xml, 1)) {
        xml->bytes[xml->len] = '\0';
        return XS_OK;
    }
    xs_xml_begin(xml);
    xml->bytes[0] = '\0';
    return XS_ERROR_NOMEM;
}

const char *xs_xml_bytes(const struct xs_xml *xml, size_t *ret_len)
{
    *ret_len = xml->len;
    return xml->bytes;
}
