/*
 * config_lines.h: an INI file, line by line, through inih; strict where inih is lenient.
 *
 * Private to the configuration. Does I/O on the file only. inih keeps its settings in global
 * variables, so this is not for several threads at once.
 */
#ifndef XS_CONFIG_LINES_H
#define XS_CONFIG_LINES_H

#include <stddef.h>

#include "error.h"

/* Where in the file something stands, and where to complain about it. */
struct xs_lines_place {
    const char *path;           /* as given to xs_lines_read */
    int line;                   /* from 1 */
    struct xs_error_info *info; /* may be NULL */
};

/*
 * What is called for each section header and each setting, in the order of the file. Strings are
 * NUL-terminated and live for the call only. A result other than XS_OK ends the reading.
 */
struct xs_lines_handler {
    enum xs_error (*section)(void *user, const struct xs_lines_place *place, const char *name);
    enum xs_error (*setting)(void *user, const struct xs_lines_place *place, const char *key,
                             const char *value);
    void *user;
};

/*
 * Reads the file at `path`, lines of at most `line_max` bytes without the newline. Comments start
 * with ';' or '#' at the start of a line, or with " ;" after a value.
 *
 * Returns XS_OK; XS_ERROR_NOT_FOUND (cannot be opened or read), XS_ERROR_TOO_LONG (a line),
 * XS_ERROR_INVALID (syntax, NUL), XS_ERROR_NOMEM; or what a handler returned. `info`, if not NULL,
 * then holds the file, the line and why.
 */
enum xs_error xs_lines_read(const char *path, size_t line_max,
                            const struct xs_lines_handler *handler, struct xs_error_info *info);

/*
 * Records a problem with `what`, a key or a section, at a line of the file. Returns
 * XS_ERROR_INVALID.
 */
enum xs_error xs_lines_complain(const struct xs_lines_place *place, const char *what,
                                const char *why);

/* The same of what is there twice; the first one is on `first_line`. */
enum xs_error xs_lines_complain_repeated(const struct xs_lines_place *place, const char *what,
                                         int first_line);

/* Records that there is no memory. Returns XS_ERROR_NOMEM. */
enum xs_error xs_lines_no_memory(const struct xs_lines_place *place);

#endif
