#include "verdict.h"

#include "facts.h"

/* What comes behind the ranks of those who are available, see xs_show_rank. */
enum { RANK_UNTRUSTED = XS_SHOW_COUNT, RANK_OFFLINE, RANK_NOT_FOUND, RANK_MALFORMED };

struct xs_verdict xs_verdict_of(const struct xs_lookup *lookup, int64_t now_s)
{
    struct xs_verdict verdict = {.kind = XS_VERDICT_UNTRUSTED};

    if (lookup->jid.local_len == 0)
        verdict.kind = XS_VERDICT_MALFORMED;
    else if (lookup->error == XS_OK) {
        switch (xs_facts_decide(&lookup->facts, now_s, &verdict.presence)) {
        case XS_ANSWER_PRESENCE:
            verdict.kind = XS_VERDICT_PRESENCE;
            break;
        case XS_ANSWER_NOT_FOUND:
            verdict.kind = XS_VERDICT_NOT_FOUND;
            break;
        default:
            break;
        }
    }
    return verdict;
}

/* Ranks a verdict, the most available first. */
static int rank(const struct xs_verdict *verdict)
{
    switch (verdict->kind) {
    case XS_VERDICT_PRESENCE:
        return verdict->presence.available ? xs_show_rank(verdict->presence.show) : RANK_OFFLINE;
    case XS_VERDICT_UNTRUSTED:
        return RANK_UNTRUSTED;
    case XS_VERDICT_NOT_FOUND:
        return RANK_NOT_FOUND;
    default:
        return RANK_MALFORMED;
    }
}

bool xs_verdict_is_better(const struct xs_verdict *a, const struct xs_verdict *b)
{
    int rank_a = rank(a);
    int rank_b = rank(b);

    if (rank_a != rank_b)
        return rank_a < rank_b;
    /* XS_LAST_UNKNOWN is less than any instant. */
    return a->kind == XS_VERDICT_PRESENCE && a->presence.last_s > b->presence.last_s;
}

enum xs_condition xs_verdict_condition(enum xs_verdict_kind kind)
{
    switch (kind) {
    case XS_VERDICT_UNTRUSTED:
        return XS_CONDITION_REMOTE_SERVER_TIMEOUT;
    case XS_VERDICT_NOT_FOUND:
        return XS_CONDITION_ITEM_NOT_FOUND;
    default:
        return XS_CONDITION_JID_MALFORMED;
    }
}
