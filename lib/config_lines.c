#include "config_lines.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BLANKS " \t\r\n\v\f"

/* What inih hands from call to call. */
struct reader {
    FILE *file;
    size_t line_max;
    const struct xs_lines_handler *handler;
    struct xs_lines_place place; /* of the line read last */
    enum xs_error error;         /* the first, which ends the reading */
};

/* Records a problem with the current line, for which there is no key. */
static void complain(struct reader *reader, enum xs_error code, const char *why)
{
    reader->error = xs_error_set(reader->place.info, code, "%s:%d: %s", reader->place.path,
                                 reader->place.line, why);
}

/* Reads a line without its newline. False at the end of the file or after an error. */
static bool read_line(struct reader *reader, char *line)
{
    size_t len = 0;
    int c;

    reader->place.line++;
    while ((c = getc(reader->file)) != EOF && c != '\n') {
        if (c == '\0') {
            complain(reader, XS_ERROR_INVALID, "contains a NUL byte");
            return false;
        }
        if (len == reader->line_max) {
            complain(reader, XS_ERROR_TOO_LONG, "the line is too long");
            return false;
        }
        line[len++] = (char)c;
    }
    line[len] = '\0';
    if (c == EOF && ferror(reader->file)) {
        reader->error = xs_error_set(reader->place.info, XS_ERROR_NOT_FOUND,
                                     "%s: cannot be read: %s", reader->place.path, strerror(errno));
        return false;
    }
    return c != EOF || len > 0;
}

/*
 * Hands a section header over. inih says nothing of empty sections, cuts long names and ignores
 * what follows the bracket, so headers are not left to it.
 */
static void take_section(struct reader *reader, char *header)
{
    char *bracket = strchr(header, ']');
    const char *rest;

    if (bracket == NULL) {
        complain(reader, XS_ERROR_INVALID, "a section without ']'");
        return;
    }
    rest = bracket + 1 + strspn(bracket + 1, BLANKS);
    if (*rest != '\0' && *rest != ';' && *rest != '#') {
        complain(reader, XS_ERROR_INVALID, "text after the section's ']'");
        return;
    }
    *bracket = '\0';
    reader->error = reader->handler->section(reader->handler->user, &reader->place, header + 1);
}

/* inih's reader: gives it a line, section headers as empty ones. */
static char *next_line(char *line, int size, void *user)
{
    struct reader *reader = user;
    char *start;

    if (reader->error != XS_OK || size < 0 || (size_t)size < reader->line_max + 1)
        return NULL;
    if (!read_line(reader, line))
        return NULL;
    start = line + strspn(line, BLANKS);
    if (*start == '[') {
        take_section(reader, start);
        line[0] = '\0';
    }
    return reader->error == XS_OK ? line : NULL;
}

/* inih's handler: non-zero to go on. */
static int take_setting(void *user, const char *section, const char *key, const char *value)
{
    struct reader *reader = user;

    (void)section; /* always the one before the first header, see next_line */
    reader->error = reader->handler->setting(reader->handler->user, &reader->place, key, value);
    return reader->error == XS_OK;
}

static void configure_inih(size_t line_max)
{
    ini_max_line = (int)line_max + 3; /* inih's rule: two for the line's end, one for NUL */
    ini_initial_alloc = ini_max_line;
    ini_use_stack = false; /* the stack's buffer has a size of its own */
    ini_allow_realloc = false;
    ini_allow_multiline = false;
    ini_allow_bom = false;
    ini_allow_no_value = false;
    ini_stop_on_first_error = true;
}

enum xs_error xs_lines_read(const char *path, size_t line_max,
                            const struct xs_lines_handler *handler, struct xs_error_info *info)
{
    struct reader reader = {
        .file = fopen(path, "re"),
        .line_max = line_max,
        .handler = handler,
        .place = {.path = path, .info = info},
    };
    int result;

    if (reader.file == NULL)
        return xs_error_set(info, XS_ERROR_NOT_FOUND, "%s: cannot be opened: %s", path,
                            strerror(errno));
    configure_inih(line_max);
    result = ini_parse_stream(next_line, &reader, take_setting, &reader);
    fclose(reader.file); /* only read from: nothing can be lost */
    if (reader.error != XS_OK)
        return reader.error;
    if (result < 0)
        return xs_error_set(info, XS_ERROR_NOMEM, "%s: out of memory", path);
    if (result > 0)
        complain(&reader, XS_ERROR_INVALID, "neither [SECTION] nor KEY = VALUE");
    return reader.error;
}

enum xs_error xs_lines_complain(const struct xs_lines_place *place, const char *what,
                                const char *why)
{
    return xs_error_set(place->info, XS_ERROR_INVALID, "%s:%d: %s: %s", place->path, place->line,
                        what, why);
}

enum xs_error xs_lines_complain_repeated(const struct xs_lines_place *place, const char *what,
                                         int first_line)
{
    return xs_error_set(place->info, XS_ERROR_INVALID, "%s:%d: %s: repeated, first on line %d",
                        place->path, place->line, what, first_line);
}

enum xs_error xs_lines_no_memory(const struct xs_lines_place *place)
{
    return xs_error_set(place->info, XS_ERROR_NOMEM, "%s: out of memory", place->path);
}
