#include "accept.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Quality in thousandths. */
#define QUALITY_MAX 1000

/* A piece of the header. */
struct span {
    const char *bytes;
    size_t len;
};

/* A media range with its weight. */
struct range {
    struct span type;
    struct span subtype;
    bool has_parameters; /* other than q and our own charset */
    int quality;
};

/* What we can make, and how well the best range so far fits it. */
struct offer {
    enum xs_format format;
    const char *type;
    const char *subtype;
    int specificity; /* 0: no range matches */
    int quality;
};

/* What the header names, apart from what we can make. Ranges that are refused do not count. */
struct named {
    bool image;
    bool text_or_application;
    bool html;
};

/* How specific a match is. */
enum { MATCH_NONE, MATCH_ANY, MATCH_TYPE, MATCH_WITH_PARAMETERS, MATCH_EXACT };

static bool span_is(struct span span, const char *word)
{
    return span.len == strlen(word) && strncasecmp(span.bytes, word, span.len) == 0;
}

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static const char *skip_space(const char *pos)
{
    return pos + strspn(pos, " \t");
}

/* Takes a token; false if there is none. */
static bool take_token(const char **pos, struct span *ret_token)
{
    const char *end = *pos;

    while (is_token_char(*end))
        end++;
    if (end == *pos)
        return false;
    *ret_token = (struct span){*pos, (size_t)(end - *pos)};
    *pos = end;
    return true;
}

/* Takes a quoted string; the value is without the quotes, its escapes are left. */
static bool take_quoted(const char **pos, struct span *ret_value)
{
    const char *start = *pos + 1;
    const char *end = start;

    while (*end != '"') {
        if (*end == '\\' && end[1] != '\0')
            end++;
        if (*end == '\0')
            return false;
        end++;
    }
    *ret_value = (struct span){start, (size_t)(end - start)};
    *pos = end + 1;
    return true;
}

/* Reads a weight: 0 or 1 and up to three decimals. */
static bool read_quality(struct span text, int *ret_quality)
{
    int quality = 0;
    int unit = QUALITY_MAX;

    if (text.len < 1 || text.len > 5 || (text.len > 1 && text.bytes[1] != '.'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (i == 1)
            continue;
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        quality += (text.bytes[i] - '0') * unit;
        unit /= 10;
    }
    if (quality > QUALITY_MAX)
        return false;
    *ret_quality = quality;
    return true;
}

/* Takes one parameter, after its semicolon, into the range. An empty one is allowed. */
static bool take_parameter(const char **pos, struct range *range, bool *has_weight)
{
    struct span name;
    struct span value;

    *pos = skip_space(*pos);
    if (!take_token(pos, &name))
        return true;
    if (**pos != '=')
        return *has_weight; /* after the weight come extensions, which need no value */
    (*pos)++;
    if (**pos == '"' ? !take_quoted(pos, &value) : !take_token(pos, &value))
        return false;
    if (*has_weight)
        return true;
    if (span_is(name, "q")) {
        *has_weight = true;
        return read_quality(value, &range->quality);
    }
    if (!span_is(name, "charset") || !span_is(value, "utf-8"))
        range->has_parameters = true;
    return true;
}

/* Takes a media range and its parameters; false if it breaks the grammar. */
static bool take_range(const char **pos, struct range *ret_range)
{
    struct range range = {.quality = QUALITY_MAX};
    bool has_weight = false;

    if (!take_token(pos, &range.type) || *(*pos)++ != '/' || !take_token(pos, &range.subtype))
        return false;
    if (span_is(range.type, "*") && !span_is(range.subtype, "*"))
        return false;
    *pos = skip_space(*pos);
    while (**pos == ';') {
        (*pos)++;
        if (!take_parameter(pos, &range, &has_weight))
            return false;
        *pos = skip_space(*pos);
    }
    *ret_range = range;
    return **pos == ',' || **pos == '\0';
}

/* Goes to the comma that ends the current range, or to the end. Commas in quotes do not count. */
static const char *skip_range(const char *pos)
{
    bool is_quoted = false;

    for (; *pos != '\0' && (is_quoted || *pos != ','); pos++) {
        if (*pos == '"')
            is_quoted = !is_quoted;
        else if (is_quoted && *pos == '\\' && pos[1] != '\0')
            pos++;
    }
    return pos;
}

static int match(const struct range *range, const struct offer *offer)
{
    if (span_is(range->type, "*"))
        return MATCH_ANY;
    if (!span_is(range->type, offer->type))
        return MATCH_NONE;
    if (span_is(range->subtype, "*"))
        return MATCH_TYPE;
    if (!span_is(range->subtype, offer->subtype))
        return MATCH_NONE;
    return range->has_parameters ? MATCH_WITH_PARAMETERS : MATCH_EXACT;
}

/* Of two ranges that fit alike, the better one counts. */
static void apply_range(const struct range *range, struct offer *offer)
{
    int specificity = match(range, offer);

    if (specificity == MATCH_NONE || specificity < offer->specificity ||
        (specificity == offer->specificity && range->quality <= offer->quality))
        return;
    offer->specificity = specificity;
    offer->quality = range->quality;
}

static void note_name(const struct range *range, struct named *named)
{
    if (range->quality == 0)
        return;
    if (span_is(range->type, "image"))
        named->image = true;
    if (span_is(range->type, "text") || span_is(range->type, "application"))
        named->text_or_application = true;
    if ((span_is(range->type, "text") && span_is(range->subtype, "html")) ||
        (span_is(range->type, "application") && span_is(range->subtype, "xhtml+xml")))
        named->html = true;
}

/* Finds the best offer. SVG has to be asked for if `is_page`. */
static enum xs_format choose_best(const struct offer *offers, size_t count, bool is_page)
{
    enum xs_format best = XS_FORMAT_XML;
    int best_quality = 0;

    for (size_t i = 0; i < count; i++) {
        if (offers[i].quality <= best_quality)
            continue;
        if (is_page && offers[i].format == XS_FORMAT_SVG && best_quality > 0)
            continue;
        best = offers[i].format;
        best_quality = offers[i].quality;
    }
    return best;
}

enum xs_format xs_accept_choose(const char *accept)
{
    struct offer offers[] = {
        /* In the order of enum xs_format. */
        {XS_FORMAT_XML, "application", "xml", MATCH_NONE, 0},
        {XS_FORMAT_XML, "text", "xml", MATCH_NONE, 0},
        {XS_FORMAT_JSON, "application", "json", MATCH_NONE, 0},
        {XS_FORMAT_TEXT, "text", "plain", MATCH_NONE, 0},
        {XS_FORMAT_SVG, "image", "svg+xml", MATCH_NONE, 0},
        {XS_FORMAT_EVENTS, "text", "event-stream", MATCH_NONE, 0},
    };
    const size_t count = sizeof offers / sizeof *offers;
    const struct offer *svg = &offers[count - 2];
    struct named named = {false, false, false};

    if (accept == NULL || strnlen(accept, XS_ACCEPT_MAX + 1) > XS_ACCEPT_MAX)
        return XS_FORMAT_XML;
    while (*(accept += strspn(accept, " \t,")) != '\0') {
        const char *pos = accept;
        struct range range;

        if (take_range(&pos, &range)) {
            note_name(&range, &named);
            for (size_t i = 0; i < count; i++)
                apply_range(&range, &offers[i]);
        }
        accept = skip_range(accept);
    }
    if (named.image && !named.text_or_application &&
        (svg->quality > 0 || svg->specificity <= MATCH_ANY))
        return XS_FORMAT_SVG;
    return choose_best(offers, count, named.html);
}
