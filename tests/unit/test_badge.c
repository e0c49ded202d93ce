#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "badge.h"

#define LABEL "support@tiggerswelt.net"
#define WHITE "#ffffff"

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

/* Writes a badge; returns its bytes, borrowed from the writer. */
static const char *write_badge(struct xs_xml *xml, enum xs_badge_style style, enum xs_state state,
                               const char *label)
{
    const struct xs_badge badge = {style, state, label};
    size_t len;
    const char *bytes;

    assert_int_equal(xs_badge_write(xml, &badge), XS_OK);
    bytes = xs_xml_bytes(xml, &len);
    assert_int_equal(strlen(bytes), len);
    return bytes;
}

static void badge_write__gives__the_exact_bytes(void **state)
{
    (void)state;
    assert_string_equal(
        write_badge(*state, XS_BADGE_FLAT, XS_STATE_AWAY, "a&b"),
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"76\" height=\"20\" viewBox=\"0 0 76 "
        "20\" "
        "role=\"img\">\n"
        "  <title>\xE2\x81\xA8"
        "a&amp;b\xE2\x81\xA9: away</title>\n"
        "  <g font-family=\"Verdana,'DejaVu Sans',Geneva,sans-serif\" font-size=\"11\" "
        "text-anchor=\"start\" direction=\"ltr\" unicode-bidi=\"isolate\">\n"
        "    <path fill=\"#2f353d\" d=\"M3 0H35v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z\"/>\n"
        "    <text x=\"6\" y=\"14\" fill=\"#ffffff\" textLength=\"23\" "
        "lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">a&amp;b</text>\n"
        "    <path fill=\"#946200\" d=\"M35 0H73a3 3 0 0 1 3 3V17a3 3 0 0 1-3 3H35z\"/>\n"
        "    <text x=\"41\" y=\"14\" fill=\"#ffffff\" textLength=\"29\" "
        "lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">away</text>\n"
        "  </g>\n"
        "</svg>\n");
}

static void badge_write__has_words_of_its_own__for_each_state(void **state)
{
    static const char *const words[XS_STATE_COUNT] = {
        [XS_STATE_UNKNOWN] = "unknown",   [XS_STATE_ONLINE] = "online",
        [XS_STATE_CHAT] = "free to chat", [XS_STATE_AWAY] = "away",
        [XS_STATE_XA] = "extended away",  [XS_STATE_DND] = "do not disturb",
        [XS_STATE_OFFLINE] = "offline",
    };

    for (int style = 0; style < XS_BADGE_STYLE_COUNT; style++) {
        for (int i = 0; i < XS_STATE_COUNT; i++) {
            const char *bytes =
                write_badge(*state, (enum xs_badge_style)style, (enum xs_state)i, LABEL);
            char expected[64];

            (void)snprintf(expected, sizeof expected, ">%s</text>", words[i]);
            assert_non_null(strstr(bytes, expected));
            (void)snprintf(expected, sizeof expected, ": %s</title>", words[i]);
            assert_non_null(strstr(bytes, expected));
            assert_non_null(strstr(bytes, ">" LABEL "</text>"));
        }
    }
}

static void badge_write__leaves_the_label_out__if_empty(void **state)
{
    for (int style = 0; style < XS_BADGE_STYLE_COUNT; style++) {
        const char *bytes = write_badge(*state, (enum xs_badge_style)style, XS_STATE_DND, "");
        const char *text = strstr(bytes, "<text");

        assert_non_null(strstr(bytes, "<title>do not disturb</title>"));
        assert_non_null(text);
        assert_null(strstr(text + 1, "<text"));
    }
}

