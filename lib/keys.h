/*
 * keys.h: the names of the keys in Redis. The one place that spells them.
 *
 * All keys of a domain share the hash tag {DOMAIN}, before anything that a user can choose. Pure;
 * no I/O.
 */
#ifndef XS_KEYS_H
#define XS_KEYS_H

#include "jid.h"

/* Bytes that hold any of the keys, terminator included. */
#define XS_KEY_SIZE (32 + 2 * XS_JID_PART_MAX)

/* A key. A plain value. */
struct xs_key {
    size_t len;              /* bytes without the terminator */
    char bytes[XS_KEY_SIZE]; /* UTF-8, NUL-terminated */
};

/*
 * Each makes the key of a normalised domain (1..XS_JID_PART_MAX bytes, NUL-terminated) or of a
 * user of it. `local` is the normalised local part, `local_len` bytes, 1..XS_JID_PART_MAX. They
 * cannot fail.
 */
void xs_key_publish(const char *domain, struct xs_key *ret_key); /* hash of flags */
void xs_key_lease(const char *domain, struct xs_key *ret_key);   /* string, the bot's lease */
void xs_key_online(const char *domain, struct xs_key *ret_key);  /* set of local parts */
void xs_key_metrics(const char *domain, struct xs_key *ret_key); /* hash of the bot's figures */
void xs_key_presence(const char *domain, const char *local, size_t local_len,
                     struct xs_key *ret_key); /* hash, a user's record */

/* The kinds of keys that answers rest on. */
enum xs_key_kind { XS_KEY_OTHER, XS_KEY_PUBLISH, XS_KEY_LEASE, XS_KEY_PRESENCE };

/* Whom a key is about: a domain, or of XS_KEY_PRESENCE a user. A plain value. */
struct xs_key_owner {
    enum xs_key_kind kind;
    size_t name_len;                    /* bytes without the terminator; 0 of XS_KEY_OTHER */
    char name[2 * XS_JID_PART_MAX + 2]; /* the domain, or the bare JID; NUL-terminated */
};

/*
 * Says whom a key, `key_len` bytes of any content, is about: the way back from the three above that
 * answers rest on. Everything else, a name of a length that no key of ours has included, is
 * XS_KEY_OTHER. A domain has no '@' in it; else, whether names are normalised is not looked at.
 * Cannot fail.
 */
void xs_key_parse(const char *key, size_t key_len, struct xs_key_owner *ret_owner);

#endif
