#include "watches.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "name_table.h"
#include "presence_json.h"

#define HASH_MASK ((UINT64_C(1) << XS_WATCH_HASH_BITS) - 1)

/* The bit of a hash that is not of the text, which strangers to us have a say in. */
#define HASH_ERROR UINT64_C(1)

/* A domain of which users are watched. */
struct domain {
    UT_hash_handle hh;
    LIST_HEAD(, xs_watch) watches;
    struct xs_lease lease; /* as last seen */
    bool is_trusted;       /* the lease was valid when its users were last judged */
    size_t name_len;
    char name[];
};

struct xs_watch {
    UT_hash_handle hh;
    struct domain *domain; /* NULL of what is not a JID */
    LIST_ENTRY(xs_watch) domain_link;
    TAILQ_ENTRY(xs_watch) dirty_link;
    bool is_dirty;
    bool is_pending;
    bool is_failed; /* the last lookup was answered by nobody, so another has to be tried */
    struct xs_subscriptions subscriptions;
    struct xs_verdict verdict; /* without texts */
    uint64_t hash;
    size_t json_len;
    char *json;
    size_t local_len;
    size_t len;
    char bare[];
};

TAILQ_HEAD(watch_queue, xs_watch);

struct xs_watches {
    struct xs_name_seed seed;
    struct xs_watch *by_jid;
    struct domain *by_name;
    struct watch_queue dirty;
    size_t failed_count;
    struct xs_watch *malformed; /* for what is not a JID */
    char json[XS_JSON_SIZE];    /* for scratch */
};

/* Makes what is written in `json`, an answer of that kind, the answer. */
static enum xs_error set_json(struct xs_watches *watches, struct xs_watch *watch,
                              enum xs_verdict_kind kind, size_t len)
{
    char *json;

    len--; /* the newline */
    if (watch->json == NULL || len != watch->json_len) {
        json = realloc(watch->json, len);
        if (json == NULL)
            return XS_ERROR_NOMEM;
        watch->json = json;
        watch->json_len = len;
    }
    memcpy(watch->json, watches->json, len);
    watch->hash = XXH3_64bits(watch->json, len) & HASH_MASK & ~HASH_ERROR;
    if (kind != XS_VERDICT_PRESENCE)
        watch->hash |= HASH_ERROR;
    return XS_OK;
}

/* Makes what stands for everything that is not a JID. */
static bool make_malformed(struct xs_watches *watches)
{
    size_t len = 0;

    watches->malformed = calloc(1, sizeof *watches->malformed);
    if (watches->malformed == NULL)
        return false;
    LIST_INIT(&watches->malformed->subscriptions);
    watches->malformed->verdict.kind = XS_VERDICT_MALFORMED;
    return xs_json_write_error(NULL, XS_CONDITION_JID_MALFORMED, watches->json, &len) == XS_OK &&
           set_json(watches, watches->malformed, XS_VERDICT_MALFORMED, len) == XS_OK;
}

struct xs_watches *xs_watches_new(void)
{
    struct xs_watches *watches = calloc(1, sizeof *watches);

    if (watches == NULL)
        return NULL;
    xs_name_seed_init(&watches->seed);
    TAILQ_INIT(&watches->dirty);
    if (!make_malformed(watches)) {
        xs_watches_free(watches);
        return NULL;
    }
    return watches;
}

void xs_watches_free(struct xs_watches *watches)
{
    if (watches == NULL)
        return;
    if (watches->malformed != NULL)
        free(watches->malformed->json);
    free(watches->malformed);
    free(watches);
}

static struct domain *find_domain(const struct xs_watches *watches, const char *name, size_t len)
{
    struct domain *domain;

    HASH_FIND_BYHASHVALUE(hh, watches->by_name, name, len, xs_name_hash(&watches->seed, name, len),
                          domain);
    return domain;
}

static struct xs_watch *find_watch(const struct xs_watches *watches, const char *bare, size_t len)
{
    struct xs_watch *watch;

    HASH_FIND_BYHASHVALUE(hh, watches->by_jid, bare, len, xs_name_hash(&watches->seed, bare, len),
                          watch);
    return watch;
}

/* Returns the domain, made if it was not there; NULL if there is no memory. */
static struct domain *need_domain(struct xs_watches *watches, const char *name, size_t len)
{
    struct domain *domain = find_domain(watches, name, len);
    unsigned hash = xs_name_hash(&watches->seed, name, len);

