/*
 * ctl.h: what the commands do, each a function of its own, and what they work with.
 *
 * I/O through redis.h and out.h.
 */
#ifndef XS_CTL_H
#define XS_CTL_H

#include <stdint.h>

#include "entries.h"
#include "error.h"
#include "out.h"
#include "redis.h"
#include "targets.h"

/* What every command works with. Pointers are borrowed. */
struct xs_ctl {
    struct xs_redis *redis;
    struct xs_out *out;
    struct xs_error_info *info; /* says why, when a command returns an error */
    int64_t now_s;              /* Unix second */
    bool refused;               /* out: nothing failed, but the answer is no (exit status 1) */
};

/*
 * The commands. `targets` are normalised and of the kind that the command takes. All return XS_OK,
 * or an error whose cause is in `info`; those that write have then changed nothing, unless Redis
 * did not answer: then they have done all or nothing.
 */

/* Writes `flag` as the flag of each target; NULL removes the flags. */
enum xs_error xs_ctl_set(struct xs_ctl *ctl, const struct xs_targets *targets, const char *flag);

/* Erases flag and record of each user, and takes them out of the set of those online. */
enum xs_error xs_ctl_forget(struct xs_ctl *ctl, const struct xs_targets *targets);

/* Shows for each user the answer that a request gets now, why, and each fact. */
enum xs_error xs_ctl_show(struct xs_ctl *ctl, const struct xs_targets *targets);

/* Lists all flags of a domain. */
enum xs_error xs_ctl_list(struct xs_ctl *ctl, const struct xs_target *domain);

/* Lists what of a domain does not do what was meant; sets `refused` if there is anything. */
enum xs_error xs_ctl_check(struct xs_ctl *ctl, const struct xs_target *domain);

/* Lists all domains that have flags, with lease and numbers. */
enum xs_error xs_ctl_domains(struct xs_ctl *ctl);

/* Prints the normal form of each target. Does not use Redis. */
enum xs_error xs_ctl_normalise(struct xs_ctl *ctl, const struct xs_targets *targets);

#endif
