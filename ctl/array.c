#include "array.h"

#include <stdlib.h>

/* Room of the first allocation; it doubles from there. */
#define ROOM_MIN 16

void *xs_array_reserve(void *items, size_t count, size_t *room, size_t size)
{
    size_t wanted = *room > 0 ? 2 * *room : ROOM_MIN;
    void *moved;

    if (count < *room)
        return items;
    moved = reallocarray(items, wanted, size);
    if (moved != NULL)
        *room = wanted;
    return moved;
}
