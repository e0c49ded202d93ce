#include "badge.h"

#include <stdio.h>
#include <string.h>

#include "caption.h"

/* Sizes in pixels. */
#define HEIGHT    20
#define BASELINE  14
#define PADDING   6
#define CORNER    3
#define DOT       8
#define DOT_LEFT  7
#define DOT_GAP   5
#define LABEL_GAP 5

#define STATE_MAX_PX 120

#define WHITE       "#ffffff"
#define LABEL_BOX   "#2f353d"
#define LABEL_INK   "#1f2328"
#define STATE_INK   "#57606a"
#define CAPSULE_RIM "#8c959f"

/* Bytes that hold the outline of a box, and a title, both with the terminator. */
#define PATH_SIZE  128
#define TITLE_SIZE (XS_CAPTION_TEXT_MAX + 64)

/* In the title, whatever direction the label's script has must end with the label. */
#define ISOLATE     "\xE2\x81\xA8"
#define ISOLATE_END "\xE2\x81\xA9"

/* What people read. No two states differ by their colour only. */
static const struct {
    const char *words;
    const char *colour;
} looks[] = {
    [XS_STATE_UNKNOWN] = {"unknown", "#6a737d"},   [XS_STATE_ONLINE] = {"online", "#1a7f37"},
    [XS_STATE_CHAT] = {"free to chat", "#0a7a75"}, [XS_STATE_AWAY] = {"away", "#946200"},
    [XS_STATE_XA] = {"extended away", "#b54a00"},  [XS_STATE_DND] = {"do not disturb", "#cf222e"},
    [XS_STATE_OFFLINE] = {"offline", "#57606a"},
};

_Static_assert(sizeof looks / sizeof *looks == XS_STATE_COUNT, "one look each");

static const char *const style_words[] = {[XS_BADGE_FLAT] = "flat", [XS_BADGE_DOT] = "dot"};

_Static_assert(sizeof style_words / sizeof *style_words == XS_BADGE_STYLE_COUNT, "one word each");

bool xs_badge_style_from_word(const char *word, size_t word_len, enum xs_badge_style *ret_style)
{
    for (int style = 0; style < XS_BADGE_STYLE_COUNT; style++) {
        if (strlen(style_words[style]) == word_len &&
            memcmp(style_words[style], word, word_len) == 0) {
            *ret_style = (enum xs_badge_style)style;
            return true;
        }
    }
    return false;
}

/*
 * The text is as wide as we say, whatever the font: so it never leaves its box. It is a paragraph
 * of its own, so a label from right to left does not change places with the state.
 */
static void write_caption(struct xs_xml *xml, const struct xs_caption *caption, int x,
                          const char *ink)
{
    xs_xml_start(xml, "text");
    xs_xml_attribute_number(xml, "x", x);
    xs_xml_attribute_number(xml, "y", BASELINE);
    xs_xml_attribute(xml, "fill", ink);
    xs_xml_attribute_number(xml, "textLength", caption->width_px);
    xs_xml_attribute(xml, "lengthAdjust", "spacingAndGlyphs");
    xs_xml_attribute(xml, "xml:space", "preserve");
    xs_xml_text(xml, caption->text);
    xs_xml_end(xml);
}

static void write_title(struct xs_xml *xml, const char *label, const char *words)
{
    char title[TITLE_SIZE];

    if (label[0] == '\0')
        (void)snprintf(title, sizeof title, "%s", words);
    else
        (void)snprintf(title, sizeof title, ISOLATE "%.*s" ISOLATE_END ": %s", XS_CAPTION_TEXT_MAX,
                       label, words);
    xs_xml_start(xml, "title");
    xs_xml_text(xml, title);
    xs_xml_end(xml);
}

/* Starts the picture and the group with what all texts have in common. */
static void start_picture(struct xs_xml *xml, int width, const char *label, const char *words)
{
    char view[PATH_SIZE];

    (void)snprintf(view, sizeof view, "0 0 %d %d", width, HEIGHT);
    xs_xml_start(xml, "svg");
    xs_xml_attribute(xml, "xmlns", "http://www.w3.org/2000/svg");
    xs_xml_attribute_number(xml, "width", width);
    xs_xml_attribute_number(xml, "height", HEIGHT);
    xs_xml_attribute(xml, "viewBox", view);
    xs_xml_attribute(xml, "role", "img");
    write_title(xml, label, words);
    xs_xml_start(xml, "g");
    xs_xml_attribute(xml, "font-family", "Verdana,'DejaVu Sans',Geneva,sans-serif");
    xs_xml_attribute_number(xml, "font-size", XS_CAPTION_FONT_PX);
    xs_xml_attribute(xml, "text-anchor", "start");
    xs_xml_attribute(xml, "direction", "ltr");
    xs_xml_attribute(xml, "unicode-bidi", "isolate");
}

static void end_picture(struct xs_xml *xml)
{
    xs_xml_end(xml);
    xs_xml_end(xml);
}

