/*
 * fcgi_bytes.h: builds FastCGI requests, right and wrong ones, for the tests.
 */
#ifndef XS_TEST_FCGI_BYTES_H
#define XS_TEST_FCGI_BYTES_H

#include <stddef.h>

/* Bytes that fit; more than a request may have. */
#define FCGI_BYTES_MAX 98304

/* What has been built so far. Starts as {0}. */
struct fcgi_bytes {
    size_t len;
    unsigned char bytes[FCGI_BYTES_MAX];
};

/* Each appends to `out`. */
void fcgi_add(struct fcgi_bytes *out, const void *bytes, size_t len);
void fcgi_add_header(struct fcgi_bytes *out, unsigned type, size_t content_len, size_t padding_len);
void fcgi_add_record(struct fcgi_bytes *out, unsigned type, const void *content, size_t len);
void fcgi_add_begin(struct fcgi_bytes *out, unsigned role, unsigned flags);

/* Appends a pair in the encoding of FastCGI 1.0 section 3.4, to be put into PARAMS records. */
void fcgi_add_pair(struct fcgi_bytes *out, const char *name, const char *value);

/*
 * Appends a whole request with these three parameters, of which all but the first may be NULL, from
 * where streams may be opened.
 */
void fcgi_add_request(struct fcgi_bytes *out, const char *method, const char *path,
                      const char *query);

#endif
