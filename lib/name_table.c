#include "name_table.h"

#include <sys/random.h>
#include <sys/types.h>
#include <xxhash.h>

void xs_name_seed_init(struct xs_name_seed *ret_seed)
{
    if (getrandom(&ret_seed->value, sizeof ret_seed->value, GRND_NONBLOCK) !=
        (ssize_t)sizeof ret_seed->value)
        ret_seed->value = (uintptr_t)ret_seed; /* where it lies is hard to know as well */
}

unsigned xs_name_hash(const struct xs_name_seed *seed, const char *name, size_t len)
{
    return (unsigned)XXH3_64bits_withSeed(name, len, seed->value);
}
