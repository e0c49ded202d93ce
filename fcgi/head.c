#include "head.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define METHODS "GET, HEAD, OPTIONS"

/* For how long a browser may remember the answer to its OPTIONS, in seconds. */
#define CORS_MAX_AGE_S "86400"

/* Every answer has these: any page may read it, as what it is and as nothing else. */
#define COMMON_HEADERS                                                                             \
    "X-Content-Type-Options: nosniff\r\n"                                                          \
    "Access-Control-Allow-Origin: *\r\n"                                                           \
    "Access-Control-Expose-Headers: ETag\r\n"                                                      \
    "Vary: Accept\r\n"

#define NO_STORE "Cache-Control: no-store\r\n"

/* Decimal digits of a length at most. */
#define DIGITS_MAX 20

/* JSON is UTF-8 by definition, and its type has no parameter to say so: RFC 8259 section 11. */
static const char *const content_types[] = {
    [XS_FORMAT_XML] = "application/xml; charset=utf-8",
    [XS_FORMAT_JSON] = "application/json",
    [XS_FORMAT_TEXT] = "text/plain; charset=utf-8",
    [XS_FORMAT_SVG] = "image/svg+xml; charset=utf-8",
};

_Static_assert(sizeof(content_types) / sizeof(*content_types) == XS_FORMAT_COUNT, "one each");

/* The kinds of answers, with what of their heads is their own. */
static const struct {
    int status;
    const char *reason;
    const char *headers; /* its own ones */
    bool is_public;      /* others may keep it for max_age_s */
    enum xs_condition condition;
} kinds[] = {
    [XS_HEAD_PRESENCE] = {200, "OK", "", true, 0},
    [XS_HEAD_UNCHANGED] = {304, "Not Modified", "", true, 0},
    [XS_HEAD_PARTIAL] = {200, "OK", "", false, 0},
    [XS_HEAD_PARTIAL_UNCHANGED] = {304, "Not Modified", "", false, 0},
    [XS_HEAD_BAD_REQUEST] = {400, "Bad Request", "", false, XS_CONDITION_BAD_REQUEST},
    [XS_HEAD_MALFORMED] = {400, "Bad Request", "", false, XS_CONDITION_JID_MALFORMED},
    [XS_HEAD_NOT_FOUND] = {404, "Not Found", "", true, XS_CONDITION_ITEM_NOT_FOUND},
    [XS_HEAD_METHOD] = {405, "Method Not Allowed", "Allow: " METHODS "\r\n", false,
                        XS_CONDITION_NOT_ALLOWED},
    [XS_HEAD_WAIT] = {503, "Service Unavailable", "Retry-After: 10\r\n", false,
                      XS_CONDITION_REMOTE_SERVER_TIMEOUT},
    [XS_HEAD_FULL] = {503, "Service Unavailable", "Retry-After: 10\r\n", false,
                      XS_CONDITION_RESOURCE_CONSTRAINT},
};

_Static_assert(sizeof(kinds) / sizeof(*kinds) == XS_HEAD_COUNT, "one each");

void xs_heads_init(struct xs_heads *heads, int max_age_s)
{
    char cache[64];

    (void)snprintf(cache, sizeof(cache), "Cache-Control: public, max-age=%d\r\n", max_age_s);
    for (int kind = 0; kind < XS_HEAD_COUNT; kind++) {
        struct xs_head_part *after = &heads->after[kind];

        for (int format = 0; format < XS_FORMAT_COUNT; format++) {
            struct xs_head_part *before = &heads->before[kind][format];

            before->len = (size_t)snprintf(
                before->bytes, sizeof(before->bytes), "Status: %d %s\r\nContent-Type: %s\r\n",
                kinds[kind].status, kinds[kind].reason, content_types[format]);
        }
        after->len =
            (size_t)snprintf(after->bytes, sizeof(after->bytes), COMMON_HEADERS "%s%s",
                             kinds[kind].is_public ? cache : NO_STORE, kinds[kind].headers);
    }
}

/* Each appends at `pos` and returns the new end. */
static char *append(char *pos, const char *bytes, size_t len)
{
    memcpy(pos, bytes, len);
    return pos + len;
}

static char *append_text(char *pos, const char *text)
{
    return append(pos, text, strlen(text));
}

static char *append_number(char *pos, size_t number)
{
    char digits[DIGITS_MAX];
    char *first = digits + sizeof(digits);

    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return append(pos, first, (size_t)(digits + sizeof(digits) - first));
}

/* The longest head has half of the room. */
size_t xs_heads_write(const struct xs_heads *heads, enum xs_head_kind kind, enum xs_format format,
                      size_t body_len, const char *etag, char ret_head[XS_HEAD_SIZE])
{
    const struct xs_head_part *before = &heads->before[kind][format];
    const struct xs_head_part *after = &heads->after[kind];
    char *pos = append(ret_head, before->bytes, before->len);

    if (kinds[kind].status != 304) {
        pos = append_text(pos, "Content-Length: ");
        pos = append_number(pos, body_len);
        pos = append_text(pos, "\r\n");
    }
    pos = append(pos, after->bytes, after->len);
    if (etag[0] != '\0') {
        pos = append_text(pos, "ETag: ");
        pos = append_text(pos, etag);
        pos = append_text(pos, "\r\n");
    }
    pos = append_text(pos, "\r\n");
    *pos = '\0';
    return (size_t)(pos - ret_head);
}

/* A 204 has no Content-Length: RFC 9110 section 8.6. */
size_t xs_head_write_options(enum xs_format format, char ret_head[XS_HEAD_SIZE])
{
    return (size_t)snprintf(ret_head, XS_HEAD_SIZE,
                            "Status: 204 No Content\r\n"
                            "Content-Type: %s\r\n" COMMON_HEADERS
                            "Access-Control-Allow-Methods: " METHODS "\r\n"
                            "Access-Control-Allow-Headers: If-None-Match, Last-Event-ID\r\n"
                            "Access-Control-Max-Age: " CORS_MAX_AGE_S "\r\n"
                            "\r\n",
                            content_types[format]);
}

/* nginx passes on at once what has the last header. */
size_t xs_head_write_stream(char ret_head[XS_HEAD_SIZE])
{
    return (size_t)snprintf(ret_head, XS_HEAD_SIZE,
                            "Status: 200 OK\r\n"
                            "Content-Type: text/event-stream\r\n" COMMON_HEADERS NO_STORE
                            "X-Accel-Buffering: no\r\n"
                            "\r\n");
}

int xs_head_status(enum xs_head_kind kind)
{
    return kinds[kind].status;
}

enum xs_condition xs_head_condition(enum xs_head_kind kind)
{
    return kinds[kind].condition;
}
