#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "presence_xml.h"

#define NOW_S INT64_C(1700000000)
#define FROM  "support@tiggerswelt.net"

static int make_writer(void **state)
{
    *state = xs_xml_new();
    return *state != NULL ? 0 : -1;
}

static int free_writer(void **state)
{
    xs_xml_free(*state);
    return 0;
}

static void assert_bytes(struct xs_xml *xml, const char *expected)
{
    size_t len;
    const char *bytes = xs_xml_bytes(xml, &len);

    assert_string_equal(bytes, expected);
    assert_int_equal(len, strlen(expected));
}

static void xml_write_presence__gives__the_exact_bytes(void **state)
{
    static const struct {
        struct xs_presence presence;
        const char *bytes;
    } rows[] = {
        {{true, XS_SHOW_XA, NOW_S - 8973, NULL, NULL},
         "<presence xmlns=\"jabber:client\" from=\"" FROM "\">\n"
         "  <show>xa</show>\n"
         "  <query xmlns=\"jabber:iq:last\" seconds=\"8973\"/>\n"
         "</presence>\n"},
        {{true, XS_SHOW_NONE, XS_LAST_UNKNOWN, NULL, NULL},
         "<presence xmlns=\"jabber:client\" from=\"" FROM "\"/>\n"},
        {{false, XS_SHOW_NONE, NOW_S - 8973, "Feierabend", "de"},
         "<presence xmlns=\"jabber:client\" from=\"" FROM "\" type=\"unavailable\">\n"
         "  <status xml:lang=\"de\">Feierabend</status>\n"
         "  <query xmlns=\"jabber:iq:last\" seconds=\"8973\"/>\n"
         "</presence>\n"},
        {{false, XS_SHOW_NONE, XS_LAST_UNKNOWN, NULL, NULL},
         "<presence xmlns=\"jabber:client\" from=\"" FROM "\" type=\"unavailable\"/>\n"},
        {{false, XS_SHOW_AWAY, NOW_S + 5, NULL, NULL}, /* no show while away, no future */
         "<presence xmlns=\"jabber:client\" from=\"" FROM "\" type=\"unavailable\">\n"
         "  <query xmlns=\"jabber:iq:last\" seconds=\"0\"/>\n"
         "</presence>\n"},
        {{true, XS_SHOW_DND, XS_LAST_UNKNOWN, "<b>&amp; \"1\" > '0'\r\n\t]]>", NULL},
         "<presence xmlns=\"jabber:client\" from=\"" FROM "\">\n"
         "  <show>dnd</show>\n"
         "  <status>&lt;b&gt;&amp;amp; &quot;1&quot; &gt; '0'&#13;\n\t]]&gt;</status>\n"
         "</presence>\n"},
        {{true, XS_SHOW_CHAT, XS_LAST_UNKNOWN, "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80", "de-CH"},
         "<presence xmlns=\"jabber:client\" from=\"" FROM "\">\n"
         "  <show>chat</show>\n"
         "  <status xml:lang=\"de-CH\">gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80</status>\n"
         "</presence>\n"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(xs_xml_write_presence(*state, FROM, &rows[i].presence, NOW_S), XS_OK);
        assert_bytes(*state, rows[i].bytes);
    }
}

static void xml_write_presence__writes_the_sender__as_utf8(void **state)
{
    static const struct xs_presence presence = {true, XS_SHOW_NONE, XS_LAST_UNKNOWN, NULL, NULL};

    assert_int_equal(xs_xml_write_presence(*state, "\xC3\xA4\xF0\x9F\x98\x80@m\xC3\xBCnchen.de",
                                           &presence, NOW_S),
                     XS_OK);
    assert_bytes(*state, "<presence xmlns=\"jabber:client\" "
                         "from=\"\xC3\xA4\xF0\x9F\x98\x80@m\xC3\xBCnchen.de\"/>\n");
    assert_int_equal(xs_xml_write_presence(*state, "a\"<&>@b", &presence, NOW_S), XS_OK);
    assert_bytes(*state, "<presence xmlns=\"jabber:client\" from=\"a&quot;&lt;&amp;&gt;@b\"/>\n");
}

static void xml_write_presence__is_read_back__by_libxml2(void **state)
{
    static const char status[] = "<b>&amp; \"1\" > '0'\r\n\t]]> \xC3\xBC\xF0\x9F\x98\x80";
    static const struct xs_presence presence = {true, XS_SHOW_AWAY, NOW_S - 1, status, "de"};
    const char *bytes;
    size_t len;
    xmlDoc *doc;
    xmlNode *root;
    xmlNode *child;
    xmlChar *text;

    assert_int_equal(xs_xml_write_presence(*state, "\xC3\xA4%\\20@b", &presence, NOW_S), XS_OK);
    bytes = xs_xml_bytes(*state, &len);
    doc = xmlReadMemory(bytes, (int)len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOBLANKS);
    assert_non_null(doc);
    root = xmlDocGetRootElement(doc);
    assert_string_equal((const char *)root->name, "presence");
    assert_string_equal((const char *)root->ns->href, "jabber:client");
    text = xmlGetProp(root, (const xmlChar *)"from");
    assert_string_equal((char *)text, "\xC3\xA4%\\20@b");
    xmlFree(text);
    child = xmlFirstElementChild(root);
    assert_string_equal((const char *)child->name, "show");
    child = xmlNextElementSibling(child);
    assert_string_equal((const char *)child->name, "status");
    text = xmlNodeGetContent(child);
    assert_string_equal((char *)text, status);
    xmlFree(text);
    text = xmlNodeGetLang(child);
    assert_string_equal((char *)text, "de");
    xmlFree(text);
    child = xmlNextElementSibling(child);
    assert_string_equal((const char *)child->name, "query");
    assert_string_equal((const char *)child->ns->href, "jabber:iq:last");
    assert_null(xmlNextElementSibling(child));
    xmlFreeDoc(doc);
}

static void xml_write_error__gives__the_exact_bytes(void **state)
{
    static const struct {
        enum xs_condition condition;
        const char *type;
        const char *word;
    } rows[] = {
        {XS_CONDITION_BAD_REQUEST, "modify", "bad-request"},
        {XS_CONDITION_ITEM_NOT_FOUND, "cancel", "item-not-found"},
        {XS_CONDITION_JID_MALFORMED, "modify", "jid-malformed"},
        {XS_CONDITION_NOT_ALLOWED, "cancel", "not-allowed"},
        {XS_CONDITION_REMOTE_SERVER_TIMEOUT, "wait", "remote-server-timeout"},
        {XS_CONDITION_RESOURCE_CONSTRAINT, "wait", "resource-constraint"},
    };
    char expected[512];

    assert_int_equal(sizeof rows / sizeof *rows, XS_CONDITION_COUNT);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static const char format[] = "<presence xmlns=\"jabber:client\"%s type=\"error\">\n"
                                     "  <error type=\"%s\">\n"
                                     "    <%s xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/>\n"
                                     "  </error>\n"
                                     "</presence>\n";

        assert_string_equal(xs_condition_word(rows[i].condition), rows[i].word);
        snprintf(expected, sizeof expected, format, " from=\"" FROM "\"", rows[i].type,
                 rows[i].word);
        assert_int_equal(xs_xml_write_error(*state, FROM, rows[i].condition), XS_OK);
        assert_bytes(*state, expected);
        snprintf(expected, sizeof expected, format, "", rows[i].type, rows[i].word);
        assert_int_equal(xs_xml_write_error(*state, NULL, rows[i].condition), XS_OK);
        assert_bytes(*state, expected);
    }
}

static void xml_bytes__are_empty__before_the_first_write(void **state)
{
    assert_bytes(*state, "");
}

static void xml_free__accepts_null(void **state)
{
    (void)state;
    xs_xml_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(xml_write_presence__gives__the_exact_bytes, make_writer,
                                        free_writer),
        cmocka_unit_test_setup_teardown(xml_write_presence__writes_the_sender__as_utf8, make_writer,
                                        free_writer),
        cmocka_unit_test_setup_teardown(xml_write_presence__is_read_back__by_libxml2, make_writer,
                                        free_writer),
        cmocka_unit_test_setup_teardown(xml_write_error__gives__the_exact_bytes, make_writer,
                                        free_writer),
        cmocka_unit_test_setup_teardown(xml_bytes__are_empty__before_the_first_write, make_writer,
                                        free_writer),
        cmocka_unit_test(xml_free__accepts_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
