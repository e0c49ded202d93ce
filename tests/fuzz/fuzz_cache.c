/*
 * What the responder remembers, and the names of keys by which Redis says what has changed. The
 * first byte of the input is the room there is; then each two bytes are something done to
 * the cache, and a zero makes all the rest a key.
 *
 * The cache never says what a naive model, which has room for everything, would not say, nor what
 * flags withhold, and with enough room says all the rest. A key that is about somebody is the one
 * that is made for them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "fuzz.h"

#define DOMAINS 3
#define USERS   4
/* Entries of everything there is; this many have room for the bytes of all of them, too. */
#define ALL (DOMAINS * (1 + USERS))

/* Bytes of the longest status text, so that less than ALL have no room for many of them. */
#define STATUS_LEN 360

/* What is known of a domain and its users: the facts as they were put, and what still holds. */
struct known {
    bool has_flags;
    bool has_lease;
    struct xs_facts facts; /* the domain's part */
    struct {
        bool has_flag;
        bool has_record;
        struct xs_facts facts; /* the user's part; the status is a number, see status_of */
        unsigned status;
    } users[USERS];
};

static struct xs_lookup lookup_of(unsigned domain, unsigned user)
{
    struct xs_lookup lookup = {.error = XS_OK};
    char text[32];
    int len = snprintf(text, sizeof text, "u%u@d%u.org", user, domain);

    FUZZ_CHECK(xs_jid_parse(text, (size_t)len, &lookup.jid) == XS_OK);
    return lookup;
}

/* A status text that says which it is, of many lengths. */
static void status_of(unsigned number, char text[STATUS_LEN + 1])
{
    (void)snprintf(text, STATUS_LEN + 1, "%0*u", number % 4 == 1 ? STATUS_LEN : (int)(number % 16),
                   number);
}

static bool is_same_publish(struct xs_publish one, struct xs_publish other)
{
    return one.setting == other.setting && one.status == other.status && one.nolast == other.nolast;
}

static struct xs_publish publish_of(unsigned bits)
{
    bool is_yes = bits % 3 == 1;

    return (struct xs_publish){.setting = bits % 3 == 1   ? XS_PUBLISH_YES
                                          : bits % 3 == 2 ? XS_PUBLISH_NO
                                                          : XS_PUBLISH_ABSENT,
                               .status = is_yes && (bits & 4) != 0,
                               .nolast = is_yes && (bits & 8) != 0};
}

/* As Redis would answer, by some of the bits of `what`; the status is `number`. */
static struct xs_facts facts_of(unsigned what, unsigned number)
{
    struct xs_facts facts = {.domain_publish = publish_of(what & 13),
                             .user_publish = publish_of(what >> 4),
                             .lease = {.exists = true, .until_s = number},
                             .record = XS_RECORD_SOUND,
                             .presence = {.available = true, .last_s = number}};

    if ((what & 2) != 0)
        facts.domain_publish = (struct xs_publish){.setting = XS_PUBLISH_YES};
    if (xs_publish_combine(facts.domain_publish, facts.user_publish).setting != XS_PUBLISH_YES)
        facts.record = XS_RECORD_UNREAD;
    return facts;
}

static void put(struct xs_cache *cache, struct known *known, unsigned domain, unsigned user,
                unsigned what, unsigned number)
{
    struct xs_lookup lookup = lookup_of(domain, user);
    char text[STATUS_LEN + 1];
    char *copy;

    status_of(number, text);
    copy = fuzz_copy(text, strlen(text) + 1);
    lookup.facts = facts_of(what, number);
    if (!known->has_flags ||
        !is_same_publish(known->facts.domain_publish, lookup.facts.domain_publish)) {
        for (unsigned i = 0; i < USERS; i++)
            known->users[i].has_flag = false;
    }
    known->has_flags = known->has_lease = true;
    known->facts = lookup.facts;
    known->users[user].has_flag = true;
    known->users[user].has_record = lookup.facts.record != XS_RECORD_UNREAD;
    known->users[user].facts = lookup.facts;
    known->users[user].status = number;
    lookup.facts.presence.status = lookup.facts.record == XS_RECORD_SOUND ? copy : NULL;
    xs_cache_put(cache, &lookup);
    free(copy); /* the cache has its own */
}

/* What the model knows; fills `ret_facts`, without the status, if that is enough. */
static bool model_find(const struct known *known, unsigned user, struct xs_facts *ret_facts)
{
    struct xs_publish publish;

    if (!known->has_flags || !known->users[user].has_flag)
        return false;
    ret_facts->domain_publish = known->facts.domain_publish;
    ret_facts->record = XS_RECORD_UNREAD;
    if (known->facts.domain_publish.setting != XS_PUBLISH_YES)
        return true;
    if (!known->has_lease)
        return false;
    ret_facts->lease = known->facts.lease;
    ret_facts->user_publish = known->users[user].facts.user_publish;
    publish = xs_publish_combine(ret_facts->domain_publish, ret_facts->user_publish);
    if (publish.setting != XS_PUBLISH_YES)
        return true;
    ret_facts->record = known->users[user].facts.record;
    ret_facts->presence = known->users[user].facts.presence;
    return known->users[user].has_record;
}

