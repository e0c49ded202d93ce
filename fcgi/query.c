#include "query.h"

#include <stddef.h>
#include <string.h>
#include <unistr.h>

#include "percent.h"
#include "text.h"

/* Bytes of a decoded name at most; those that are known are shorter. */
#define NAME_MAX_LEN 16

static const char *const format_words[] = {
    [XS_FORMAT_XML] = "xml", [XS_FORMAT_JSON] = "json",     [XS_FORMAT_TEXT] = "text",
    [XS_FORMAT_SVG] = "svg", [XS_FORMAT_EVENTS] = "events",
};

#define FORMAT_WORD_COUNT (sizeof format_words / sizeof *format_words)

_Static_assert(FORMAT_WORD_COUNT == XS_FORMAT_COUNT + 1, "one word each");

/* The parameters that we know. */
enum name { NAME_FORMAT, NAME_STYLE, NAME_LABEL, NAME_ANY, NAME_JID, NAME_COUNT };

static const char *const names[] = {
    [NAME_FORMAT] = "format", [NAME_STYLE] = "style", [NAME_LABEL] = "label",
    [NAME_ANY] = "any",       [NAME_JID] = "jid",
};

_Static_assert(sizeof names / sizeof *names == NAME_COUNT, "one each");

/* A parameter as it stands in the query, up to the ampersand. */
struct parameter {
    enum name name; /* NAME_COUNT: not one of ours */
    const char *value;
    size_t value_len;
};

/* A decoded name or value, NUL-terminated, though it may contain NUL as well. */
struct decoded {
    size_t len;
    char bytes[XS_LABEL_MAX + 1];
};

/* Decodes `len` bytes as forms encode them; false if that fails, see xs_percent_decode. */
static bool decode(const char *bytes, size_t len, size_t max, struct decoded *ret_decoded)
{
    return xs_percent_decode(bytes, len, XS_PERCENT_PLUS_IS_SPACE, max, ret_decoded->bytes,
                             &ret_decoded->len);
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
    for (size_t format = 0; format < FORMAT_WORD_COUNT; format++) {
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

static bool read_any(const struct decoded *value, struct xs_query *query)
{
    query->is_any = value->len == 0 || decoded_is(value, "1");
    return query->is_any;
}

static enum name find_name(const char *bytes, size_t len)
{
    struct decoded decoded;
    int name = 0;

    if (!decode(bytes, len, NAME_MAX_LEN, &decoded))
        return NAME_COUNT;
    while (name < NAME_COUNT && !decoded_is(&decoded, names[name]))
        name++;
    return (enum name)name;
}

/* Takes the next parameter, which may be empty; false at the end of the query. */
static bool take_parameter(const char **query, struct parameter *ret_parameter)
{
    const char *bytes = *query;
    size_t len = strcspn(bytes, "&");
    size_t name_len = strcspn(bytes, "=&");
    size_t value_pos = name_len + (name_len < len ? 1 : 0);

    if (*bytes == '\0')
        return false;
    *ret_parameter = (struct parameter){.name = find_name(bytes, name_len),
                                        .value = bytes + value_pos,
                                        .value_len = len - value_pos};
    *query += len;
    *query += **query == '&';
    return true;
}

/* Reads one parameter, which is there the first time; false if it makes the query invalid. */
static bool read_parameter(const struct parameter *parameter, bool is_first, struct xs_query *query)
{
    struct decoded value = {.len = 0};
    bool is_fine;

    if (parameter->name == NAME_JID)
        return ++query->jid_count <= XS_QUERY_JIDS_MAX;
    is_fine = is_first && decode(parameter->value, parameter->value_len, XS_LABEL_MAX, &value);
    switch (parameter->name) {
    case NAME_FORMAT:
        return is_fine ? read_format(&value, query) : forget_format(query);
    case NAME_STYLE:
        return is_fine && xs_badge_style_from_word(value.bytes, value.len, &query->style);
    case NAME_LABEL:
        return is_fine && read_label(&value, query);
    default: /* NAME_ANY */
        return is_fine && read_any(&value, query);
    }
}

/* Reads all parameters, also after one that is wrong: another may still name the format. */
static bool read_parameters(const char *query, struct xs_query *ret_query)
{
    bool seen[NAME_COUNT] = {false};
    struct parameter parameter;
    bool ok = true;

    for (size_t count = 0; take_parameter(&query, &parameter); count++) {
        if (count == XS_QUERY_PARAMETERS_MAX)
            return false;
        if (parameter.name == NAME_COUNT)
            continue;
        ok = read_parameter(&parameter, !seen[parameter.name], ret_query) && ok;
        seen[parameter.name] = true;
    }
    return ok;
}

/*
 * Says whether the query keeps to its length. As browsers send them, bytes beyond ASCII have three
 * each; sent plainly there would be room for three times as many of the characters that cost most.
 */
static bool is_short(const char *query)
{
    size_t len = 0;

    while (*query != '\0' && len <= XS_QUERY_MAX)
        len += (unsigned char)*query++ < 0x80 ? 1 : 3;
    return len <= XS_QUERY_MAX;
}

void xs_query_parse(const char *query, struct xs_query *ret_query)
{
    memset(ret_query, 0, sizeof *ret_query);
    ret_query->is_valid = true;
    if (query == NULL)
        return;
    ret_query->is_valid = is_short(query) && read_parameters(query, ret_query);
}

enum xs_error xs_query_next_jid(const char **query, struct xs_jid *ret_jid)
{
    struct parameter parameter;
    char raw[XS_JID_RAW_MAX + 1];
    size_t raw_len;

    do {
        if (!take_parameter(query, &parameter))
            return XS_ERROR_NOT_FOUND;
    } while (parameter.name != NAME_JID);
    if (!xs_percent_decode(parameter.value, parameter.value_len, XS_PERCENT_PLUS_IS_PLUS,
                           XS_JID_RAW_MAX, raw, &raw_len))
        return XS_ERROR_INVALID;
    return xs_jid_parse(raw, raw_len, ret_jid);
}
