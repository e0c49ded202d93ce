#include "params.h"

#include <string.h>

/* The top bit of a length's first byte says that the length has four bytes, not one. */
#define LONG_LENGTH      0x80u
#define LONG_LENGTH_REST 3

static bool walk_length(struct xs_params *params, unsigned char byte)
{
    if (params->length_left > 0) {
        params->length = params->length << 8 | byte;
        params->length_left--;
    } else {
        params->length = byte & ~LONG_LENGTH;
        params->length_left = (byte & LONG_LENGTH) != 0 ? LONG_LENGTH_REST : 0;
    }
    if (params->length_left > 0)
        return true;
    if (params->length > XS_PARAM_MAX)
        return false;
    if (params->name_length_is_read)
        params->text_left = params->pair_len + params->length;
    else
        params->pair_len = params->length;
    params->name_length_is_read = !params->name_length_is_read;
    return true;
}

bool xs_params_walk(struct xs_params *params, const unsigned char *bytes, size_t len)
{
    size_t pos = 0;

    while (pos < len) {
        if (params->text_left > 0) {
            size_t rest = len - pos;
            size_t text_len = params->text_left < rest ? params->text_left : rest;

            if (memchr(bytes + pos, '\0', text_len) != NULL)
                return false;
            params->text_left -= text_len;
            pos += text_len;
        } else if (!walk_length(params, bytes[pos++])) {
            return false;
        }
    }
    return true;
}

bool xs_params_is_whole(const struct xs_params *params)
{
    return params->text_left == 0 && params->length_left == 0 && !params->name_length_is_read;
}