    if (domain != NULL)
        return domain;
    domain = calloc(1, sizeof *domain + len);
    if (domain == NULL)
        return NULL;
    LIST_INIT(&domain->watches);
    domain->name_len = len;
    memcpy(domain->name, name, len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, watches->by_name, domain->name, len, hash, domain);
    if (domain->hh.tbl == NULL) { /* this is how uthash says that it has no memory */
        free(domain);
        return NULL;
    }
    return domain;
}

static void release_domain(struct xs_watches *watches, struct domain *domain)
{
    if (!LIST_EMPTY(&domain->watches))
        return;
    HASH_DEL(watches->by_name, domain);
    free(domain);
}

/* Makes a watch for a JID that nobody watches yet; NULL if there is no memory. */
static struct xs_watch *make_watch(struct xs_watches *watches, const struct xs_jid *jid)
{
    size_t len = xs_jid_len(jid);
    unsigned hash = xs_name_hash(&watches->seed, jid->bare, len);
    struct domain *domain = need_domain(watches, xs_jid_domain(jid), jid->domain_len);
    struct xs_watch *watch;

    if (domain == NULL)
        return NULL;
    watch = calloc(1, sizeof *watch + len);
    if (watch == NULL)
        goto out;
    watch->local_len = jid->local_len;
    watch->len = len;
    memcpy(watch->bare, jid->bare, len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, watches->by_jid, watch->bare, len, hash, watch);
    if (watch->hh.tbl == NULL)
        goto out;
    LIST_INIT(&watch->subscriptions);
    watch->domain = domain;
    LIST_INSERT_HEAD(&domain->watches, watch, domain_link);
    return watch;
out:
    free(watch);
    release_domain(watches, domain);
    return NULL;
}

static void set_dirty(struct xs_watches *watches, struct xs_watch *watch)
{
    if (watch->is_dirty)
        return;
    watch->is_dirty = true;
    TAILQ_INSERT_TAIL(&watches->dirty, watch, dirty_link);
}

static void set_clean(struct xs_watches *watches, struct xs_watch *watch)
{
    watch->is_dirty = false;
    TAILQ_REMOVE(&watches->dirty, watch, dirty_link);
}

static void set_failed(struct xs_watches *watches, struct xs_watch *watch, bool is_failed)
{
    watches->failed_count += is_failed;
    watches->failed_count -= watch->is_failed;
    watch->is_failed = is_failed;
}

static void free_watch(struct xs_watches *watches, struct xs_watch *watch)
{
    set_failed(watches, watch, false);
    if (watch->is_dirty)
        set_clean(watches, watch);
    HASH_DEL(watches->by_jid, watch);
    LIST_REMOVE(watch, domain_link);
    release_domain(watches, watch->domain);
    free(watch->json);
    free(watch);
}

enum xs_error xs_watches_join(struct xs_watches *watches, const struct xs_jid *jid,
                              struct xs_subscription *subscription)
{
    struct xs_watch *watch = watches->malformed;

    if (jid != NULL) {
        watch = find_watch(watches, jid->bare, xs_jid_len(jid));
        if (watch == NULL)
            watch = make_watch(watches, jid);
        if (watch == NULL)
            return XS_ERROR_NOMEM;
    }
    subscription->watch = watch;
    LIST_INSERT_HEAD(&watch->subscriptions, subscription, link);
    return XS_OK;
}

void xs_watches_leave(struct xs_watches *watches, struct xs_subscription *subscription)
{
    struct xs_watch *watch = subscription->watch;

    LIST_REMOVE(subscription, link);
    subscription->watch = NULL;
    if (LIST_EMPTY(&watch->subscriptions) && watch != watches->malformed)
        free_watch(watches, watch);
}

size_t xs_watches_count(const struct xs_watches *watches)
{
    return HASH_COUNT(watches->by_jid);
}

static void set_domain_dirty(struct xs_watches *watches, struct domain *domain)
{
    struct xs_watch *watch;

    LIST_FOREACH(watch, &domain->watches, domain_link)
    {
        set_dirty(watches, watch);
    }
}

void xs_watches_note(struct xs_watches *watches, const struct xs_key_owner *owner)
{
    struct xs_watch *watch;
    struct domain *domain;

    switch (owner->kind) {
    case XS_KEY_PRESENCE:
        watch = find_watch(watches, owner->name, owner->name_len);
        if (watch != NULL)
            set_dirty(watches, watch);
        break;
    case XS_KEY_PUBLISH:
    case XS_KEY_LEASE:
        domain = find_domain(watches, owner->name, owner->name_len);
        if (domain != NULL)
            set_domain_dirty(watches, domain);
        break;
    default:
        break;
    }
}

