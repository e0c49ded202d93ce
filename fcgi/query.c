#include "query.h"

#include <stddef.h>
#include <string.h>
#include <unistr.h>

#include "text.h"

/* Bytes of a decoded name at most; those that are known are shorter. */
#define NAME_MAX_LEN 16

static const char *const format_words[] = {
    [XS_FORMAT_XML] = "xml",
    [XS_FORMAT_JSON] = "json",
    [XS_FORMAT_TEXT] = "text",
    [XS_FORMAT_SVG] = "svg",
};

_Static_assert(sizeof format_words / sizeof *format_words == XS_FORMAT_COUNT, "one word each");

/* Which parameters have been there. */
struct seen {
    bool format;
    bool style;
    bool label;
};

/* A decoded name or value, NUL-terminated, though it may contain NUL as well. */
struct decoded {
    size_t len;
    char bytes[XS_LABEL_MAX + 1];
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes `len` bytes. False if an escape is broken, or if it comes to more than `max` bytes. */
static bool decode(const char *bytes, size_t len, size_t max, struct decoded *ret_decoded)
{
    size_t out = 0;

    for (size_t i = 0; i < len; i++) {
        char c = bytes[i] == '+' ? ' ' : bytes[i];

        if (out == max)
            return false;
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(bytes[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(bytes[i + 2]) : -1;

            if (low < 0)
                return false;
            c = (char)(unsigned char)(high * 16 + low);
            i += 2;
        }
        ret_decoded->bytes[out++] = c;
    }
    ret_decoded->bytes[out] = '\0';
    ret_decoded->len = out;
    return true;
}

static bool decoded_is(const struct decoded *decoded, const char *word)
{
    return decoded->len == strlen(word) && memcmp(decoded->bytes, word, decoded->len) == 0;
}

/* Unknown or repeated: then which format is meant, is for the Accept header to say. */
static bool forget_format(struct xs_query *query)
{
    query->has_format = false;
    query->format = XS_FORMAT_XML;
    return false;
}

static bool read_format(const struct decoded *value, struct xs_query *query)
{
    for (int format = 0; format < XS_FORMAT_COUNT; format++) {
        if (decoded_is(value, format_words[format])) {
            query->format = (enum xs_format)format;
            query->has_format = true;
            return true;
        }
    }
    return forget_format(query);
}

/* Says whether a character of a label would be invisible, or turn the text around. */
static bool is_control(ucs4_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Removes from a label, which is UTF-8 that XML allows, what has no place in it. */
static void clean_label(char *label)
{
    const uint8_t *pos = (const uint8_t *)label;
    char *out = label;

    while (*pos != '\0') {
        ucs4_t character;
        int len = u8_strmbtouc(&character, pos);

        if (character == '\t' || character == '\n' || character == '\r') {
            *out++ = ' ';
        } else if (!is_control(character)) {
            memmove(out, pos, (size_t)len);
            out += len;
        }
        pos += len;
    }
    *out = '\0';
}

static bool read_label(struct decoded *value, struct xs_query *query)
{
    if (!xs_text_is_utf8(value->bytes, value->len))
        return false;
    (void)xs_text_clean(value->bytes, value->len, XS_LABEL_MAX);
    clean_label(value->bytes);
    memcpy(query->label, value->bytes, strlen(value->bytes) + 1);
    query->has_label = true;
    return true;
}

/* Says that a parameter has been there; false if that was so already. */
static bool is_first(bool *seen)
{
    bool before = *seen;

    *seen = true;
    return !before;
}

/* Reads one parameter, up to the ampersand; false if it makes the query invalid. */
static bool read_parameter(const char *parameter, size_t len, struct seen *seen,
                           struct xs_query *query)
{
    size_t name_len = strcspn(parameter, "=&");
    const char *bytes = parameter + name_len + (name_len < len ? 1 : 0);
    size_t bytes_len = len - (size_t)(bytes - parameter);
    struct decoded name;
    struct decoded value = {.len = 0};
    bool is_decoded;

    if (!decode(parameter, name_len, NAME_MAX_LEN, &name))
        return true;
    if (!decoded_is(&name, "format") && !decoded_is(&name, "style") && !decoded_is(&name, "label"))
        return true;
    is_decoded = decode(bytes, bytes_len, XS_LABEL_MAX, &value);
    switch (name.bytes[0]) {
    case 'f':
        if (!is_first(&seen->format) || !is_decoded)
            return forget_format(query);
        return read_format(&value, query);
    case 's':
        return is_first(&seen->style) && is_decoded &&
               xs_badge_style_from_word(value.bytes, value.len, &query->style);
    default:
        return is_first(&seen->label) && is_decoded && read_label(&value, query);
    }
}

/* Reads all parameters, also after one that is wrong: another may still name the format. */
static bool read_parameters(const char *query, struct seen *seen, struct xs_query *ret_query)
{
    bool ok = true;

    for (size_t count = 0; *query != '\0'; count++) {
        size_t len = strcspn(query, "&");

        if (count == XS_QUERY_PARAMETERS_MAX)
            return false;
        ok = read_parameter(query, len, seen, ret_query) && ok;
        query += len;
        query += *query == '&';
    }
    return ok;
}

void xs_query_parse(const char *query, struct xs_query *ret_query)
{
    struct seen seen = {false, false, false};

    memset(ret_query, 0, sizeof *ret_query);
    ret_query->is_valid = true;
    if (query == NULL)
        return;
    ret_query->is_valid = strnlen(query, XS_QUERY_MAX + 1) <= XS_QUERY_MAX &&
                          read_parameters(query, &seen, ret_query);
}
