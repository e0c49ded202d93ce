#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_bytes.h"
#include "framing.h"
#include "params.h"

#define UNTOUCHED 4711

static struct fcgi_bytes request;
static struct fcgi_bytes pairs;

static int clear(void **state)
{
    (void)state;
    request.len = 0;
    pairs.len = 0;
    return 0;
}

/*
 * Checks the first `len` bytes of the request, in memory of just that size so that a sanitizer sees
 * a byte read too many. The length must come back only with COMPLETE.
 */
static enum xs_framing check(size_t len, size_t *ret_request_len)
{
    unsigned char *copy = malloc(len > 0 ? len : 1);
    enum xs_framing framing;

    assert_non_null(copy);
    memcpy(copy, request.bytes, len);
    *ret_request_len = UNTOUCHED;
    framing = xs_framing_check(copy, len, ret_request_len);
    free(copy);
    if (framing != XS_FRAMING_COMPLETE)
        assert_int_equal(*ret_request_len, UNTOUCHED);
    return framing;
}

static void assert_framing(enum xs_framing expected)
{
    size_t request_len;

    assert_int_equal(check(request.len, &request_len), expected);
    if (expected == XS_FRAMING_COMPLETE)
        assert_int_equal(request_len, request.len);
}

/* A request that has every kind of record, lengths of both sizes, a split pair, padding, a body. */
static void build_rich_request(void)
{
    static char value[300];

    memset(value, 'v', sizeof(value) - 1);
    fcgi_add_pair(&pairs, "REQUEST_METHOD", "POST");
    fcgi_add_pair(&pairs, "PATH_INFO", value);
    fcgi_add_begin(&request, FCGI_RESPONDER, 0);
    fcgi_add_record(&request, FCGI_PARAMS, pairs.bytes, 23);
    fcgi_add_header(&request, FCGI_PARAMS, pairs.len - 23, 3);
    fcgi_add(&request, pairs.bytes + 23, pairs.len - 23);
    fcgi_add(&request, "\0\0\0", 3);
    fcgi_add_record(&request, FCGI_PARAMS, NULL, 0);
    fcgi_add_record(&request, FCGI_STDIN, "body", 4);
    fcgi_add_record(&request, FCGI_STDIN, NULL, 0);
}

static void framing_check__is_complete__for_a_plain_request(void **state)
{
    (void)state;
    fcgi_add_request(&request, "GET", "/a@example.org", "");
    assert_framing(XS_FRAMING_COMPLETE);
}

static void framing_check__is_complete__for_a_rich_request(void **state)
{
    (void)state;
    build_rich_request();
    assert_framing(XS_FRAMING_COMPLETE);
}

static void framing_check__is_incomplete__for_every_truncation(void **state)
{
    size_t request_len;

    (void)state;
    build_rich_request();
    for (size_t len = 0; len < request.len; len++)
        if (check(len, &request_len) != XS_FRAMING_INCOMPLETE)
            fail_msg("%zu of %zu bytes", len, request.len);
    assert_int_equal(xs_framing_check(NULL, 0, &request_len), XS_FRAMING_INCOMPLETE);
}

static void framing_check__gives_the_length_of_the_first__when_more_follows(void **state)
{
    size_t first_len;
    size_t request_len;

    (void)state;
    fcgi_add_request(&request, "GET", "/a@example.org", "");
    first_len = request.len;
    fcgi_add_request(&request, "HEAD", "/b@example.org", NULL);
    for (size_t len = first_len; len <= request.len; len++) {
        assert_int_equal(check(len, &request_len), XS_FRAMING_COMPLETE);
        assert_int_equal(request_len, first_len);
    }
}

/* Offsets in what fcgi_add_request builds: the header and body of BEGIN_REQUEST, the next header.
 */
struct mutation {
    const char *name;
    size_t offset;
    unsigned char value;
};

static const struct mutation mutations[] = {
    {"version 0", 0, 0},
    {"version 2", 0, 2},
    {"ABORT_REQUEST first", 1, FCGI_ABORT_REQUEST},
    {"PARAMS first", 1, FCGI_PARAMS},
    {"STDIN first", 1, FCGI_STDIN},
    {"GET_VALUES", 1, FCGI_GET_VALUES},
    {"an unknown type", 1, 12},
    {"type 0", 1, 0},
    {"request id 0", 3, 0},
    {"BEGIN_REQUEST of 7 bytes", 5, 7},
    {"BEGIN_REQUEST of 9 bytes", 5, 9},
    {"BEGIN_REQUEST of 264 bytes", 4, 1},
    {"padding of BEGIN_REQUEST", 6, 1},
    {"role 0", 9, 0},
    {"authorizer", 9, FCGI_AUTHORIZER},
    {"filter", 9, FCGI_FILTER},
    {"role 257", 8, 1},
    {"version 0 in the second record", 16, 0},
    {"BEGIN_REQUEST again", 17, FCGI_BEGIN_REQUEST},
    {"ABORT_REQUEST", 17, FCGI_ABORT_REQUEST},
    {"STDIN before the parameters' end", 17, FCGI_STDIN},
    {"DATA", 17, FCGI_DATA},
    {"management record", 17, FCGI_GET_VALUES},
    {"another request's id", 19, 2},
    {"another request's id, high byte", 18, 1},
    {"a name of 2 GiB", 24, 0xff},
};

