/*
 * publish.h: publish flags, the panel's word on what strangers may see, and their rule.
 *
 * A flag is `no`, or `yes` with options. When in doubt nothing is published. Pure; no I/O.
 */
#ifndef XS_PUBLISH_H
#define XS_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a flag's value at most; a longer one counts as `no`. */
#define XS_PUBLISH_VALUE_MAX 64

enum xs_publish_setting {
    XS_PUBLISH_ABSENT, /* no such field */
    XS_PUBLISH_NO,     /* `no`, or anything that is not a well-formed `yes` */
    XS_PUBLISH_YES
};

/* One flag, a domain's or a user's. A plain value. The options are false unless it is a yes. */
struct xs_publish {
    enum xs_publish_setting setting;
    bool status; /* also publish the status text */
    bool nolast; /* withhold last activity */
};

/*
 * Reads the value of a flag: `value_len` bytes of any content, or NULL if the field is absent.
 *
 * Only `yes`, followed by known options, each once and each after exactly one space, is a yes.
 * Everything else, an empty value included, is a no. Cannot fail.
 */
struct xs_publish xs_publish_parse(const char *value, size_t value_len);

/*
 * Combines a domain's flag with a user's. A user's yes cannot open a closed domain; an absent user
 * flag leaves the domain's options; with a user's yes its options hold, except that `nolast` at
 * either level withholds. The result's setting is XS_PUBLISH_YES or XS_PUBLISH_NO.
 */
struct xs_publish xs_publish_combine(struct xs_publish domain, struct xs_publish user);

#endif
