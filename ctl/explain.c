#include "explain.h"

static const struct {
    const char *word;
    const char *text;
} reasons[XS_REASON_COUNT] = {
    [XS_REASON_FLAGS_FLAWED] = {"flags-flawed",
                                "not published: the key of the domain's flags is not a hash"},
    [XS_REASON_DOMAIN_ABSENT] = {"domain-absent", "not published: the domain has no flag"},
    [XS_REASON_DOMAIN_FLAWED] = {"domain-flawed",
                                 "not published: the domain's flag is not valid and counts as no"},
    [XS_REASON_DOMAIN_NO] = {"domain-no", "not published: the domain's flag is no"},
    [XS_REASON_LEASE_ABSENT] = {"lease-absent", "not available: no bot is in charge of the domain"},
    [XS_REASON_LEASE_FLAWED] = {"lease-flawed",
                                "not available: the key of the domain's lease holds no lease"},
    [XS_REASON_LEASE_SYNCING] = {"lease-syncing",
                                 "not available: the bot has not yet learnt everyone's presence"},
    [XS_REASON_LEASE_LAPSED] =
        {"lease-lapsed", "not available: the bot has lost the XMPP server or Redis, or hangs"},
    [XS_REASON_LEASE_AHEAD] = {"lease-ahead",
                               "not available: the clock here or the clock of the bot is wrong"},
    [XS_REASON_USER_FLAWED] = {"user-flawed",
                               "not published: the user's flag is not valid and counts as no"},
    [XS_REASON_USER_NO] = {"user-no", "not published: the user's flag is no"},
    [XS_REASON_RECORD_DAMAGED] = {"record-damaged", "not published: the user's record is damaged"},
    [XS_REASON_RECORD_ABSENT] =
        {"record-absent", "not published: the bot knows no such user, who has no flag either"},
    [XS_REASON_PUBLISHED_OFFLINE] =
        {"published-offline",
         "published as offline: the user's flag is yes, but the bot knows no such user"},
    [XS_REASON_PUBLISHED_BY_USER] = {"published-by-user",
                                     "published: the domain's flag and the user's flag are yes"},
    [XS_REASON_PUBLISHED_BY_DOMAIN] =
        {"published-by-domain", "published: the domain's flag is yes, and the user has no flag"},
};

static enum xs_reason explain_closed_domain(const struct xs_facts *facts,
                                            const struct xs_flaws *flaws)
{
    if (flaws->flags)
        return XS_REASON_FLAGS_FLAWED;
    if (facts->domain_publish.setting == XS_PUBLISH_ABSENT)
        return XS_REASON_DOMAIN_ABSENT;
    return flaws->domain_flag ? XS_REASON_DOMAIN_FLAWED : XS_REASON_DOMAIN_NO;
}

static enum xs_reason explain_lease(const struct xs_facts *facts, const struct xs_flaws *flaws,
                                    int64_t now_s)
{
    if (!facts->lease.exists)
        return flaws->lease ? XS_REASON_LEASE_FLAWED : XS_REASON_LEASE_ABSENT;
    if (facts->lease.until_s == 0)
        return XS_REASON_LEASE_SYNCING;
    return facts->lease.until_s <= now_s ? XS_REASON_LEASE_LAPSED : XS_REASON_LEASE_AHEAD;
}

static enum xs_reason explain_not_found(const struct xs_facts *facts, const struct xs_flaws *flaws)
{
    if (facts->domain_publish.setting != XS_PUBLISH_YES)
        return explain_closed_domain(facts, flaws);
    if (facts->user_publish.setting == XS_PUBLISH_NO)
        return flaws->user_flag ? XS_REASON_USER_FLAWED : XS_REASON_USER_NO;
    return facts->record == XS_RECORD_DAMAGED ? XS_REASON_RECORD_DAMAGED : XS_REASON_RECORD_ABSENT;
}

static enum xs_reason explain_presence(const struct xs_facts *facts)
{
    if (facts->record != XS_RECORD_SOUND)
        return XS_REASON_PUBLISHED_OFFLINE;
    return facts->user_publish.setting == XS_PUBLISH_YES ? XS_REASON_PUBLISHED_BY_USER
                                                         : XS_REASON_PUBLISHED_BY_DOMAIN;
}

enum xs_reason xs_explain(const struct xs_facts *facts, const struct xs_flaws *flaws, int64_t now_s)
{
    struct xs_presence presence;

    switch (xs_facts_decide(facts, now_s, &presence)) {
    case XS_ANSWER_PRESENCE:
        return explain_presence(facts);
    case XS_ANSWER_UNTRUSTED:
        return explain_lease(facts, flaws, now_s);
    case XS_ANSWER_NOT_FOUND:
    case XS_ANSWER_COUNT:
        break;
    }
    return explain_not_found(facts, flaws);
}

const char *xs_reason_text(enum xs_reason reason)
{
    return (unsigned)reason < XS_REASON_COUNT ? reasons[reason].text : "";
}

const char *xs_reason_word(enum xs_reason reason)
{
    return (unsigned)reason < XS_REASON_COUNT ? reasons[reason].word : "";
}