static void framing_check__is_bad__for_every_mutation(void **state)
{
    size_t request_len;

    (void)state;
    for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++) {
        const struct mutation *m = &mutations[i];

        request.len = 0;
        fcgi_add_request(&request, "GET", "/a@example.org", "");
        assert_int_not_equal(request.bytes[m->offset], m->value);
        request.bytes[m->offset] = m->value;
        if (check(request.len, &request_len) != XS_FRAMING_BAD)
            fail_msg("%s", m->name);
    }
}

/* The header is enough: nobody has to wait for the content. */
static void framing_check__is_bad_at_once__when_the_header_shows_it(void **state)
{
    (void)state;
    fcgi_add_header(&request, FCGI_BEGIN_REQUEST, 9, 0);
    assert_framing(XS_FRAMING_BAD);
    request.len = 0;
    fcgi_add_begin(&request, FCGI_RESPONDER, 0);
    fcgi_add_header(&request, FCGI_PARAMS, 65535, 255);
    assert_framing(XS_FRAMING_BAD);
}

static void framing_check__is_bad__when_the_parameters_end_in_a_pair(void **state)
{
    (void)state;
    fcgi_add_begin(&request, FCGI_RESPONDER, 0);
    fcgi_add_record(&request, FCGI_PARAMS, "\1\2ab", 4);
    fcgi_add_record(&request, FCGI_PARAMS, NULL, 0);
    assert_framing(XS_FRAMING_BAD);
}

static void framing_check__is_bad__when_an_empty_record_is_padded(void **state)
{
    (void)state;
    fcgi_add_begin(&request, FCGI_RESPONDER, 0);
    fcgi_add_header(&request, FCGI_PARAMS, 0, 8);
    assert_framing(XS_FRAMING_BAD);
    request.len = 0;
    fcgi_add_begin(&request, FCGI_RESPONDER, 0);
    fcgi_add_record(&request, FCGI_PARAMS, NULL, 0);
    fcgi_add_header(&request, FCGI_STDIN, 0, 8);
    assert_framing(XS_FRAMING_BAD);
}

/* Builds a request with a body of `len` bytes in two records. */
static void build_body(size_t len)
{
    static const char body[XS_REQUEST_BODY_MAX];

    request.len = 0;
    fcgi_add_begin(&request, FCGI_RESPONDER, 0);
    fcgi_add_record(&request, FCGI_PARAMS, NULL, 0);
    fcgi_add_record(&request, FCGI_STDIN, body, len / 2);
    fcgi_add_record(&request, FCGI_STDIN, body, len - len / 2);
    fcgi_add_record(&request, FCGI_STDIN, NULL, 0);
}

static void framing_check__bounds_the_body__at_its_limit(void **state)
{
    (void)state;
    build_body(XS_REQUEST_BODY_MAX);
    assert_framing(XS_FRAMING_COMPLETE);
    build_body(XS_REQUEST_BODY_MAX + 1);
    assert_framing(XS_FRAMING_BAD);
}

/* Builds a request of `total` bytes, with two long parameters in it. */
static void build_total(size_t total)
{
    static char value[XS_PARAM_MAX + 1];
    /* BEGIN, header, two times lengths and name, the two ends. */
    size_t values_len = total - 16 - 8 - 2 * 6 - 16;

    request.len = 0;
    pairs.len = 0;
    memset(value, 'v', XS_PARAM_MAX);
    value[values_len - values_len / 2] = '\0';
    fcgi_add_pair(&pairs, "n", value);
    value[values_len / 2] = '\0';
    fcgi_add_pair(&pairs, "m", value);
    fcgi_add_begin(&request, FCGI_RESPONDER, 0);
    fcgi_add_record(&request, FCGI_PARAMS, pairs.bytes, pairs.len);
    fcgi_add_record(&request, FCGI_PARAMS, NULL, 0);
    fcgi_add_record(&request, FCGI_STDIN, NULL, 0);
    assert_int_equal(request.len, total);
}

static void framing_check__bounds_the_request__at_its_limit(void **state)
{
    (void)state;
    build_total(XS_REQUEST_MAX);
    assert_framing(XS_FRAMING_COMPLETE);
    for (size_t excess = 1; excess <= 16; excess++) {
        build_total(XS_REQUEST_MAX + excess);
        assert_framing(XS_FRAMING_BAD);
    }
}

/* A buffer of the limit's size that is full must never be incomplete: nothing could complete it. */
static void framing_check__is_never_incomplete__when_the_limit_is_reached(void **state)
{
    size_t request_len;

    (void)state;
    fcgi_add_begin(&request, FCGI_RESPONDER, 0);
    while (request.len < XS_REQUEST_MAX + FCGI_HEADER_LEN)
        fcgi_add_record(&request, FCGI_PARAMS, "\0\0", 2);
    assert_int_equal(check(XS_REQUEST_MAX, &request_len), XS_FRAMING_BAD);
}

#define TEST(function) cmocka_unit_test_setup(function, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(framing_check__is_complete__for_a_plain_request),
        TEST(framing_check__is_complete__for_a_rich_request),
        TEST(framing_check__is_incomplete__for_every_truncation),
        TEST(framing_check__gives_the_length_of_the_first__when_more_follows),
        TEST(framing_check__is_bad__for_every_mutation),
        TEST(framing_check__is_bad_at_once__when_the_header_shows_it),
        TEST(framing_check__is_bad__when_the_parameters_end_in_a_pair),
        TEST(framing_check__is_bad__when_an_empty_record_is_padded),
        TEST(framing_check__bounds_the_body__at_its_limit),
        TEST(framing_check__bounds_the_request__at_its_limit),
        TEST(framing_check__is_never_incomplete__when_the_limit_is_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
