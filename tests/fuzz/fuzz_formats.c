/*
 * Presence to JSON and to a badge, and back. The input is lines: availability and show ("available
 * away"), last activity, JID, language, label; the rest is the status.
 *
 * A parser reads what was written and must find the same values, and nothing else.
 */
#include <cjson/cJSON.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "badge.h"
#include "caption.h"
#include "fuzz.h"
#include "jid.h"
#include "presence_json.h"
#include "text.h"

#define PARSE_OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

enum { LINE_SHOW, LINE_LAST, LINE_JID, LINE_LANG, LINE_LABEL, LINE_COUNT };

static const char *line_of(char *const lines[LINE_COUNT], size_t index)
{
    return lines[index] != NULL ? lines[index] : "";
}

/* Checks a member; `expected` NULL: that there is none. Returns 1 if there is, for counting. */
static int check_text(const cJSON *object, const char *name, const char *expected)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    FUZZ_CHECK((value == NULL) == (expected == NULL));
    FUZZ_CHECK(value == NULL || strcmp(value, expected) == 0);
    return expected != NULL;
}

static void check_json(const char *jid, const struct xs_presence *presence)
{
    static char bytes[XS_JSON_SIZE];
    size_t len = 0;
    cJSON *object;
    const cJSON *last;
    int count;

    FUZZ_CHECK(xs_json_write_presence(jid, presence, bytes, &len) == XS_OK);
    FUZZ_CHECK(strlen(bytes) == len && strchr(bytes, '\n') == bytes + len - 1);
    FUZZ_CHECK(fuzz_is_utf8(bytes, len));
    object = cJSON_ParseWithLength(bytes, len);
    FUZZ_CHECK(cJSON_IsObject(object));
    count = check_text(object, "jid", jid) + check_text(object, "status", presence->status) +
            check_text(object, "lang", presence->lang) +
            check_text(object, "state", xs_state_word(xs_state_of(presence)));
    last = cJSON_GetObjectItemCaseSensitive(object, "last");
    FUZZ_CHECK((last == NULL) == (presence->last_s == XS_LAST_UNKNOWN));
    FUZZ_CHECK(last == NULL || (int64_t)cJSON_GetNumberValue(last) == presence->last_s);
    FUZZ_CHECK(cJSON_GetArraySize(object) == count + (last != NULL));
    cJSON_Delete(object);
}

/* Only these may be in a badge, and nothing in an attribute may point anywhere. */
static void check_element(const xmlNode *node)
{
    static const char *const names[] = {"svg", "title", "g", "path", "rect", "circle", "text"};
    size_t i = 0;

    while (i < sizeof names / sizeof *names && strcmp((const char *)node->name, names[i]) != 0)
        i++;
    FUZZ_CHECK(i < sizeof names / sizeof *names);
    for (const xmlAttr *attribute = node->properties; attribute != NULL;
         attribute = attribute->next) {
        const char *value = (const char *)attribute->children->content;

        FUZZ_CHECK(strncmp((const char *)attribute->name, "on", 2) != 0);
        FUZZ_CHECK(strstr((const char *)attribute->name, "href") == NULL);
        FUZZ_CHECK(strcmp((const char *)attribute->name, "style") != 0);
        FUZZ_CHECK(strstr(value, "url(") == NULL && strchr(value, ':') == NULL);
    }
}

static void check_elements(const xmlNode *node)
{
    for (; node != NULL; node = node->next) {
        FUZZ_CHECK(node->type == XML_ELEMENT_NODE || node->type == XML_TEXT_NODE);
        if (node->type == XML_ELEMENT_NODE)
            check_element(node);
        check_elements(node->children);
    }
}

/* Nothing may leave the picture: all texts end before its right edge. Returns how many there are.
 */
static int check_texts(xmlNode *root)
{
    xmlNode *group = xmlLastElementChild(root);
    xmlChar *width = xmlGetProp(root, (const xmlChar *)"width");
    int count = 0;

    FUZZ_CHECK(group != NULL && width != NULL);
    for (xmlNode *node = xmlFirstElementChild(group); node != NULL;
         node = xmlNextElementSibling(node)) {
        xmlChar *x = xmlGetProp(node, (const xmlChar *)"x");
        xmlChar *length = xmlGetProp(node, (const xmlChar *)"textLength");

        if (strcmp((const char *)node->name, "text") == 0) {
            FUZZ_CHECK(atoi((const char *)length) > 0);
            FUZZ_CHECK(atoi((const char *)x) + atoi((const char *)length) <
                       atoi((const char *)width));
            count++;
        }
        xmlFree(x);
        xmlFree(length);
    }
    xmlFree(width);
    return count;
}

