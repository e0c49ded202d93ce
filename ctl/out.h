/*
 * out.h: what a command prints, as lines for people or as one JSON document for programs.
 *
 * Lines are written as they come; the document is collected and written at the end. Calls for the
 * other form do nothing, so a command can say both. The first failure is kept until the end. I/O on
 * one stream only.
 */
#ifndef XS_OUT_H
#define XS_OUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"

/* Fields are private to out.c. */
struct xs_out {
    FILE *stream;
    bool json;
    cJSON *root;         /* NULL: lines, or out of memory */
    enum xs_error error; /* the first failure */
};

/* Starts the output on `stream`. xs_out_finish must follow. */
void xs_out_start(struct xs_out *out, FILE *stream, bool json);

/* Writes the document, if it is to be one, and ends the output. Returns the first failure:
 * XS_ERROR_NOMEM, or XS_ERROR_SYSTEM if writing failed (errno says why). */
enum xs_error xs_out_finish(struct xs_out *out);

/* Starts the document afresh: what was collected is dropped. */
void xs_out_restart(struct xs_out *out);

/* Returns the document's outermost object, for the calls below. NULL for lines. */
cJSON *xs_out_root(struct xs_out *out);

/*
 * Adds an empty list, or an empty object, to an object under a name; or an empty object to a list.
 * Borrowed. NULL for lines, or if out of memory; the calls below accept that.
 */
cJSON *xs_out_list(struct xs_out *out, cJSON *object, const char *name);
cJSON *xs_out_object(struct xs_out *out, cJSON *object, const char *name);
cJSON *xs_out_item(struct xs_out *out, cJSON *list);

/*
 * Each adds a member to an object. The text is `len` bytes of any content, escaped as by xs_quote
 * if it is not valid UTF-8 or contains NUL; NULL gives null.
 */
void xs_out_text(struct xs_out *out, cJSON *object, const char *name, const char *bytes,
                 size_t len);
void xs_out_word(struct xs_out *out, cJSON *object, const char *name, const char *word);
void xs_out_number(struct xs_out *out, cJSON *object, const char *name, int64_t number);
void xs_out_bool(struct xs_out *out, cJSON *object, const char *name, bool value);

/* Writes printf-style text, for lines only. Texts from outside belong into xs_out_quoted. */
void xs_out_print(struct xs_out *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes bytes of any content, escaped by xs_quote, for lines only. */
void xs_out_quoted(struct xs_out *out, const char *bytes, size_t len);

#endif
