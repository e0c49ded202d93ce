#include "config_strings.h"

#include <stdlib.h>
#include <string.h>

struct xs_config_strings {
    struct xs_config_strings *next;
    char text[];
};

const char *xs_config_strings_keep(struct xs_config_strings **strings, const char *text, size_t len)
{
    struct xs_config_strings *entry = malloc(sizeof *entry + len + 1);

    if (entry == NULL)
        return NULL;
    memcpy(entry->text, text, len);
    entry->text[len] = '\0';
    entry->next = *strings;
    *strings = entry;
    return entry->text;
}

void xs_config_strings_free(struct xs_config_strings *strings)
{
    while (strings != NULL) {
        struct xs_config_strings *next = strings->next;

        free(strings);
        strings = next;
    }
}
