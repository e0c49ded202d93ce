/*
 * query.h: what the query of a request asks for.
 *
 * Pure; no I/O.
 */
#ifndef XS_QUERY_H
#define XS_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "badge.h"
#include "error.h"
#include "format.h"
#include "jid.h"

/* Bytes of a query at most, percent-encoded: one beyond ASCII that is not counts as three. */
#define XS_QUERY_MAX 16384

/* Parameters of a query at most, empty ones included. */
#define XS_QUERY_PARAMETERS_MAX 128

/* JIDs in a query at most. */
#define XS_QUERY_JIDS_MAX 100

/* Bytes of a label at most, once decoded. */
#define XS_LABEL_MAX 256

/* What a query says. A plain value. */
struct xs_query {
    bool is_valid;                /* if not, `format` alone is of use */
    bool has_format;              /* it names one, and only one */
    enum xs_format format;        /* XS_FORMAT_EVENTS included; XS_FORMAT_XML if it names none */
    bool is_any;                  /* of several JIDs the most available shall be the answer */
    size_t jid_count;             /* 0..XS_QUERY_JIDS_MAX, see xs_query_next_jid */
    enum xs_badge_style style;    /* of a badge; XS_BADGE_FLAT if it names none */
    bool has_label;               /* `label` instead of the JID, be it empty */
    char label[XS_LABEL_MAX + 1]; /* of a badge: UTF-8, fit for XML, NUL-terminated */
};

/*
 * Reads a query, NUL-terminated, of any content; NULL or "" for none. Cannot fail.
 *
 * Names and values are percent-decoded once, and a plus is a space, as forms have it. A query is
 * valid if `format` is xml, json, text, svg or events; `style` is flat or dot; `label` is UTF-8 of
 * at most XS_LABEL_MAX bytes; `any` has no value or is 1; each of them comes once at most; `jid`,
 * whatever its value, XS_QUERY_JIDS_MAX times at most; and the query keeps to its limits. Other
 * parameters are ignored, whatever they are.
 *
 * From the label is removed what XML 1.0 forbids, other controls, and what sets the direction of
 * text: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069. Tabs and newlines become
 * spaces.
 */
void xs_query_parse(const char *query, struct xs_query *ret_query);

/*
 * Reads the next JID of a query and moves `*query` behind it; `*query` starts as what has been
 * parsed, and was valid. The value of each parameter `jid` is percent-decoded once. A plus is a
 * plus here: no JID has a space, many have a plus.
 *
 * Returns XS_OK and fills `ret_jid`; XS_ERROR_INVALID or XS_ERROR_TOO_LONG if what stands there is
 * not a JID; XS_ERROR_NOT_FOUND if there are no more; XS_ERROR_NOMEM. On failure `ret_jid` is
 * untouched.
 */
enum xs_error xs_query_next_jid(const char **query, struct xs_jid *ret_jid);

#endif
