/*
 * array.h: arrays that grow by one item at a time.
 *
 * Memory only; no I/O.
 */
#ifndef XS_ARRAY_H
#define XS_ARRAY_H

#include <stddef.h>

/*
 * Makes sure that there is room for one more behind the `count` items, of `size` bytes each, of an
 * array from malloc, NULL at first. `room`, 0 at first, is how many fit; it is updated.
 *
 * Returns the array, which may have moved; NULL if out of memory, and then it is as it was. The
 * caller frees it.
 */
void *xs_array_reserve(void *items, size_t count, size_t *room, size_t size);

#endif
