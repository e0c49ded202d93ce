/*
 * format.h: the representations of an answer.
 */
#ifndef XS_FORMAT_H
#define XS_FORMAT_H

/* In the order in which they are preferred if the client likes several alike. */
enum xs_format {
    XS_FORMAT_XML,  /* application/xml: presence_xml.h */
    XS_FORMAT_JSON, /* application/json: presence_json.h */
    XS_FORMAT_TEXT, /* text/plain: the state in one word */
    XS_FORMAT_SVG,  /* image/svg+xml: badge.h */
    XS_FORMAT_COUNT,

    /* Not a representation but a succession of JSON, see streams.h; its errors are JSON too. */
    XS_FORMAT_EVENTS = XS_FORMAT_COUNT
};

#endif
