#include "cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "name_table.h"

/* Bytes that an entry takes besides its own: in the table, and for the allocator. */
#define ENTRY_OVERHEAD 32

/* Entries in use that are passed over in the search for one that is not. */
#define PASSED_MAX 64

/*
 * What is known of a domain. Flags live in one hash for all of a domain's users, and Redis only
 * says that something in it has changed: then the domain's flags get a new generation when they are
 * read next, and the users' flags of older ones are worth nothing.
 */
struct domain {
    bool has_flags;
    bool has_lease;
    struct xs_publish publish;
    struct xs_lease lease;
    uint64_t generation; /* of the flags */
};

/* What is known of a user. */
struct user {
    bool has_record;
    enum xs_record_state record;
    struct xs_publish publish;
    uint64_t generation; /* the domain's when the flag was read */
    struct xs_presence presence;
};

/* An entry: a domain, or a user, whose name has an '@'. */
struct entry {
    UT_hash_handle hh;
    bool is_used; /* since it was first in turn */
    TAILQ_ENTRY(entry) link;
    union {
        struct domain domain;
        struct user user;
    } is;
    char bytes[]; /* the name; then of a user the texts, each with a terminator */
};

TAILQ_HEAD(entry_list, entry);

struct xs_cache {
    size_t entries_max;
    size_t bytes;        /* of the entries */
    uint64_t generation; /* the last one given to a domain's flags */
    struct xs_name_seed seed;
    struct entry *by_name;
    struct entry_list in_turn; /* to go; the first is the next */
};

struct xs_cache *xs_cache_new(size_t entries_max)
{
    struct xs_cache *cache = calloc(1, sizeof *cache);

    if (cache == NULL)
        return NULL;
    cache->entries_max = entries_max;
    xs_name_seed_init(&cache->seed);
    TAILQ_INIT(&cache->in_turn);
    return cache;
}

void xs_cache_free(struct xs_cache *cache)
{
    if (cache == NULL)
        return;
    xs_cache_clear(cache);
    free(cache);
}

static struct entry *find(struct xs_cache *cache, const char *name, size_t len)
{
    struct entry *entry;

    HASH_FIND_BYHASHVALUE(hh, cache->by_name, name, len, xs_name_hash(&cache->seed, name, len),
                          entry);
    return entry;
}

static struct entry *find_domain(struct xs_cache *cache, const struct xs_jid *jid)
{
    return find(cache, xs_jid_domain(jid), jid->domain_len);
}

static struct entry *find_user(struct xs_cache *cache, const struct xs_jid *jid)
{
    return find(cache, jid->bare, xs_jid_len(jid));
}

/*
 * Notes that an entry is of use. To keep all in the order of their use would cost the writing of
 * two others, which are seldom in the processor's cache: a twelfth of what an answer takes.
 */
static void touch(struct entry *entry)
{
    if (!entry->is_used)
        entry->is_used = true;
}

static size_t text_size(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

/* Returns the bytes that an entry takes whose name is the first `name_len`. */
static size_t entry_size(const struct entry *entry, size_t name_len)
{
    size_t size = sizeof *entry + ENTRY_OVERHEAD + name_len;

    if (memchr(entry->bytes, '@', name_len) != NULL)
        size += text_size(entry->is.user.presence.status) + text_size(entry->is.user.presence.lang);
    return size;
}

static void drop_entry(struct xs_cache *cache, struct entry *entry)
{
    cache->bytes -= entry_size(entry, entry->hh.keylen);
    HASH_DEL(cache->by_name, entry);
    TAILQ_REMOVE(&cache->in_turn, entry, link);
    free(entry);
}

/* Has all others go before an entry. */
static void put_last(struct xs_cache *cache, struct entry *entry)
{
    TAILQ_REMOVE(&cache->in_turn, entry, link);
    TAILQ_INSERT_TAIL(&cache->in_turn, entry, link);
}

/*
 * Drops the first in turn that has not been used since the last time, at which those that have been
 * get to the end; or one that has, if there are many of them.
 */
static void drop_next(struct xs_cache *cache)
{
    struct entry *entry = TAILQ_FIRST(&cache->in_turn);

    for (int passed = 0; entry->is_used && passed < PASSED_MAX; passed++) {
        entry->is_used = false;
        put_last(cache, entry);
        entry = TAILQ_FIRST(&cache->in_turn);
    }
    drop_entry(cache, entry);
}

/* Drops entries until there is room for another, or nothing left to drop. */
static void make_room(struct xs_cache *cache, size_t size)
{
    size_t bytes_max = cache->entries_max * XS_CACHE_ENTRY_BYTES;

    while (!TAILQ_EMPTY(&cache->in_turn) &&
           (xs_cache_count(cache) >= cache->entries_max || cache->bytes + size > bytes_max))
        drop_next(cache);
}

/* Adds an entry whose name is the first `name_len` bytes; frees it if there is no memory. */
static struct entry *add(struct xs_cache *cache, struct entry *entry, size_t name_len)
{
    unsigned hash = xs_name_hash(&cache->seed, entry->bytes, name_len);
    size_t size = entry_size(entry, name_len);

    make_room(cache, size);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, cache->by_name, entry->bytes, name_len, hash, entry);
    if (entry->hh.tbl == NULL) { /* this is how uthash says that it has no memory */
        free(entry);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&cache->in_turn, entry, link);
    cache->bytes += size;
    return entry;
}

