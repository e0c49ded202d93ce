#include "sieve.h"

#include <string.h>

/* Digits of a length at most; Redis has no values of more than 512 MiB. */
#define DIGITS_MAX 18

static const char replacement[] = "$1\r\n" XS_SIEVE_VALUE "\r\n";

/* Reads the length in a line "$LENGTH\r\n"; false if it is none, -1 for nil for example. */
static bool read_length(const char *line, size_t len, unsigned long long *ret_length)
{
    unsigned long long length = 0;

    if (len < 4 || len - 3 > DIGITS_MAX || line[len - 2] != '\r')
        return false;
    for (size_t i = 1; i < len - 2; i++) {
        if (line[i] < '0' || line[i] > '9')
            return false;
        length = length * 10 + (unsigned long long)(line[i] - '0');
    }
    *ret_length = length;
    return true;
}

/* Passes on the line that was held back, which is complete or too long to announce a value. */
static size_t release_line(struct xs_sieve *sieve, char *ret_bytes)
{
    unsigned long long length = 0;
    size_t len = sieve->held_len;

    sieve->held_len = 0;
    if (read_length(sieve->held, len, &length)) {
        sieve->left = length + 2;
        sieve->is_dropping = length > sieve->value_max;
    }
    if (sieve->is_dropping) {
        memcpy(ret_bytes, replacement, sizeof replacement - 1);
        return sizeof replacement - 1;
    }
    memcpy(ret_bytes, sieve->held, len);
    return len;
}

/* Takes bytes of the current value; returns how many. */
static size_t pass_value(struct xs_sieve *sieve, const char *bytes, size_t len, char *ret_bytes,
                         size_t *ret_len)
{
    size_t taken = sieve->left < len ? (size_t)sieve->left : len;

    *ret_len = 0;
    if (!sieve->is_dropping) {
        memcpy(ret_bytes, bytes, taken);
        *ret_len = taken;
    }
    sieve->left -= taken;
    if (sieve->left == 0)
        sieve->is_dropping = false;
    return taken;
}

/*
 * Takes bytes of a line that announces nothing, up to its end. That is a carriage return and a
 * newline, as for the parser: with a newline alone the two would go separate ways.
 */
static size_t pass_plain_line(struct xs_sieve *sieve, const char *bytes, size_t len,
                              char *ret_bytes)
{
    size_t taken = 0;

    sieve->is_plain_line = true;
    while (taken < len && sieve->is_plain_line) {
        sieve->is_plain_line = bytes[taken] != '\n' || !sieve->is_after_return;
        sieve->is_after_return = bytes[taken] == '\r';
        taken++;
    }
    memcpy(ret_bytes, bytes, taken);
    return taken;
}

/* Holds back the next byte of a line that may announce a value; returns what it releases. */
static size_t hold(struct xs_sieve *sieve, char byte, char *ret_bytes)
{
    size_t len;

    sieve->held[sieve->held_len++] = byte;
    len = sieve->held_len;
    if (byte == '\n' && sieve->held[len - 2] == '\r')
        return release_line(sieve, ret_bytes);
    if (len < sizeof sieve->held)
        return 0;
    memcpy(ret_bytes, sieve->held, len);
    sieve->held_len = 0;
    sieve->is_plain_line = true;
    sieve->is_after_return = byte == '\r';
    return len;
}

size_t xs_sieve_pass(struct xs_sieve *sieve, const char *bytes, size_t len, char *ret_bytes)
{
    size_t out = 0;
    size_t pos = 0;

    while (pos < len) {
        if (sieve->left > 0) {
            size_t passed = 0;

            pos += pass_value(sieve, bytes + pos, len - pos, ret_bytes + out, &passed);
            out += passed;
        } else if (sieve->held_len > 0 || (!sieve->is_plain_line && bytes[pos] == '$')) {
            out += hold(sieve, bytes[pos++], ret_bytes + out);
        } else {
            size_t taken = pass_plain_line(sieve, bytes + pos, len - pos, ret_bytes + out);

            pos += taken;
            out += taken;
        }
    }
    return out;
}
