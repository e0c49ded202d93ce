/*
 * error.h: the one set of error codes of the library and the programs.
 *
 * Functions that can fail return one of these; they never log and never exit. "Nothing is known"
 * and "asked to stop" are outcomes with types of their own, not errors. No I/O.
 */
#ifndef XS_ERROR_H
#define XS_ERROR_H

#include <stddef.h>

enum xs_error {
    XS_OK,
    XS_ERROR_NOMEM,       /* an allocation failed */
    XS_ERROR_INVALID,     /* input from outside breaks its rules */
    XS_ERROR_TOO_LONG,    /* input from outside exceeds a named limit */
    XS_ERROR_NOT_FOUND,   /* a file, section or entry does not exist */
    XS_ERROR_UNAVAILABLE, /* the peer cannot be reached or refuses to serve now */
    XS_ERROR_TIMEOUT,     /* the peer did not answer within the configured time */
    XS_ERROR_PROTOCOL,    /* the peer answered something its protocol does not allow */
    XS_ERROR_SYSTEM,      /* a system call failed; errno says why at the time of return */
    XS_ERROR_COUNT
};

/* Size in bytes of the text in struct xs_error_info, terminator included. */
#define XS_ERROR_TEXT_SIZE 512

/*
 * Why something failed, in words for the operator. Used where a code alone would not help: the
 * configuration and the connection to Redis. Owned by the caller; needs no clean-up.
 */
struct xs_error_info {
    enum xs_error code; /* XS_OK until an error is set */
    char
        text[XS_ERROR_TEXT_SIZE]; /* one line, no newline; may quote unescaped input from outside */
};

/*
 * Returns the fixed English text of a code, for example "out of memory". Never NULL; a value
 * outside the enum gives "unknown error".
 */
const char *xs_error_string(enum xs_error error);

/*
 * Records an error with a printf-style text, cut at XS_ERROR_TEXT_SIZE. The first cause wins: if
 * `info` already holds an error, nothing changes. `info` may be NULL. Returns `code`, so that a
 * caller can write `return xs_error_set(...)`.
 */
enum xs_error xs_error_set(struct xs_error_info *info, enum xs_error code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