/* Fills in what is known; false if that is not enough. */
static bool fill(const struct domain *domain, const struct user *user, struct xs_facts *facts)
{
    if (!domain->has_flags || user->generation != domain->generation)
        return false;
    facts->domain_publish = domain->publish;
    facts->user_publish = user->publish;
    facts->lease = domain->lease;
    if (domain->publish.setting != XS_PUBLISH_YES)
        return true;
    if (xs_publish_combine(domain->publish, user->publish).setting != XS_PUBLISH_YES)
        return domain->has_lease;
    facts->record = user->record;
    facts->presence = user->presence;
    /*
     * It would not do to ask for a missing lease alone: that may vouch for a record that was
     * written with it, and not for the one of before, of which the word is still on its way.
     */
    return domain->has_lease && user->has_record;
}

bool xs_cache_find(struct xs_cache *cache, struct xs_lookup *lookup)
{
    struct xs_facts facts = {.record = XS_RECORD_UNREAD, .presence.last_s = XS_LAST_UNKNOWN};
    struct entry *domain = find_domain(cache, &lookup->jid);
    struct entry *user = find_user(cache, &lookup->jid);

    if (domain == NULL || user == NULL || !fill(&domain->is.domain, &user->is.user, &facts))
        return false;
    touch(user);
    touch(domain);
    lookup->facts = facts;
    lookup->error = XS_OK;
    return true;
}

/* Returns the domain's entry, made if it was not there; NULL if there is no memory. */
static struct entry *need_domain(struct xs_cache *cache, const struct xs_jid *jid)
{
    struct entry *entry = find_domain(cache, jid);

    if (entry != NULL) {
        put_last(cache, entry); /* it must not make room for a user of its own */
        return entry;
    }
    entry = calloc(1, sizeof *entry + jid->domain_len);
    if (entry == NULL)
        return NULL;
    memcpy(entry->bytes, xs_jid_domain(jid), jid->domain_len);
    return add(cache, entry, jid->domain_len);
}

/* Copies a text with its terminator to `*pos` and moves that on. Returns the copy, NULL for NULL.
 */
static const char *keep_text(char **pos, const char *text)
{
    char *copy = *pos;

    if (text == NULL)
        return NULL;
    memcpy(copy, text, text_size(text));
    *pos += text_size(text);
    return copy;
}

/* Keeps a user in an entry of its own, in the place of the one before. */
static void put_user(struct xs_cache *cache, const struct xs_lookup *lookup, uint64_t generation)
{
    const struct xs_facts *facts = &lookup->facts;
    struct xs_presence presence = facts->presence;
    size_t name_len = xs_jid_len(&lookup->jid);
    struct entry *before = find_user(cache, &lookup->jid);
    struct entry *entry;
    char *pos;

    /* Flags that let more be published come with a record that is read anew. */
    xs_facts_withhold(xs_publish_combine(facts->domain_publish, facts->user_publish), &presence);
    entry =
        calloc(1, sizeof *entry + name_len + text_size(presence.status) + text_size(presence.lang));
    if (before != NULL)
        drop_entry(cache, before);
    if (entry == NULL)
        return;
    pos = entry->bytes + name_len;
    memcpy(entry->bytes, lookup->jid.bare, name_len);
    entry->is.user = (struct user){.has_record = facts->record != XS_RECORD_UNREAD,
                                   .record = facts->record,
                                   .publish = facts->user_publish,
                                   .generation = generation,
                                   .presence = presence};
    entry->is.user.presence.status = keep_text(&pos, presence.status);
    entry->is.user.presence.lang = keep_text(&pos, presence.lang);
    (void)add(cache, entry, name_len);
}

static bool is_same(struct xs_publish one, struct xs_publish other)
{
    return one.setting == other.setting && one.status == other.status && one.nolast == other.nolast;
}

void xs_cache_put(struct xs_cache *cache, const struct xs_lookup *lookup)
{
    struct entry *entry = need_domain(cache, &lookup->jid);
    struct domain *domain;

    if (entry == NULL)
        return;
    domain = &entry->is.domain;
    domain->lease = lookup->facts.lease;
    domain->has_lease = true;
    /* Flags that differ are newer, though the word that they have changed is still on its way. */
    if (!domain->has_flags || !is_same(domain->publish, lookup->facts.domain_publish)) {
        domain->has_flags = true;
        domain->publish = lookup->facts.domain_publish;
        domain->generation = ++cache->generation;
    }
    put_user(cache, lookup, domain->generation);
}

void xs_cache_drop(struct xs_cache *cache, const struct xs_key_owner *owner)
{
    struct entry *entry = find(cache, owner->name, owner->name_len);

    if (entry == NULL)
        return;
    switch (owner->kind) {
    case XS_KEY_PUBLISH:
        entry->is.domain.has_flags = false;
        break;
    case XS_KEY_LEASE:
        entry->is.domain.has_lease = false;
        break;
    case XS_KEY_PRESENCE:
        entry->is.user.has_record = false;
        break;
    default:
        break;
    }
}

void xs_cache_clear(struct xs_cache *cache)
{
    struct entry *entry;

    HASH_CLEAR(hh, cache->by_name);
    cache->bytes = 0;
    while ((entry = TAILQ_FIRST(&cache->in_turn)) != NULL) {
        TAILQ_REMOVE(&cache->in_turn, entry, link);
        free(entry);
    }
}

size_t xs_cache_count(const struct xs_cache *cache)
{
    return HASH_COUNT(cache->by_name);
}

size_t xs_cache_bytes(const struct xs_cache *cache)
{
    return cache->bytes;
}
