#include "framing.h"

#include <fastcgi.h>
#include <stdbool.h>
#include <stdint.h>

#include "params.h"

/* A record's header in host order. FastCGI 1.0 section 3.3. */
struct record {
    unsigned version;
    unsigned type;
    unsigned id;
    size_t content_len;
    size_t padding_len;
};

/* How far the request has been followed: which record may come next. */
struct scan {
    unsigned next_type; /* FCGI_BEGIN_REQUEST, FCGI_PARAMS or FCGI_STDIN */
    unsigned id;        /* of the request, known after FCGI_BEGIN_REQUEST */
    size_t body_len;
    struct xs_params params;
    bool is_over;
};

static struct record read_header(const unsigned char *bytes)
{
    return (struct record){
        .version = bytes[0],
        .type = bytes[1],
        .id = (unsigned)bytes[2] << 8 | bytes[3],
        .content_len = (size_t)bytes[4] << 8 | bytes[5],
        .padding_len = bytes[6],
    };
}

/* Judges what the header alone shows, before the content has arrived. */
static bool header_is_acceptable(const struct scan *scan, const struct record *record)
{
    if (record->version != FCGI_VERSION_1 || record->type != scan->next_type)
        return false;
    if (record->type == FCGI_BEGIN_REQUEST)
        return record->id != FCGI_NULL_REQUEST_ID && record->padding_len == 0 &&
               record->content_len == sizeof(FCGI_BeginRequestBody);
    if (record->id != scan->id || (record->content_len == 0 && record->padding_len != 0))
        return false;
    return record->type != FCGI_STDIN ||
           scan->body_len + record->content_len <= XS_REQUEST_BODY_MAX;
}

/* Follows one record whose content is there. Returns false if it makes the request a bad one. */
static bool follow_record(struct scan *scan, const struct record *record,
                          const unsigned char *content)
{
    switch (record->type) {
    case FCGI_BEGIN_REQUEST:
        scan->id = record->id;
        scan->next_type = FCGI_PARAMS;
        return ((unsigned)content[0] << 8 | content[1]) == FCGI_RESPONDER;
    case FCGI_PARAMS:
        if (record->content_len > 0)
            return xs_params_walk(&scan->params, content, record->content_len);
        scan->next_type = FCGI_STDIN;
        return xs_params_is_whole(&scan->params);
    default: /* FCGI_STDIN, the last one of next_type */
        scan->body_len += record->content_len;
        scan->is_over = record->content_len == 0;
        return true;
    }
}

enum xs_framing xs_framing_check(const unsigned char *bytes, size_t len, size_t *ret_request_len)
{
    struct scan scan = {.next_type = FCGI_BEGIN_REQUEST};
    size_t pos = 0;

    while (!scan.is_over) {
        struct record record;
        size_t record_len;

        if (pos + FCGI_HEADER_LEN > XS_REQUEST_MAX)
            return XS_FRAMING_BAD;
        if (len - pos < FCGI_HEADER_LEN)
            return XS_FRAMING_INCOMPLETE;
        record = read_header(bytes + pos);
        record_len = FCGI_HEADER_LEN + record.content_len + record.padding_len;
        if (!header_is_acceptable(&scan, &record) || record_len > XS_REQUEST_MAX - pos)
            return XS_FRAMING_BAD;
        if (len - pos < record_len)
            return XS_FRAMING_INCOMPLETE;
        if (!follow_record(&scan, &record, bytes + pos + FCGI_HEADER_LEN))
            return XS_FRAMING_BAD;
        pos += record_len;
    }
    *ret_request_len = pos;
    return XS_FRAMING_COMPLETE;
}
