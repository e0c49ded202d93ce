#include "wiping.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(size_t size, void *userdata)
{
    (void)userdata;
    return malloc(size);
}

static void wipe_and_free(void *block, void *userdata)
{
    (void)userdata;
    if (block != NULL)
        explicit_bzero(block, malloc_usable_size(block));
    free(block);
}

/* Never by realloc, which leaves the old block behind as it was. */
static void *move(void *block, size_t size, void *userdata)
{
    size_t old_size = block == NULL ? 0 : malloc_usable_size(block);
    void *moved = malloc(size);

    if (moved == NULL)
        return NULL;
    if (block != NULL)
        memcpy(moved, block, old_size < size ? old_size : size);
    wipe_and_free(block, userdata);
    return moved;
}

const xmpp_mem_t xs_wiping_memory = {.alloc = allocate, .free = wipe_and_free, .realloc = move};
