/*
 * entries.h: names with values, as a scan of Redis brings them: in any order, some twice.
 *
 * Memory only; no I/O.
 */
#ifndef XS_ENTRIES_H
#define XS_ENTRIES_H

#include <stddef.h>

#include "error.h"

/* Entries at most that one list holds. */
#define XS_ENTRIES_MAX 1000000

/* One name and its value. Bytes of any content, each with a terminator behind. */
struct xs_entry {
    char *name;
    size_t name_len;
    char *value; /* NULL if entries have no values here */
    size_t value_len;
};

/* A list of entries. Start with {0}; end with xs_entries_free. */
struct xs_entries {
    struct xs_entry *items; /* `count` of them; NULL if there is no room yet */
    size_t count;
    size_t room;
};

/*
 * Appends a copy of a name and of a value (NULL for none), bytes of any content. Returns XS_OK,
 * XS_ERROR_TOO_LONG (there are XS_ENTRIES_MAX already) or XS_ERROR_NOMEM; on failure the list is as
 * it was.
 */
enum xs_error xs_entries_add(struct xs_entries *entries, const char *name, size_t name_len,
                             const char *value, size_t value_len);

/* Sorts by name, byte by byte, and keeps one entry of each name. */
void xs_entries_sort(struct xs_entries *entries);

/* Frees what the list holds and leaves it empty. */
void xs_entries_free(struct xs_entries *entries);

#endif
