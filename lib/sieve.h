/*
 * sieve.h: takes overlong values out of what Redis sends, before they take memory.
 *
 * Redis may hold values of up to 512 MiB, and a client has to read what it has asked for. So the
 * bytes run through here on their way to the parser. Pure; no I/O.
 */
#ifndef XS_SIEVE_H
#define XS_SIEVE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a line that are held back at most, as it may announce a value. */
#define XS_SIEVE_HELD_MAX 32

/* Bytes that a piece may grow by: what was held back, and a replacement that is longer by a few. */
#define XS_SIEVE_GROWTH (XS_SIEVE_HELD_MAX + 8)

/* What comes in the place of an overlong value: no text, as it is not UTF-8, and no word. */
#define XS_SIEVE_VALUE "\xFF"

/* The state of a stream. A plain value; starts as all zero but for `value_max`. */
struct xs_sieve {
    size_t value_max;        /* bytes of a value at most */
    unsigned long long left; /* bytes of the current value, with its newline, still to come */
    bool is_dropping;        /* those are dropped */
    bool is_plain_line;      /* in a line that announces no value */
    bool is_after_return;    /* its last byte was a carriage return */
    size_t held_len;         /* bytes of a line that may announce one */
    char held[XS_SIEVE_HELD_MAX];
};

/*
 * Passes on the next `len` bytes of a stream in RESP2. Writes up to `len` + XS_SIEVE_GROWTH bytes
 * to `ret_bytes` and returns how many. A bulk string of more than `value_max` bytes comes out as
 * XS_SIEVE_VALUE; everything else as it is, be it valid or not.
 */
size_t xs_sieve_pass(struct xs_sieve *sieve, const char *bytes, size_t len, char *ret_bytes);

#endif
