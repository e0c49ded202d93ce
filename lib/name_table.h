/*
 * name_table.h: uthash as it is used here, for tables by names that strangers choose.
 *
 * Names are hashed with a seed, so that nobody can make up many that fall together. Out of memory,
 * HASH_ADD leaves the element out, whose `hh.tbl` then is NULL, instead of ending the process.
 * Include it in place of uthash.h; a library of its own, xs::name_table: ctl has no table.
 */
#ifndef XS_NAME_TABLE_H
#define XS_NAME_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* What names are hashed with. One for each owner of tables. */
struct xs_name_seed {
    uint64_t value;
};

/* Makes a seed. While the kernel has no randomness yet, that is a guess. */
void xs_name_seed_init(struct xs_name_seed *ret_seed);

/* Returns the hash of the `len` bytes of a name, for HASH_FIND_BYHASHVALUE and the like. */
unsigned xs_name_hash(const struct xs_name_seed *seed, const char *name, size_t len);

#endif
