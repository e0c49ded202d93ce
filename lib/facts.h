/*
 * facts.h: what Redis says about one JID, and the answer that follows from it.
 *
 * Replies in, facts out; facts and the time in, answer out. Pure; no I/O.
 */
#ifndef XS_FACTS_H
#define XS_FACTS_H

#include <stdint.h>

#include "error.h"
#include "lease.h"
#include "presence.h"
#include "publish.h"

struct redisReply;

enum xs_record_state {
    XS_RECORD_ABSENT,
    XS_RECORD_DAMAGED, /* no valid type, a value out of its set or range, or not a hash */
    XS_RECORD_SOUND,
    XS_RECORD_UNREAD /* withheld, see xs_facts_parse_published */
};

/* What in Redis is not as the contract has it, for the operator to hear of. */
enum xs_damage {
    XS_DAMAGE_NONE,
    XS_DAMAGE_FLAGS, /* of the wrong type, or a value that is neither a yes nor a no */
    XS_DAMAGE_LEASE, /* of the wrong type, or not of the form of a lease */
    XS_DAMAGE_RECORD,
    XS_DAMAGE_COUNT
};

/* Everything an answer rests on. A plain value; the presence's texts are borrowed. */
struct xs_facts {
    struct xs_publish domain_publish;
    struct xs_publish user_publish;
    struct xs_lease lease;
    enum xs_record_state record;
    struct xs_presence presence; /* meaningful only if the record is sound */
    enum xs_damage damage;       /* the first that there is, in the order of the enum */
};

enum xs_answer {
    XS_ANSWER_PRESENCE,  /* 200: the state is known and published */
    XS_ANSWER_NOT_FOUND, /* 404: not published, blocked, unknown: all the same */
    XS_ANSWER_UNTRUSTED, /* 503: published, but nobody vouches for the records now */
    XS_ANSWER_COUNT
};

/* The fields that a lookup asks for, in the order in which xs_facts_parse expects the values. */
#define XS_RECORD_FIELDS      "type", "show", "last", "status", "lang"
#define XS_RECORD_FIELD_COUNT 5

/*
 * Turns the three replies of a lookup into facts.
 *
 * `flags` answers HMGET of the domain's flags (domain, then user), `lease` answers GET, `record`
 * answers HMGET of XS_RECORD_FIELDS. None may be NULL; the record's texts are cleaned in place and
 * the facts borrow them until it is freed. A key of the wrong type is a closed flag, a lease that
 * does not exist, a damaged record.
 *
 * Returns XS_OK; XS_ERROR_UNAVAILABLE if Redis refused (LOADING, NOAUTH, NOPERM, MASTERDOWN, any
 * error but WRONGTYPE); XS_ERROR_PROTOCOL if a reply has a shape that its command cannot have. On
 * failure `ret_facts` is untouched.
 */
enum xs_error xs_facts_parse(const struct redisReply *flags, const struct redisReply *lease,
                             struct redisReply *record, struct xs_facts *ret_facts);

/*
 * The same for a stranger who asks: a record that the flags withhold is left XS_RECORD_UNREAD. What
 * is in it would show in the time that reading it takes.
 */
enum xs_error xs_facts_parse_published(const struct redisReply *flags,
                                       const struct redisReply *lease, struct redisReply *record,
                                       struct xs_facts *ret_facts);

/*
 * Takes from a presence what flags withhold, `publish` being the domain's and the user's combined:
 * last activity becomes XS_LAST_UNKNOWN, status and language NULL.
 */
void xs_facts_withhold(struct xs_publish publish, struct xs_presence *presence);

/*
 * Decides the answer at `now_s` (Unix second), in the order of the contract: the domain's flag, the
 * lease, the user's flag, the record.
 *
 * With XS_ANSWER_PRESENCE, `ret_presence` is what may be published: withheld last activity is
 * XS_LAST_UNKNOWN and a withheld status is NULL, so no writer can leak them. Its texts are borrowed
 * from `facts`. With the other answers it is untouched.
 */
enum xs_answer xs_facts_decide(const struct xs_facts *facts, int64_t now_s,
                               struct xs_presence *ret_presence);

#endif
