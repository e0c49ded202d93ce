/*
 * jid.h: XMPP addresses, split and normalised the way XMPP servers do it.
 *
 * A JID names a user here: local part and domain, the bare JID. Resources are cut off and never
 * kept. Pure functions on bytes; no I/O.
 */
#ifndef XS_JID_H
#define XS_JID_H

#include "error.h"

/* Bytes of a normalised local part or domain at most (RFC 7622 section 3.2 and 3.3). */
#define XS_JID_PART_MAX 1023

/* Bytes of a raw JID at most: three full parts and two separators (RFC 7622 section 3.1). */
#define XS_JID_RAW_MAX 3071

/*
 * A bare, normalised JID. A plain value: copy it freely, nothing to free. What is in it comes from
 * xs_jid_parse, be it by way of a copy of its bytes, so both parts are never empty and contain no
 * NUL. Where a list has a place also for what is not a JID, a `local_len` of 0 stands for that: the
 * rest counts for nothing then, and no function but xs_verdict_of takes it.
 */
struct xs_jid {
    size_t local_len;                   /* bytes, 1..XS_JID_PART_MAX; 0: not a JID */
    size_t domain_len;                  /* bytes, 1..XS_JID_PART_MAX */
    char bare[2 * XS_JID_PART_MAX + 2]; /* "local@domain", UTF-8, NUL-terminated */
};

/*
 * Parses and normalises a JID with a local part; a resource is accepted unread and dropped.
 *
 * `raw` is `raw_len` bytes, of any content, not percent-encoded, and need not be terminated. The
 * split comes first (at the first '/', then the first '@'), then the parts are normalised: the
 * local part with nodeprep (unassigned code points of Unicode 3.2 allowed, as Prosody does), the
 * domain to lower-case U-labels without a trailing dot. XEP-0106 escapes stay as they are.
 *
 * Returns XS_OK and fills `ret_jid`; XS_ERROR_INVALID if it is not such a JID (no or an empty
 * part, a forbidden character, invalid UTF-8, a part whose normal form is not stable);
 * XS_ERROR_TOO_LONG if the raw JID or a normalised part exceeds its limit; XS_ERROR_NOMEM.
 * On failure `ret_jid` is untouched. RFC 6122 appendix A, RFC 7622 section 3, RFC 3490.
 */
enum xs_error xs_jid_parse(const char *raw, size_t raw_len, struct xs_jid *ret_jid);

/* Returns the domain within `jid`, NUL-terminated, borrowed from it. Never NULL. */
const char *xs_jid_domain(const struct xs_jid *jid);

/* Returns the bytes of `jid->bare`, without the terminator. */
size_t xs_jid_len(const struct xs_jid *jid);

/*
 * Normalises a domain by itself, by the same rules as in xs_jid_parse and with the same errors.
 * On success `ret_domain` holds 1..XS_JID_PART_MAX bytes and a terminator; on failure it is
 * untouched.
 */
enum xs_error xs_domain_normalise(const char *raw, size_t raw_len,
                                  char ret_domain[XS_JID_PART_MAX + 1]);

#endif
