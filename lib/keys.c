#include "keys.h"

#include <stdbool.h>
#include <string.h>

#define PUBLISH_PREFIX  "xmpp:publish:"
#define LEASE_PREFIX    "xmpp:bot:"
#define PRESENCE_PREFIX "xmpp:presence:"

/* Every part is bounded by its contract, so a key always fits; the check is for broken callers. */
static void key_add(struct xs_key *key, const char *bytes, size_t len)
{
    size_t room = sizeof key->bytes - 1 - key->len;

    if (len > room)
        len = room;
    memcpy(key->bytes + key->len, bytes, len);
    key->len += len;
    key->bytes[key->len] = '\0';
}

static void key_make(struct xs_key *key, const char *prefix, const char *domain)
{
    key->len = 0;
    key_add(key, prefix, strlen(prefix));
    key_add(key, "{", 1);
    key_add(key, domain, strlen(domain));
    key_add(key, "}", 1);
}

void xs_key_publish(const char *domain, struct xs_key *ret_key)
{
    key_make(ret_key, PUBLISH_PREFIX, domain);
}

void xs_key_lease(const char *domain, struct xs_key *ret_key)
{
    key_make(ret_key, LEASE_PREFIX, domain);
}

void xs_key_online(const char *domain, struct xs_key *ret_key)
{
    key_make(ret_key, "xmpp:online:", domain);
}

void xs_key_metrics(const char *domain, struct xs_key *ret_key)
{
    key_make(ret_key, "xmpp:metrics:", domain);
}

void xs_key_presence(const char *domain, const char *local, size_t local_len,
                     struct xs_key *ret_key)
{
    key_make(ret_key, PRESENCE_PREFIX, domain);
    key_add(ret_key, ":", 1);
    key_add(ret_key, local, local_len);
}

/* Finds the domain behind `prefix`, and the rest behind its brace; false if that is no key of ours.
 */
static bool split(const char *key, size_t key_len, const char *prefix, const char **ret_domain,
                  size_t *ret_domain_len, size_t *ret_rest_len)
{
    size_t start = strlen(prefix) + 1;
    const char *end;

    if (key_len <= start || memcmp(key, prefix, start - 1) != 0 || key[start - 1] != '{')
        return false;
    end = memchr(key + start, '}', key_len - start); /* no domain contains a brace */
    if (end == NULL)
        return false;
    *ret_domain = key + start;
    *ret_domain_len = (size_t)(end - *ret_domain);
    *ret_rest_len = key_len - start - *ret_domain_len - 1;
    return *ret_domain_len >= 1 && *ret_domain_len <= XS_JID_PART_MAX &&
           memchr(*ret_domain, '@', *ret_domain_len) == NULL;
}

static void name_user(const char *domain, size_t domain_len, size_t rest_len,
                      struct xs_key_owner *owner)
{
    const char *local = domain + domain_len + 2; /* behind the brace and the colon */
    size_t local_len = rest_len - 1;

    memcpy(owner->name, local, local_len);
    owner->name[local_len] = '@';
    memcpy(owner->name + local_len + 1, domain, domain_len);
    owner->name_len = local_len + 1 + domain_len;
    owner->name[owner->name_len] = '\0';
}

void xs_key_parse(const char *key, size_t key_len, struct xs_key_owner *ret_owner)
{
    const char *domain = NULL;
    size_t len = 0;
    size_t rest_len = 0;

    *ret_owner = (struct xs_key_owner){.kind = XS_KEY_OTHER};
    if (split(key, key_len, PRESENCE_PREFIX, &domain, &len, &rest_len)) {
        if (rest_len < 2 || rest_len - 1 > XS_JID_PART_MAX || domain[len + 1] != ':')
            return;
        ret_owner->kind = XS_KEY_PRESENCE;
        name_user(domain, len, rest_len, ret_owner);
        return;
    }
    if (split(key, key_len, PUBLISH_PREFIX, &domain, &len, &rest_len) && rest_len == 0)
        ret_owner->kind = XS_KEY_PUBLISH;
    else if (split(key, key_len, LEASE_PREFIX, &domain, &len, &rest_len) && rest_len == 0)
        ret_owner->kind = XS_KEY_LEASE;
    else
        return;
    memcpy(ret_owner->name, domain, len);
    ret_owner->name[len] = '\0';
    ret_owner->name_len = len;
}
