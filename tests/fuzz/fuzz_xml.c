/*
 * Presence to XML and back. The input is lines: availability and show ("available away"), last
 * activity and now (two numbers), JID, language; the rest is the status.
 *
 * libxml2 parses what was written and must find the same values, and nothing else.
 */
#include <inttypes.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "jid.h"
#include "presence_xml.h"
#include "text.h"

#define NS_CLIENT "jabber:client"
#define NS_LAST   "jabber:iq:last"

#define PARSE_OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

/* What is written. */
struct sample {
    struct xs_jid jid;
    struct xs_presence presence;
    int64_t now_s;
};

static bool is_equal(const xmlChar *text, const char *expected)
{
    return text != NULL && strcmp((const char *)text, expected) == 0;
}

static void check_name(const xmlNode *node, const char *name, const char *ns)
{
    FUZZ_CHECK(node != NULL);
    FUZZ_CHECK(node->type == XML_ELEMENT_NODE);
    FUZZ_CHECK(is_equal(node->name, name));
    FUZZ_CHECK(node->ns != NULL && is_equal(node->ns->href, ns));
}

/* Checks an attribute; `expected` NULL: that there is none. */
static void check_attribute(xmlNode *node, const char *name, const char *expected)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)name);

    FUZZ_CHECK(expected != NULL ? is_equal(value, expected) : value == NULL);
    xmlFree(value);
}

static void check_content(xmlNode *node, const char *expected)
{
    xmlChar *content = xmlNodeGetContent(node);

    FUZZ_CHECK(is_equal(content, expected));
    xmlFree(content);
}

static void check_status(xmlNode *node, const struct xs_presence *presence)
{
    check_name(node, "status", NS_CLIENT);
    check_content(node, presence->status);
    FUZZ_CHECK((presence->lang == NULL) == (node->properties == NULL));
    check_attribute(node, "lang", presence->lang);
}

static void check_last(xmlNode *node, const struct sample *sample)
{
    char seconds[24];
    int64_t elapsed_s = sample->now_s - sample->presence.last_s;

    snprintf(seconds, sizeof seconds, "%" PRId64, elapsed_s > 0 ? elapsed_s : 0);
    check_name(node, "query", NS_LAST);
    check_attribute(node, "seconds", seconds);
}

static void check_tree(xmlNode *root, const struct sample *sample)
{
    const struct xs_presence *presence = &sample->presence;
    xmlNode *child;

    check_name(root, "presence", NS_CLIENT);
    check_attribute(root, "from", sample->jid.bare);
    check_attribute(root, "type", presence->available ? NULL : "unavailable");
    child = xmlFirstElementChild(root);
    if (presence->available && presence->show != XS_SHOW_NONE) {
        check_name(child, "show", NS_CLIENT);
        check_content(child, xs_show_word(presence->show));
        child = xmlNextElementSibling(child);
    }
    if (presence->status != NULL) {
        check_status(child, presence);
        child = xmlNextElementSibling(child);
    }
    if (presence->last_s != XS_LAST_UNKNOWN) {
        check_last(child, sample);
        child = xmlNextElementSibling(child);
    }
    FUZZ_CHECK(child == NULL);
}

static void check_sample(struct xs_xml *xml, const struct sample *sample)
{
    const char *bytes;
    size_t len;
    xmlDoc *doc;

    FUZZ_CHECK(xs_xml_write_presence(xml, sample->jid.bare, &sample->presence, sample->now_s) ==
               XS_OK);
    bytes = xs_xml_bytes(xml, &len);
    FUZZ_CHECK(strlen(bytes) == len);
    FUZZ_CHECK(len > 2 && bytes[len - 1] == '\n' && bytes[len - 2] == '>');
    doc = xmlReadMemory(bytes, (int)len, NULL, "UTF-8", PARSE_OPTIONS);
    FUZZ_CHECK(doc != NULL);
    check_tree(xmlDocGetRootElement(doc), sample);
    xmlFreeDoc(doc);
}

static void check_error(struct xs_xml *xml, const char *from, enum xs_condition condition)
{
    const char *bytes;
    size_t len;
    xmlDoc *doc;
    xmlNode *root;
    xmlNode *error;

    FUZZ_CHECK(xs_xml_write_error(xml, from, condition) == XS_OK);
    bytes = xs_xml_bytes(xml, &len);
    doc = xmlReadMemory(bytes, (int)len, NULL, "UTF-8", PARSE_OPTIONS);
    FUZZ_CHECK(doc != NULL);
    root = xmlDocGetRootElement(doc);
    check_name(root, "presence", NS_CLIENT);
    check_attribute(root, "from", from);
    check_attribute(root, "type", "error");
    error = xmlFirstElementChild(root);
    check_name(error, "error", NS_CLIENT);
    check_name(xmlFirstElementChild(error), xs_condition_word(condition),
               "urn:ietf:params:xml:ns:xmpp-stanzas");
    xmlFreeDoc(doc);
}

/* Makes of the lines what producers promise the writer; what breaks a promise is left out. */
static struct sample make_sample(char *lines[4], char *status)
{
    struct sample sample = {.presence = {.last_s = XS_LAST_UNKNOWN}};
    struct xs_presence *presence = &sample.presence;
    const char *show = lines[0] != NULL ? strchr(lines[0], ' ') : NULL;
    const char *jid = lines[2] != NULL ? lines[2] : "";
    char *rest = NULL;

    presence->available = lines[0] != NULL && lines[0][0] == 'a';
    if (presence->available && show != NULL)
        presence->show = xs_show_from_word(show + 1, strlen(show + 1));
    if (lines[1] != NULL && lines[1][0] != '\0') {
        presence->last_s = strtoll(lines[1], &rest, 10);
        sample.now_s = strtoll(rest, NULL, 10);
    }
    if (presence->last_s < 0 || presence->last_s > XS_LAST_MAX || sample.now_s < 0)
        presence->last_s = XS_LAST_UNKNOWN;
    if (xs_jid_parse(jid, strlen(jid), &sample.jid) != XS_OK)
        FUZZ_CHECK(xs_jid_parse("a@b", 3, &sample.jid) == XS_OK);
    if (!fuzz_is_utf8(status, strlen(status)) ||
        xs_text_clean(status, strlen(status), XS_STATUS_MAX_CHARS) == 0)
        return sample;
    presence->status = status;
    if (lines[3] != NULL && xs_lang_is_well_formed(lines[3]))
        presence->lang = lines[3];
    return sample;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xs_xml *xml;
    struct fuzz_input input = {data, size};
    char *lines[4];
    char *status;
    struct sample sample;

    if (xml == NULL)
        xml = xs_xml_new();
    FUZZ_CHECK(xml != NULL);
    for (size_t i = 0; i < 4; i++)
        lines[i] = fuzz_take_line(&input);
    status = fuzz_take_rest(&input);
    sample = make_sample(lines, status);
    check_sample(xml, &sample);
    check_error(xml, sample.jid.bare, (enum xs_condition)(size % XS_CONDITION_COUNT));
    check_error(xml, NULL, (enum xs_condition)(size % XS_CONDITION_COUNT));
    for (size_t i = 0; i < 4; i++)
        free(lines[i]);
    free(status);
    return 0;
}
