#include "entries.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

/* Copies bytes and terminates them. NULL if out of memory. */
static char *copy_bytes(const char *bytes, size_t len)
{
    char *copy = malloc(len + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

enum xs_error xs_entries_add(struct xs_entries *entries, const char *name, size_t name_len,
                             const char *value, size_t value_len)
{
    struct xs_entry copy = {.name_len = name_len, .value_len = value_len};
    struct xs_entry *items;

    if (entries->count >= XS_ENTRIES_MAX)
        return XS_ERROR_TOO_LONG;
    items = xs_array_reserve(entries->items, entries->count, &entries->room, sizeof *items);
    if (items == NULL)
        return XS_ERROR_NOMEM;
    entries->items = items;
    copy.name = copy_bytes(name, name_len);
    if (value != NULL)
        copy.value = copy_bytes(value, value_len);
    if (copy.name == NULL || (value != NULL && copy.value == NULL)) {
        free(copy.name);
        free(copy.value);
        return XS_ERROR_NOMEM;
    }
    items[entries->count++] = copy;
    return XS_OK;
}

static int compare(const void *first, const void *second)
{
    const struct xs_entry *a = first;
    const struct xs_entry *b = second;
    size_t len = a->name_len < b->name_len ? a->name_len : b->name_len;
    int order = memcmp(a->name, b->name, len);

    if (order != 0)
        return order;
    return (a->name_len > b->name_len) - (a->name_len < b->name_len);
}

static void entry_free(struct xs_entry *entry)
{
    free(entry->name);
    free(entry->value);
}

void xs_entries_sort(struct xs_entries *entries)
{
    size_t kept = 0;

    if (entries->count == 0)
        return;
    qsort(entries->items, entries->count, sizeof *entries->items, compare);
    for (size_t i = 1; i < entries->count; i++) {
        if (compare(&entries->items[kept], &entries->items[i]) == 0)
            entry_free(&entries->items[i]);
        else
            entries->items[++kept] = entries->items[i];
    }
    entries->count = kept + 1;
}

void xs_entries_free(struct xs_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        entry_free(&entries->items[i]);
    free(entries->items);
    *entries = (struct xs_entries){.items = NULL};
}
