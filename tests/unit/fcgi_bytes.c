#include "fcgi_bytes.h"

#include <assert.h>
#include <fastcgi.h>
#include <string.h>

#define REQUEST_ID 1

void fcgi_add(struct fcgi_bytes *out, const void *bytes, size_t len)
{
    assert(len <= sizeof(out->bytes) - out->len);
    if (len > 0)
        memcpy(out->bytes + out->len, bytes, len);
    out->len += len;
}

void fcgi_add_header(struct fcgi_bytes *out, unsigned type, size_t content_len, size_t padding_len)
{
    const unsigned char header[FCGI_HEADER_LEN] = {
        FCGI_VERSION_1,
        (unsigned char)type,
        0,
        REQUEST_ID,
        (unsigned char)(content_len >> 8),
        (unsigned char)content_len,
        (unsigned char)padding_len,
        0,
    };

    fcgi_add(out, header, sizeof(header));
}

void fcgi_add_record(struct fcgi_bytes *out, unsigned type, const void *content, size_t len)
{
    fcgi_add_header(out, type, len, 0);
    fcgi_add(out, content, len);
}

void fcgi_add_begin(struct fcgi_bytes *out, unsigned role, unsigned flags)
{
    const unsigned char body[8] = {0, (unsigned char)role, (unsigned char)flags};

    fcgi_add_record(out, FCGI_BEGIN_REQUEST, body, sizeof(body));
}

static void add_length(struct fcgi_bytes *out, size_t length)
{
    const unsigned char bytes[4] = {
        (unsigned char)(length >> 24 | 0x80),
        (unsigned char)(length >> 16),
        (unsigned char)(length >> 8),
        (unsigned char)length,
    };

    if (length < 128)
        fcgi_add(out, &bytes[3], 1);
    else
        fcgi_add(out, bytes, sizeof(bytes));
}

void fcgi_add_pair(struct fcgi_bytes *out, const char *name, const char *value)
{
    add_length(out, strlen(name));
    add_length(out, strlen(value));
    fcgi_add(out, name, strlen(name));
    fcgi_add(out, value, strlen(value));
}

void fcgi_add_request(struct fcgi_bytes *out, const char *method, const char *path,
                      const char *query)
{
    static struct fcgi_bytes pairs;

    pairs.len = 0;
    fcgi_add_pair(&pairs, "REQUEST_METHOD", method);
    if (path != NULL)
        fcgi_add_pair(&pairs, "PATH_INFO", path);
    if (query != NULL)
        fcgi_add_pair(&pairs, "QUERY_STRING", query);
    fcgi_add_pair(&pairs, "XMPP_STATUS_STREAMS", "on");
    fcgi_add_begin(out, FCGI_RESPONDER, FCGI_KEEP_CONN);
    fcgi_add_record(out, FCGI_PARAMS, pairs.bytes, pairs.len);
    fcgi_add_record(out, FCGI_PARAMS, NULL, 0);
    fcgi_add_record(out, FCGI_STDIN, NULL, 0);
}
