/*
 * head.h: the heads of answers.
 *
 * What does not change from one answer to the next is put together once. Pure; no I/O.
 */
#ifndef XS_HEAD_H
#define XS_HEAD_H

#include <stddef.h>

#include "condition.h"
#include "format.h"

/* Bytes of an answer's head at most, terminator included. */
#define XS_HEAD_SIZE 1024

/* The kinds of answers that have a body of their own. */
enum xs_head_kind {
    XS_HEAD_PRESENCE,
    XS_HEAD_UNCHANGED,
    XS_HEAD_PARTIAL, /* a list in which something cannot be known now */
    XS_HEAD_PARTIAL_UNCHANGED,
    XS_HEAD_BAD_REQUEST,
    XS_HEAD_MALFORMED,
    XS_HEAD_NOT_FOUND,
    XS_HEAD_METHOD,
    XS_HEAD_WAIT,
    XS_HEAD_FULL,
    XS_HEAD_COUNT
};

/* Bytes of a part of a head at most, terminator included. */
#define XS_HEAD_PART_SIZE 384

/* A part of a head. */
struct xs_head_part {
    size_t len; /* bytes without the terminator */
    char bytes[XS_HEAD_PART_SIZE];
};

/* What heads are made of: what comes before the length of the body, and what comes after it. */
struct xs_heads {
    struct xs_head_part before[XS_HEAD_COUNT][XS_FORMAT_COUNT];
    struct xs_head_part after[XS_HEAD_COUNT];
};

/* Prepares heads. `max_age_s`, 0..86400, is how many seconds others may keep an answer. */
void xs_heads_init(struct xs_heads *heads, int max_age_s);

/*
 * Writes the head of an answer, in CGI's form: Status, headers, an empty line. `body_len` is the
 * length of the body in bytes, left out with 304; `etag` is "" for none. Returns the bytes written
 * without the terminator. RFC 3875 section 6, RFC 9110.
 */
size_t xs_heads_write(const struct xs_heads *heads, enum xs_head_kind kind, enum xs_format format,
                      size_t body_len, const char *etag, char ret_head[XS_HEAD_SIZE]);

/* The same for an answer to OPTIONS, which has no body, and for a stream of events. */
size_t xs_head_write_options(enum xs_format format, char ret_head[XS_HEAD_SIZE]);
size_t xs_head_write_stream(char ret_head[XS_HEAD_SIZE]);

/* Returns the status of a kind of answer, and the condition in its body, of no meaning below 400.
 */
int xs_head_status(enum xs_head_kind kind);
enum xs_condition xs_head_condition(enum xs_head_kind kind);

#endif
