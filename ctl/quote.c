#include "quote.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Bytes of one escape. */
#define ESCAPE_LEN 4

/* Characters of more than one byte that are escaped: from and to, as UTF-8. */
static const struct {
    const char *first;
    const char *last;
} hidden[] = {
    {"\xC2\x80", "\xC2\x9F"},         /* C1 controls */
    {"\xD8\x9C", "\xD8\x9C"},         /* Arabic letter mark */
    {"\xE2\x80\x8B", "\xE2\x80\x8F"}, /* zero width, direction marks */
    {"\xE2\x80\xA8", "\xE2\x80\xAE"}, /* separators, embeddings and overrides */
    {"\xE2\x81\xA0", "\xE2\x81\xAF"}, /* word joiner, isolates, other invisible characters */
    {"\xEF\xBB\xBF", "\xEF\xBB\xBF"}, /* byte order mark */
};

/* Counts the bytes of the UTF-8 character that starts with `lead`. */
static size_t character_len(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xE0)
        return 2;
    return lead < 0xF0 ? 3 : 4;
}

static bool is_hidden(const char *character, size_t len)
{
    unsigned char c = (unsigned char)character[0];

    if (len == 1)
        return c < 0x20 || c == 0x7f || c == '\\';
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        if (strlen(hidden[i].first) == len && memcmp(character, hidden[i].first, len) >= 0 &&
            memcmp(character, hidden[i].last, len) <= 0)
            return true;
    }
    return false;
}

static size_t escape(const char *bytes, size_t len, char *out)
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];

        *out++ = '\\';
        *out++ = 'x';
        *out++ = hex[c >> 4];
        *out++ = hex[c & 0xf];
    }
    return ESCAPE_LEN * len;
}

char *xs_quote(const char *bytes, size_t len)
{
    bool is_text = xs_text_is_utf8(bytes, len);
    char *text = reallocarray(NULL, len + 1, ESCAPE_LEN);
    size_t text_len = 0;

    if (text == NULL)
        return NULL;
    for (size_t pos = 0; pos < len;) {
        unsigned char lead = (unsigned char)bytes[pos];
        size_t step = is_text ? character_len(lead) : 1;

        if ((lead >= 0x80 && !is_text) || is_hidden(bytes + pos, step)) {
            text_len += escape(bytes + pos, step, text + text_len);
        } else {
            memcpy(text + text_len, bytes + pos, step);
            text_len += step;
        }
        pos += step;
    }
    text[text_len] = '\0';
    return text;
}
