#include "caption.h"

#include <stdbool.h>
#include <string.h>
#include <unigbrk.h>
#include <unistr.h>
#include <uniwidth.h>

/* Widths are in hundredths of a pixel here. */
#define PIXEL 100

/* What takes two columns on a terminal (CJK, emoji) is a square; other scripts are narrower. */
#define WIDE_WIDTH   (XS_CAPTION_FONT_PX * PIXEL)
#define NARROW_WIDTH 700

/* Such a character asks for a picture instead of a letter: U+FE0F. */
#define EMOJI_SELECTOR 0xFE0F

/* Joins emoji to one: U+200D. */
#define JOINER 0x200D

/* Half of a flag: U+1F1E6 to U+1F1FF. */
#define FLAG_FIRST 0x1F1E6
#define FLAG_LAST  0x1F1FF

#define ELLIPSIS       "\xE2\x80\xA6"
#define ELLIPSIS_WIDTH 1100

/* Of the printable ASCII characters, in DejaVu Sans, which has the widths of Verdana. */
static const short ascii_widths[] = {
    350,  441, 506, 922, 700, 1045, 858, 302,  429, 429, 550, 922, 350, 397,  350, 371, /* space */
    700,  700, 700, 700, 700, 700,  700, 700,  700, 700, 371, 371, 922, 922,  922, 584, /* 0 */
    1100, 752, 755, 768, 847, 695,  633, 852,  827, 324, 324, 721, 613, 949,  823, 866, /* @ */
    663,  866, 764, 698, 672, 805,  752, 1088, 754, 672, 754, 429, 371, 429,  922, 550, /* P */
    550,  674, 698, 605, 698, 677,  387, 698,  697, 306, 306, 637, 306, 1072, 697, 673, /* ` */
    698,  698, 452, 573, 431, 697,  651, 900,  651, 651, 577, 700, 371, 700,  922,      /* p */
};

_Static_assert(sizeof ascii_widths / sizeof *ascii_widths == 0x7f - 0x20, "all that is printable");

static bool is_flag_half(ucs4_t character)
{
    return character >= FLAG_FIRST && character <= FLAG_LAST;
}

static int character_width(ucs4_t character)
{
    if (character >= ' ' && character < 0x7f)
        return ascii_widths[character - ' '];
    if (is_flag_half(character) || character == EMOJI_SELECTOR)
        return WIDE_WIDTH;
    switch (uc_width(character, "UTF-8")) {
    case 2:
        return WIDE_WIDTH;
    case 1:
        return NARROW_WIDTH;
    default: /* combining, invisible or a control */
        return 0;
    }
}

/* Characters that are drawn as one. */
struct cluster {
    size_t end; /* offset in the text */
    int width;
};

/* A text as clusters; there are no more of them than bytes. */
struct clusters {
    size_t count;
    int width; /* of all */
    struct cluster items[XS_CAPTION_TEXT_MAX];
};

/*
 * Says whether a character belongs to the cluster that ends with `last` and has `count` so far.
 * libunistring judges pairs, so emoji joined to one and flags, which are two halves, are left to
 * us.
 */
static bool is_joined(ucs4_t last, ucs4_t next, size_t count)
{
    if (is_flag_half(last) && is_flag_half(next))
        return count == 1;
    if (last == JOINER && uc_width(next, "UTF-8") == 2)
        return true;
    return !uc_is_grapheme_break(last, next);
}

/* Finds the cluster at `start`, which is not `end`. It is as wide as its widest character. */
static size_t find_cluster(const uint8_t *start, const uint8_t *end, int *ret_width)
{
    const uint8_t *pos = start;
    ucs4_t last = 0;
    int width = 0;
    size_t count = 0;

    while (pos < end) {
        ucs4_t next;
        int len = u8_mbtouc(&next, pos, (size_t)(end - pos));
        int own = character_width(next);

        if (count > 0 && !is_joined(last, next, count))
            break;
        width = own > width ? own : width;
        last = next;
        count++;
        pos += len;
    }
    *ret_width = width;
    return (size_t)(pos - start);
}

/* Takes a text apart. Two ASCII characters never belong together, so they need no tables. */
static void find_clusters(const char *text, size_t len, struct clusters *ret_clusters)
{
    const uint8_t *start = (const uint8_t *)text;
    size_t pos = 0;

    ret_clusters->count = 0;
    ret_clusters->width = 0;
    while (pos < len) {
        struct cluster *cluster = &ret_clusters->items[ret_clusters->count++];

        if (start[pos] < 0x80 && (pos + 1 == len || start[pos + 1] < 0x80)) {
            cluster->width = character_width(start[pos]);
            pos++;
        } else {
            pos += find_cluster(start + pos, start + len, &cluster->width);
        }
        cluster->end = pos;
        ret_clusters->width += cluster->width;
    }
}

static int to_pixels(int width)
{
    return (width + PIXEL - 1) / PIXEL;
}

/*
 * Finds the middle that has to go for the rest to be `max_width` wide: from the cluster `ret_head`
 * up to, but not including, `ret_tail`. Returns how wide the rest is.
 */
static int find_middle(const struct clusters *clusters, int max_width, size_t *ret_head,
                       size_t *ret_tail)
{
    const struct cluster *items = clusters->items;
    size_t head = 0;
    size_t tail = clusters->count;
    int width = 0;

    while (head < tail && width + items[head].width <= max_width / 2)
        width += items[head++].width;
    while (tail > head && width + items[tail - 1].width <= max_width)
        width += items[--tail].width;
    *ret_head = head;
    *ret_tail = tail;
    return width;
}

static size_t append(char *text, size_t text_len, const char *bytes, size_t len)
{
    memcpy(text + text_len, bytes, len);
    return text_len + len;
}

void xs_caption_fit(const char *text, int max_px, struct xs_caption *ret_caption)
{
    struct clusters clusters;
    size_t text_len = strnlen(text, XS_CAPTION_TEXT_MAX);
    size_t len = 0;

    find_clusters(text, text_len, &clusters);
    if (to_pixels(clusters.width) <= max_px) {
        len = append(ret_caption->text, 0, text, text_len);
        ret_caption->width_px = to_pixels(clusters.width);
    } else {
        size_t head;
        size_t tail;
        int width = find_middle(&clusters, max_px * PIXEL - ELLIPSIS_WIDTH, &head, &tail);
        size_t head_len = head > 0 ? clusters.items[head - 1].end : 0;
        size_t tail_start = tail > 0 ? clusters.items[tail - 1].end : 0;

        len = append(ret_caption->text, 0, text, head_len);
        len = append(ret_caption->text, len, ELLIPSIS, strlen(ELLIPSIS));
        len = append(ret_caption->text, len, text + tail_start, text_len - tail_start);
        ret_caption->width_px = to_pixels(width + ELLIPSIS_WIDTH);
    }
    ret_caption->text[len] = '\0';
    if (len > 0 && ret_caption->width_px == 0)
        ret_caption->width_px = 1; /* nothing but invisible characters */
}