static void check_found(const struct xs_facts *found, const struct xs_facts *facts, unsigned status)
{
    struct xs_publish publish = xs_publish_combine(facts->domain_publish, facts->user_publish);
    char text[STATUS_LEN + 1];

    FUZZ_CHECK(is_same_publish(found->domain_publish, facts->domain_publish));
    if (facts->domain_publish.setting != XS_PUBLISH_YES)
        return; /* the rest decides nothing */
    FUZZ_CHECK(is_same_publish(found->user_publish, facts->user_publish));
    FUZZ_CHECK(found->lease.exists && found->lease.until_s == facts->lease.until_s);
    if (facts->record == XS_RECORD_UNREAD)
        return;
    status_of(status, text);
    FUZZ_CHECK(found->record == facts->record);
    FUZZ_CHECK(found->presence.last_s ==
               (publish.nolast ? XS_LAST_UNKNOWN : facts->presence.last_s));
    FUZZ_CHECK((found->presence.status != NULL) == publish.status);
    FUZZ_CHECK(!publish.status || strcmp(found->presence.status, text) == 0);
}

static void find(struct xs_cache *cache, const struct known *known, unsigned domain, unsigned user,
                 bool is_roomy)
{
    struct xs_lookup lookup = lookup_of(domain, user);
    struct xs_facts facts = {.record = XS_RECORD_ABSENT};
    bool is_known = model_find(known, user, &facts);
    bool is_found = xs_cache_find(cache, &lookup);

    FUZZ_CHECK(!is_found || is_known);
    FUZZ_CHECK(!is_roomy || is_found == is_known);
    if (is_found)
        check_found(&lookup.facts, &facts, known->users[user].status);
}

/* Makes the key that is about an owner. */
static void make_key(const struct xs_key_owner *owner, struct xs_key *ret_key)
{
    const char *at = strrchr(owner->name, '@');

    if (owner->kind == XS_KEY_PUBLISH)
        xs_key_publish(owner->name, ret_key);
    else if (owner->kind == XS_KEY_LEASE)
        xs_key_lease(owner->name, ret_key);
    else
        xs_key_presence(at + 1, owner->name, (size_t)(at - owner->name), ret_key);
}

static void check_key(const char *bytes, size_t len, struct xs_key_owner *ret_owner)
{
    struct xs_key key;

    xs_key_parse(bytes, len, ret_owner);
    if (ret_owner->kind == XS_KEY_OTHER || memchr(bytes, '\0', len) != NULL)
        return; /* no key that is made has a NUL in it */
    FUZZ_CHECK(strlen(ret_owner->name) == ret_owner->name_len);
    make_key(ret_owner, &key);
    FUZZ_CHECK(key.len == len && memcmp(key.bytes, bytes, len) == 0);
}

static void drop(struct xs_cache *cache, struct known *known, unsigned domain, unsigned user,
                 unsigned what)
{
    struct xs_lookup lookup = lookup_of(domain, user);
    struct xs_key_owner owner;
    struct xs_key key;

    switch (what % 3) {
    case 0:
        xs_key_publish(xs_jid_domain(&lookup.jid), &key);
        known->has_flags = false;
        break;
    case 1:
        xs_key_lease(xs_jid_domain(&lookup.jid), &key);
        known->has_lease = false;
        break;
    default:
        xs_key_presence(xs_jid_domain(&lookup.jid), lookup.jid.bare, lookup.jid.local_len, &key);
        known->users[user].has_record = false;
    }
    check_key(key.bytes, key.len, &owner);
    FUZZ_CHECK(owner.kind != XS_KEY_OTHER);
    xs_cache_drop(cache, &owner);
}

/* The rest of the input is a key; whatever it is, the cache survives that it has changed. */
static void drop_any(struct xs_cache *cache, const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy(data, size);
    struct xs_key_owner owner;

    check_key(copy, size, &owner);
    xs_cache_drop(cache, &owner);
    free(copy);
}

static void act(struct xs_cache *cache, struct known known[DOMAINS], const uint8_t *bytes,
                unsigned number, bool is_roomy)
{
    unsigned domain = bytes[0] / 8 % DOMAINS;
    unsigned user = bytes[0] / 32 % USERS;

    switch (bytes[0] % 8) {
    case 1:
    case 2:
        put(cache, &known[domain], domain, user, bytes[1], number);
        break;
    case 3:
        drop(cache, &known[domain], domain, user, bytes[1]);
        break;
    case 4:
        if (bytes[1] % 16 == 0) {
            xs_cache_clear(cache);
            memset(known, 0, DOMAINS * sizeof *known);
            FUZZ_CHECK(xs_cache_count(cache) == 0);
        }
        break;
    default:
        find(cache, &known[domain], domain, user, is_roomy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct known known[DOMAINS];
    struct xs_cache *cache;
    size_t room;

    if (size < 1)
        return 0;
    room = data[0] % (ALL + 1) + 1;
    cache = xs_cache_new(room);
    FUZZ_CHECK(cache != NULL);
    memset(known, 0, sizeof known);
    for (size_t pos = 1; pos + 1 < size; pos += 2) {
        if (data[pos] == 0) {
            drop_any(cache, data + pos + 1, size - pos - 1);
            break;
        }
        act(cache, known, data + pos, (unsigned)pos, room >= ALL);
        FUZZ_CHECK(xs_cache_count(cache) <= room);
        FUZZ_CHECK(xs_cache_bytes(cache) <= room * XS_CACHE_ENTRY_BYTES ||
                   xs_cache_count(cache) == 1);
    }
    xs_cache_free(cache);
    return 0;
}
