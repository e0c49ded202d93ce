#include "percent.h"

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

bool xs_percent_decode(const char *bytes, size_t len, enum xs_percent_plus plus, size_t max,
                       char *ret_bytes, size_t *ret_len)
{
    size_t out = 0;

    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];

        if (out == max)
            return false;
        if (c == '+' && plus == XS_PERCENT_PLUS_IS_SPACE)
            c = ' ';
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(bytes[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(bytes[i + 2]) : -1;

            if (low < 0)
                return false;
            c = (char)(unsigned char)(high * 16 + low);
            i += 2;
        }
        ret_bytes[out++] = c;
    }
    ret_bytes[out] = '\0';
    *ret_len = out;
    return true;
}
