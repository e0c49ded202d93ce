/*
 * params.h: the name-value pairs of a FastCGI request, checked before libfcgi reads them.
 *
 * libfcgi allocates whatever a length field announces, up to 2 GiB for each pair, before it looks
 * whether the bytes are there. So the lengths are walked first. Pure; no I/O.
 */
#ifndef XS_PARAMS_H
#define XS_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one name or value at most. */
#define XS_PARAM_MAX 32768

/*
 * A walk through the pairs, which may be cut anywhere between records. A plain value; starts as
 * all zero.
 */
struct xs_params {
    size_t text_left;         /* bytes of the current name and value still to come */
    size_t pair_len;          /* the name's length, once it is known */
    uint32_t length;          /* the length field being read */
    unsigned length_left;     /* bytes of that field still to come */
    bool name_length_is_read; /* the next length is a value's */
};

/*
 * Walks on over the next `len` bytes. Returns false if a length exceeds XS_PARAM_MAX or a name or
 * value contains NUL, which would cut it short in C; the walk is then over. FastCGI 1.0 section
 * 3.4.
 */
bool xs_params_walk(struct xs_params *params, const unsigned char *bytes, size_t len);

/* Says whether the walk stands between two pairs, where the parameters may end. */
bool xs_params_is_whole(const struct xs_params *params);

#endif
