/*
 * request.h: what an HTTP request asks for, from its FastCGI parameters.
 *
 * Pure; no I/O.
 */
#ifndef XS_REQUEST_H
#define XS_REQUEST_H

#include <stdbool.h>

#include "error.h"
#include "jid.h"
#include "query.h"

/* The parameters that are read. Borrowed, NUL-terminated; NULL if the web server sent none. */
struct xs_request_params {
    const char *method; /* REQUEST_METHOD */
    const char *script; /* SCRIPT_NAME, as the web server was configured to send it */
    const char *path;   /* PATH_INFO, percent-decoded by the web server: never decode it again */
    const char *query;  /* QUERY_STRING, as the client wrote it */
    const char *accept; /* HTTP_ACCEPT */
    const char *if_none_match; /* HTTP_IF_NONE_MATCH */
    const char *last_event_id; /* HTTP_LAST_EVENT_ID */
    const char *streams; /* XMPP_STATUS_STREAMS: "on" where the web server bounds streams, all else
                            counts as none */
};

/* What a request is for. */
enum xs_target {
    XS_TARGET_STATUS,  /* somebody's presence: whatever is not one of the others */
    XS_TARGET_METRICS, /* SCRIPT_NAME is /xmpp/metrics */
    XS_TARGET_HEALTH   /* SCRIPT_NAME is /xmpp/health */
};

enum xs_method {
    XS_METHOD_GET,
    XS_METHOD_HEAD,
    XS_METHOD_OPTIONS,
    XS_METHOD_OTHER /* answered with 405 */
};

/* What is wrong with a GET or HEAD. */
enum xs_flaw {
    XS_FLAW_NONE,
    XS_FLAW_QUERY, /* the query is not valid, see query.h, or there are no JIDs at all */
    XS_FLAW_JID    /* the path is not a slash and a JID */
};

/* A request. A plain value, but what it borrows lives as long as the parameters. */
struct xs_request {
    enum xs_target target; /* unless it is XS_TARGET_STATUS, only the method counts */
    enum xs_method method;
    enum xs_flaw flaw;            /* XS_FLAW_NONE unless the method is GET or HEAD */
    enum xs_format format;        /* of the answer, be it an error; never XS_FORMAT_EVENTS */
    bool is_stream;               /* a stream of events may be opened; `format` is JSON then */
    bool is_list;                 /* the JIDs are those of the query, not that of the path */
    bool is_any;                  /* the answer is that of the most available of them */
    size_t jid_count;             /* 1, or of a list 1..XS_QUERY_JIDS_MAX; 0 unless to look up */
    enum xs_badge_style style;    /* of a badge */
    bool has_label;               /* `label` instead of the JID, be it empty */
    char label[XS_LABEL_MAX + 1]; /* of a badge, see struct xs_query */
    const char *query;            /* borrowed; NULL if there is none: xs_query_next_jid */
    const char *if_none_match;    /* borrowed; NULL if there is none */
    const char *last_event_id;    /* borrowed; NULL if there is none */
};

/*
 * Reads a request. Without a path it is for the JIDs of its query, with one for the JID there. The
 * format is the one that the query names; if it names none, or none that exists, the one that the
 * Accept header chooses. With XS_FORMAT_EVENTS it is for a stream where the web server has streams
 * on, else for JSON: what the web server makes of the query is no reason to open one where it
 * bounds none. A badge shows one user, so several JIDs in XS_FORMAT_SVG are like `any`.
 *
 * Returns XS_OK and fills `ret_request`, and `ret_jid` if xs_request_is_lookup is then true and it
 * is no list; XS_ERROR_INVALID if there is no method, which no web server sends; XS_ERROR_NOMEM. On
 * failure both are untouched. Method names are case-sensitive: RFC 9110 section 9.1.
 */
enum xs_error xs_request_parse(const struct xs_request_params *params,
                               struct xs_request *ret_request, struct xs_jid *ret_jid);

/* Says whether the answer to a request depends on what is known of its JIDs. */
bool xs_request_is_lookup(const struct xs_request *request);

#endif