static void check_badge(struct xs_xml *xml, const struct xs_badge *badge)
{
    const char *bytes;
    size_t len;
    xmlDoc *doc;
    xmlChar *title;

    FUZZ_CHECK(xs_badge_write(xml, badge) == XS_OK);
    bytes = xs_xml_bytes(xml, &len);
    FUZZ_CHECK(strlen(bytes) == len && bytes[len - 1] == '\n');
    doc = xmlReadMemory(bytes, (int)len, NULL, "UTF-8", PARSE_OPTIONS);
    FUZZ_CHECK(doc != NULL);
    check_elements(xmlDocGetRootElement(doc));
    FUZZ_CHECK(check_texts(xmlDocGetRootElement(doc)) == (badge->label[0] != '\0' ? 2 : 1));
    title = xmlNodeGetContent(xmlFirstElementChild(xmlDocGetRootElement(doc)));
    FUZZ_CHECK(title != NULL && strstr((const char *)title, badge->label) != NULL);
    xmlFree(title);
    xmlFreeDoc(doc);
}

static void check_caption(const char *label, int max_px)
{
    static struct xs_caption caption;

    xs_caption_fit(label, max_px, &caption);
    FUZZ_CHECK(caption.width_px <= max_px);
    FUZZ_CHECK((caption.width_px == 0) == (label[0] == '\0'));
    FUZZ_CHECK(fuzz_is_utf8(caption.text, strlen(caption.text)));
    FUZZ_CHECK(strcmp(caption.text, label) == 0 || strstr(caption.text, "\xE2\x80\xA6") != NULL);
}

/* Makes of the lines what producers promise the writers; what breaks a promise is left out. */
static struct xs_presence make_presence(char *const lines[LINE_COUNT], char *status)
{
    struct xs_presence presence = {.last_s = XS_LAST_UNKNOWN};
    const char *show = strchr(line_of(lines, LINE_SHOW), ' ');
    const char *last = line_of(lines, LINE_LAST);

    presence.available = line_of(lines, LINE_SHOW)[0] == 'a';
    if (presence.available && show != NULL)
        presence.show = xs_show_from_word(show + 1, strlen(show + 1));
    if (last[0] != '\0')
        presence.last_s = strtoll(last, NULL, 10);
    if (presence.last_s < 0 || presence.last_s > XS_LAST_MAX)
        presence.last_s = XS_LAST_UNKNOWN;
    if (!fuzz_is_utf8(status, strlen(status)) ||
        xs_text_clean(status, strlen(status), XS_STATUS_MAX_CHARS) == 0)
        return presence;
    presence.status = status;
    if (xs_lang_is_well_formed(line_of(lines, LINE_LANG)))
        presence.lang = lines[LINE_LANG];
    return presence;
}

static void check_all(char *lines[LINE_COUNT], char *status)
{
    static struct xs_xml *xml;
    struct xs_presence presence = make_presence(lines, status);
    const char *raw = line_of(lines, LINE_JID);
    char *label = lines[LINE_LABEL];
    struct xs_jid jid;

    if (xml == NULL)
        xml = xs_xml_new();
    FUZZ_CHECK(xml != NULL);
    if (xs_jid_parse(raw, strlen(raw), &jid) != XS_OK)
        FUZZ_CHECK(xs_jid_parse("a@b", 3, &jid) == XS_OK);
    if (label != NULL && (!fuzz_is_utf8(label, strlen(label)) ||
                          xs_text_clean(label, strlen(label), 500) > XS_CAPTION_TEXT_MAX))
        label = NULL;
    if (label != NULL && strpbrk(label, "\r") != NULL)
        label = NULL; /* see struct xs_query: labels have none */
    check_json(jid.bare, &presence);
    for (int style = 0; style < XS_BADGE_STYLE_COUNT; style++)
        check_badge(xml, &(struct xs_badge){(enum xs_badge_style)style, xs_state_of(&presence),
                                            label != NULL ? label : jid.bare});
    check_caption(jid.bare, 50);
    check_caption(label != NULL ? label : "", XS_BADGE_LABEL_MAX_PX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *lines[LINE_COUNT];
    char *status;

    for (size_t i = 0; i < LINE_COUNT; i++)
        lines[i] = fuzz_take_line(&input);
    status = fuzz_take_rest(&input);
    check_all(lines, status);
    for (size_t i = 0; i < LINE_COUNT; i++)
        free(lines[i]);
    free(status);
    return 0;
}