void xs_watches_note_all(struct xs_watches *watches)
{
    struct xs_watch *watch, *next;

    HASH_ITER(hh, watches->by_jid, watch, next)
    {
        set_dirty(watches, watch);
    }
}

static void note_failed(struct xs_watches *watches)
{
    struct xs_watch *watch, *next;

    HASH_ITER(hh, watches->by_jid, watch, next)
    {
        if (watch->is_failed)
            set_dirty(watches, watch);
    }
}

void xs_watches_note_time(struct xs_watches *watches, int64_t now_s)
{
    struct domain *domain, *next;

    HASH_ITER(hh, watches->by_name, domain, next)
    {
        if (xs_lease_is_valid(domain->lease, now_s) != domain->is_trusted)
            set_domain_dirty(watches, domain);
    }
    if (watches->failed_count > 0)
        note_failed(watches);
}

bool xs_watches_has_next(const struct xs_watches *watches)
{
    return !TAILQ_EMPTY(&watches->dirty);
}

struct xs_watch *xs_watches_next(struct xs_watches *watches, struct xs_jid *ret_jid)
{
    struct xs_watch *watch = TAILQ_FIRST(&watches->dirty);

    if (watch == NULL)
        return NULL;
    set_clean(watches, watch);
    watch->is_pending = true;
    ret_jid->local_len = watch->local_len;
    ret_jid->domain_len = watch->len - watch->local_len - 1;
    memcpy(ret_jid->bare, watch->bare, watch->len);
    ret_jid->bare[watch->len] = '\0';
    return watch;
}

/* Keeps the domain's lease. If it has begun or ceased to hold, that goes for its others too. */
static void note_lease(struct xs_watches *watches, struct xs_watch *watch, struct xs_lease lease,
                       int64_t now_s)
{
    struct domain *domain = watch->domain;
    bool was_dirty = watch->is_dirty;
    bool is_trusted = xs_lease_is_valid(lease, now_s);

    if (is_trusted != domain->is_trusted)
        set_domain_dirty(watches, domain);
    if (!was_dirty && watch->is_dirty)
        set_clean(watches, watch);
    domain->lease = lease;
    domain->is_trusted = is_trusted;
}

/*
 * Of a domain that is closed the lease does not matter, and may not have been looked at. The one
 * before is forgotten: when it runs out, nothing changes.
 */
static void note_facts(struct xs_watches *watches, struct xs_watch *watch,
                       const struct xs_facts *facts, int64_t now_s)
{
    if (facts->domain_publish.setting == XS_PUBLISH_YES) {
        note_lease(watches, watch, facts->lease, now_s);
        return;
    }
    watch->domain->lease = (struct xs_lease){.exists = false};
    watch->domain->is_trusted = false;
}

enum xs_error xs_watches_update(struct xs_watches *watches, struct xs_watch *watch,
                                const struct xs_lookup *lookup, int64_t now_s)
{
    struct xs_verdict verdict = xs_verdict_of(lookup, now_s);
    size_t len = 0;
    enum xs_error error;

    if (watch == watches->malformed)
        return XS_OK;
    watch->is_pending = false;
    set_failed(watches, watch, lookup->error != XS_OK);
    if (lookup->error == XS_OK)
        note_facts(watches, watch, &lookup->facts, now_s);
    if (verdict.kind == XS_VERDICT_PRESENCE)
        error = xs_json_write_presence(lookup->jid.bare, &verdict.presence, watches->json, &len);
    else
        error = xs_json_write_error(lookup->jid.bare, xs_verdict_condition(verdict.kind),
                                    watches->json, &len);
    if (error == XS_OK)
        error = set_json(watches, watch, verdict.kind, len);
    if (error != XS_OK)
        return error;
    watch->verdict = verdict;
    watch->verdict.presence.status = NULL;
    watch->verdict.presence.lang = NULL;
    return XS_OK;
}

bool xs_watch_is_dirty(const struct xs_watch *watch)
{
    return watch->is_dirty;
}

bool xs_watch_is_pending(const struct xs_watch *watch)
{
    return watch->is_pending;
}

const struct xs_subscriptions *xs_watch_subscriptions(const struct xs_watch *watch)
{
    return &watch->subscriptions;
}

const char *xs_watch_json(const struct xs_watch *watch, size_t *ret_len)
{
    *ret_len = watch->json_len;
    return watch->json;
}

uint64_t xs_watch_hash(const struct xs_watch *watch)
{
    return watch->hash;
}

const struct xs_verdict *xs_watch_verdict(const struct xs_watch *watch)
{
    return &watch->verdict;
}