static void badge_write__cuts__a_long_label_but_not_the_title(void **state)
{
    char label[200];
    char title[240];
    const char *bytes;

    memset(label, 'W', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    (void)snprintf(title, sizeof title, "\xE2\x81\xA8%s\xE2\x81\xA9: online</title>", label);
    bytes = write_badge(*state, XS_BADGE_FLAT, XS_STATE_ONLINE, label);
    assert_non_null(strstr(bytes, title));
    assert_non_null(strstr(bytes, "W\xE2\x80\xA6W"));
    assert_int_equal(strncmp(bytes, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", 46), 0);
    assert_true(atoi(strstr(bytes, "width=\"") + 7) <= XS_BADGE_LABEL_MAX_PX + 61);
}

/* One of the two colour values of "#rrggbb" that a contrast is made of: WCAG 2.1. */
static double luminance(const char *colour)
{
    static const double weights[] = {0.2126, 0.7152, 0.0722};
    unsigned long value = strtoul(colour + 1, NULL, 16);
    double sum = 0;

    for (int i = 0; i < 3; i++) {
        double part = (double)(value >> (16 - 8 * i) & 255) / 255;

        sum += weights[i] * (part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(const char *first, const char *second)
{
    double a = luminance(first);
    double b = luminance(second);

    return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

/* All colours but the rim are read against white, or white against them. */
static void badge_write__can_be_read__in_each_state_and_style(void **state)
{
    assert_true(contrast("#000000", WHITE) > 20.9);
    for (int style = 0; style < XS_BADGE_STYLE_COUNT; style++) {
        for (int i = 0; i < XS_STATE_COUNT; i++) {
            const char *bytes =
                write_badge(*state, (enum xs_badge_style)style, (enum xs_state)i, LABEL);
            int count = 0;

            while ((bytes = strstr(bytes, " fill=\"#")) != NULL) {
                char colour[8] = "";

                memcpy(colour, bytes + 7, 7);
                if (strcmp(colour, WHITE) != 0 && contrast(colour, WHITE) < 4.5)
                    fail_msg("style %d, state %d: %s", style, i, colour);
                count++;
                bytes++;
            }
            assert_int_equal(count, 4);
        }
    }
}

static void badge_write__is_sound_xml__for_hostile_labels(void **state)
{
    static const char *const labels[] = {
        "</title><script>alert(1)</script>",
        "\" onload=\"x",
        "]]>",
        "&#0;&amp;",
        "<!--",
        "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D@\xD7\x93.org",
        "\xEF\xB7\xBD",
    };

    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        const char *bytes = write_badge(*state, XS_BADGE_DOT, XS_STATE_ONLINE, labels[i]);
        xmlDoc *doc = xmlReadMemory(bytes, (int)strlen(bytes), NULL, "UTF-8", XML_PARSE_NONET);
        xmlNode *group;
        xmlNode *text;
        xmlChar *content;

        assert_non_null(doc);
        group = xmlLastElementChild(xmlDocGetRootElement(doc));
        text = xmlNextElementSibling(xmlFirstElementChild(group));
        content = xmlNodeGetContent(text);
        assert_string_equal((const char *)text->name, "text");
        assert_string_equal((const char *)content, labels[i]);
        assert_int_equal(xmlChildElementCount(group), 4);
        xmlFree(content);
        xmlFreeDoc(doc);
    }
}

static void badge_style_from_word__knows__both(void **state)
{
    enum xs_badge_style style = XS_BADGE_STYLE_COUNT;

    (void)state;
    assert_true(xs_badge_style_from_word("dot", 3, &style));
    assert_int_equal(style, XS_BADGE_DOT);
    assert_true(xs_badge_style_from_word("flat", 4, &style));
    assert_int_equal(style, XS_BADGE_FLAT);
    style = XS_BADGE_DOT;
    assert_false(xs_badge_style_from_word("flat", 3, &style));
    assert_false(xs_badge_style_from_word("flat", 5, &style));
    assert_false(xs_badge_style_from_word("", 0, &style));
    assert_false(xs_badge_style_from_word("Dot", 3, &style));
    assert_int_equal(style, XS_BADGE_DOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(badge_write__gives__the_exact_bytes),
        cmocka_unit_test(badge_write__has_words_of_its_own__for_each_state),
        cmocka_unit_test(badge_write__leaves_the_label_out__if_empty),
        cmocka_unit_test(badge_write__cuts__a_long_label_but_not_the_title),
        cmocka_unit_test(badge_write__can_be_read__in_each_state_and_style),
        cmocka_unit_test(badge_write__is_sound_xml__for_hostile_labels),
        cmocka_unit_test(badge_style_from_word__knows__both),
    };

    return cmocka_run_group_tests(tests, make_writer, free_writer);
}
