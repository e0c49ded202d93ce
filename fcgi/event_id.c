#include "event_id.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* What stands for XS_EVENT_ID_NONE. */
static const char none[] = "......";

_Static_assert(sizeof none == XS_EVENT_ID_CHARS + 1, "as long as a hash");

size_t xs_event_id_write(uint64_t hash, char ret_text[XS_EVENT_ID_CHARS])
{
    if (hash == XS_EVENT_ID_NONE) {
        memcpy(ret_text, none, XS_EVENT_ID_CHARS);
        return XS_EVENT_ID_CHARS;
    }
    for (size_t i = XS_EVENT_ID_CHARS; i > 0; i--) {
        ret_text[i - 1] = digits[hash & 63];
        hash >>= 6;
    }
    return XS_EVENT_ID_CHARS;
}

/* Says whether a part is none or a hash. */
static bool part_is_valid(const char *part)
{
    if (memcmp(part, none, XS_EVENT_ID_CHARS) == 0)
        return true;
    return strspn(part, digits) >= XS_EVENT_ID_CHARS;
}

bool xs_event_id_is_valid(const char *text, size_t count)
{
    if (count > XS_QUERY_JIDS_MAX || strnlen(text, XS_EVENT_ID_SIZE) != count * XS_EVENT_ID_CHARS)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!part_is_valid(text + i * XS_EVENT_ID_CHARS))
            return false;
    return true;
}

uint64_t xs_event_id_read(const char *text, size_t index)
{
    const char *part = text + index * XS_EVENT_ID_CHARS;
    uint64_t hash = 0;

    if (part[0] == none[0])
        return XS_EVENT_ID_NONE;
    for (size_t i = 0; i < XS_EVENT_ID_CHARS; i++)
        hash = hash << 6 | (uint64_t)(strchr(digits, part[i]) - digits);
    return hash;
}
