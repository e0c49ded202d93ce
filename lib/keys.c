#include "keys.h"

#include <string.h>

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
    key_make(ret_key, "xmpp:publish:", domain);
}

void xs_key_lease(const char *domain, struct xs_key *ret_key)
{
    key_make(ret_key, "xmpp:bot:", domain);
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
    key_make(ret_key, "xmpp:presence:", domain);
    key_add(ret_key, ":", 1);
    key_add(ret_key, local, local_len);
}
