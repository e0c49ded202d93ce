/*
 * query.h: what the query of a request asks for.
 *
 * Pure; no I/O.
 */
#ifndef XS_QUERY_H
#define XS_QUERY_H

#include <stdbool.h>

#include "badge.h"
#include "format.h"

/* Bytes of a query at most, as the client wrote it. */
#define XS_QUERY_MAX 4096

/* Parameters of a query at most, empty ones included. */
#define XS_QUERY_PARAMETERS_MAX 64

/* Bytes of a label at most, once decoded. */
#define XS_LABEL_MAX 256

/* What a query says. A plain value. */
struct xs_query {
    bool is_valid;                /* if not, `format` alone is of use */
    bool has_format;              /* it names one, and only one */
    enum xs_format format;        /* XS_FORMAT_XML if it names none */
    enum xs_badge_style style;    /* of a badge; XS_BADGE_FLAT if it names none */
    bool has_label;               /* `label` instead of the JID, be it empty */
    char label[XS_LABEL_MAX + 1]; /* of a badge: UTF-8, fit for XML, NUL-terminated */
};

/*
 * Reads a query, NUL-terminated, of any content; NULL or "" for none. Cannot fail.
 *
 * Names and values are percent-decoded once, and a plus is a space, as forms have it. A query is
 * valid if `format` is xml, json, text or svg; `style` is flat or dot; `label` is UTF-8 of at most
 * XS_LABEL_MAX bytes; each of them comes once at most; and the query keeps to its limits. Other
 * parameters are ignored, whatever they are.
 *
 * From the label is removed what XML 1.0 forbids, other controls, and what sets the direction of
 * text: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069. Tabs and newlines become
 * spaces.
 */
void xs_query_parse(const char *query, struct xs_query *ret_query);

#endif