/* Draws a box from `left` to `right`, with round corners where the badge ends. */
static void write_box(struct xs_xml *xml, int left, int right, bool is_first, const char *colour)
{
    char path[PATH_SIZE];

    if (is_first)
        (void)snprintf(path, sizeof path, "M%d 0H%dv%dH%da%d %d 0 0 1-%d-%dV%da%d %d 0 0 1 %d-%dz",
                       left + CORNER, right, HEIGHT, left + CORNER, CORNER, CORNER, CORNER, CORNER,
                       CORNER, CORNER, CORNER, CORNER, CORNER);
    else
        (void)snprintf(path, sizeof path, "M%d 0H%da%d %d 0 0 1 %d %dV%da%d %d 0 0 1-%d %dH%dz",
                       left, right - CORNER, CORNER, CORNER, CORNER, CORNER, HEIGHT - CORNER,
                       CORNER, CORNER, CORNER, CORNER, left);
    xs_xml_start(xml, "path");
    xs_xml_attribute(xml, "fill", colour);
    xs_xml_attribute(xml, "d", path);
    xs_xml_end(xml);
}

/* Says where the box of the state begins. */
static int flat_middle(const struct xs_caption *label)
{
    return label->width_px > 0 ? label->width_px + 2 * PADDING : 0;
}

static int flat_width(const struct xs_caption *label, const struct xs_caption *state)
{
    return flat_middle(label) + state->width_px + 2 * PADDING;
}

/* The state comes last: nothing of a label, accents piled up for example, can cover it. */
static void write_flat(struct xs_xml *xml, const struct xs_caption *label,
                       const struct xs_caption *state, const char *colour)
{
    int middle = flat_middle(label);
    int width = flat_width(label, state);

    if (middle > 0) {
        write_box(xml, 0, middle, true, LABEL_BOX);
        write_caption(xml, label, PADDING, WHITE);
        write_box(xml, middle, width, false, colour);
    } else {
        xs_xml_start(xml, "rect");
        xs_xml_attribute_number(xml, "width", width);
        xs_xml_attribute_number(xml, "height", HEIGHT);
        xs_xml_attribute_number(xml, "rx", CORNER);
        xs_xml_attribute(xml, "fill", colour);
        xs_xml_end(xml);
    }
    write_caption(xml, state, middle + PADDING, WHITE);
}

static int dot_label_left(void)
{
    return DOT_LEFT + DOT + DOT_GAP;
}

static int dot_state_left(const struct xs_caption *label)
{
    return dot_label_left() + (label->width_px > 0 ? label->width_px + LABEL_GAP : 0);
}

static int dot_width(const struct xs_caption *label, const struct xs_caption *state)
{
    return dot_state_left(label) + state->width_px + DOT_LEFT + 2;
}

/* White under the text, so that it can be read on a dark page too. */
static void write_dot(struct xs_xml *xml, const struct xs_caption *label,
                      const struct xs_caption *state, const char *colour)
{
    int width = dot_width(label, state);

    xs_xml_start(xml, "rect");
    xs_xml_attribute(xml, "x", "0.5");
    xs_xml_attribute(xml, "y", "0.5");
    xs_xml_attribute_number(xml, "width", width - 1);
    xs_xml_attribute_number(xml, "height", HEIGHT - 1);
    xs_xml_attribute(xml, "rx", "9.5");
    xs_xml_attribute(xml, "fill", WHITE);
    xs_xml_attribute(xml, "stroke", CAPSULE_RIM);
    xs_xml_end(xml);
    if (label->width_px > 0)
        write_caption(xml, label, dot_label_left(), LABEL_INK);
    xs_xml_start(xml, "circle");
    xs_xml_attribute_number(xml, "cx", DOT_LEFT + DOT / 2);
    xs_xml_attribute_number(xml, "cy", HEIGHT / 2);
    xs_xml_attribute_number(xml, "r", DOT / 2);
    xs_xml_attribute(xml, "fill", colour);
    xs_xml_end(xml);
    write_caption(xml, state, dot_state_left(label), STATE_INK);
}

enum xs_error xs_badge_write(struct xs_xml *xml, const struct xs_badge *badge)
{
    enum xs_state index = (unsigned)badge->state < XS_STATE_COUNT ? badge->state : XS_STATE_UNKNOWN;
    const char *colour = looks[index].colour;
    struct xs_caption label;
    struct xs_caption state;

    xs_caption_fit(badge->label, XS_BADGE_LABEL_MAX_PX, &label);
    xs_caption_fit(looks[index].words, STATE_MAX_PX, &state);
    xs_xml_begin(xml);
    start_picture(
        xml, badge->style == XS_BADGE_DOT ? dot_width(&label, &state) : flat_width(&label, &state),
        badge->label, looks[index].words);
    if (badge->style == XS_BADGE_DOT)
        write_dot(xml, &label, &state, colour);
    else
        write_flat(xml, &label, &state, colour);
    end_picture(xml);
    return xs_xml_finish(xml);
}
