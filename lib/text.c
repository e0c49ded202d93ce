#include "text.h"

#include <libxml/chvalid.h>
#include <libxml/xmlstring.h>
#include <stdint.h>
#include <string.h>
#include <unistr.h>

/* Bytes of one UTF-8 character at most. */
#define CHARACTER_MAX 4

bool xs_text_is_ascii(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)bytes[i] >= 0x80)
            return false;
    }
    return true;
}

bool xs_text_is_utf8(const char *bytes, size_t len)
{
    /* This refuses overlong forms and surrogates; libxml2's own check lets some through. */
    return u8_check((const uint8_t *)bytes, len) == NULL;
}

size_t xs_text_clean(char *text, size_t len, size_t max_chars)
{
    size_t kept = 0;
    size_t chars = 0;

    for (size_t pos = 0; pos < len && chars < max_chars;) {
        int char_len = (int)(len - pos < CHARACTER_MAX ? len - pos : CHARACTER_MAX);
        int character = xmlGetUTF8Char((const xmlChar *)text + pos, &char_len);

        if (character < 0) { /* not valid UTF-8 after all: drop the byte */
            pos++;
            continue;
        }
        if (xmlIsCharQ((unsigned)character)) {
            memmove(text + kept, text + pos, (size_t)char_len);
            kept += (size_t)char_len;
            chars++;
        }
        pos += (size_t)char_len;
    }
    text[kept] = '\0';
    return kept;
}
