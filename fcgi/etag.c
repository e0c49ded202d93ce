#include "etag.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

_Static_assert(XS_ETAG_SIZE == 2 * sizeof(XXH128_canonical_t) + 3, "two digits a byte, and quotes");

void xs_etag_make(const char *body, size_t body_len, char ret_etag[XS_ETAG_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    XXH128_canonical_t hash;
    char *out = ret_etag;

    XXH128_canonicalFromHash(&hash, XXH3_128bits(body, body_len));
    *out++ = '"';
    for (size_t i = 0; i < sizeof hash.digest; i++) {
        *out++ = digits[hash.digest[i] >> 4];
        *out++ = digits[hash.digest[i] & 15];
    }
    *out++ = '"';
    *out = '\0';
}

/* Says how long the tag at `text` is, quotes included; 0 if there is none. */
static size_t tag_len(const char *text)
{
    size_t len = 1;

    if (text[0] != '"')
        return 0;
    while (text[len] == '!' || (unsigned char)text[len] > '"')
        len++;
    return text[len] == '"' ? len + 1 : 0;
}

bool xs_etag_is_named(const char *etag, const char *if_none_match)
{
    const char *pos = if_none_match;
    size_t etag_len = strlen(etag);

    if (pos == NULL || strnlen(pos, XS_IF_NONE_MATCH_MAX + 1) > XS_IF_NONE_MATCH_MAX)
        return false;
    pos += strspn(pos, " \t");
    if (pos[0] == '*')
        return pos[1 + strspn(pos + 1, " \t")] == '\0';
    for (;;) {
        size_t len;

        pos += strspn(pos, " \t,"); /* a list may have empty members */
        if (strncmp(pos, "W/", 2) == 0)
            pos += 2;
        len = tag_len(pos);
        if (len == 0)
            return false;
        if (len == etag_len && memcmp(pos, etag, len) == 0)
            return true;
        pos += len;
        pos += strspn(pos, " \t");
        if (*pos != ',')
            return false;
    }
}
