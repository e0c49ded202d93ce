/*
 * evidence.h: everything that Redis says about one JID, as facts and as it stands there.
 *
 * I/O through redis.h.
 */
#ifndef XS_EVIDENCE_H
#define XS_EVIDENCE_H

#include "explain.h"
#include "facts.h"
#include "jid.h"
#include "redis.h"

/* What was found. Start with {0}; end with xs_evidence_free. */
struct xs_evidence {
    struct xs_facts facts; /* texts live as long as the evidence */
    struct xs_flaws flaws;
    redisReply *flags; /* private, as are the next two */
    redisReply *lease;
    redisReply *record;
};

/* A value as it stands in Redis: bytes of any content, borrowed; NULL if it is absent. */
struct xs_raw {
    const char *bytes;
    size_t len;
};

/*
 * Collects the evidence about a JID in one round trip. Errors: those of xs_redis_open,
 * xs_redis_exchange and xs_facts_parse; `info` then says what was tried and why it failed. On
 * failure `ret_evidence` is untouched.
 */
enum xs_error xs_evidence_get(struct xs_redis *redis, const struct xs_jid *jid,
                              struct xs_evidence *ret_evidence, struct xs_error_info *info);

/* Frees what the evidence holds. */
void xs_evidence_free(struct xs_evidence *evidence);

/* Each returns a value as it stands in Redis; absent also if its key has the wrong type. */
struct xs_raw xs_evidence_domain_flag(const struct xs_evidence *evidence);
struct xs_raw xs_evidence_user_flag(const struct xs_evidence *evidence);
struct xs_raw xs_evidence_lease(const struct xs_evidence *evidence);

/* Says whether a flag's value is something that a panel may write: `no` or a well-formed `yes`. */
bool xs_flag_is_valid(const char *value, size_t value_len);

#endif
