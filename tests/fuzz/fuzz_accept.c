/*
 * Which format an Accept header chooses, and whether an If-None-Match header names a tag. The input
 * is both headers, a line each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "etag.h"
#include "fuzz.h"

#define ETAG "\"0123456789abcdef0123456789abcdef\""

/* Parts put before or after a header with which the choice must not change. */
static const char *const neutral[] = {
    ",", " , ,", "no type,", "*/xml,", "text/xml;q=2,", "image/svg+xml;q=,", "model/x;q=0.3,",
};

static char *join(const char *first, const char *second)
{
    size_t len = strlen(first) + strlen(second) + 1;
    char *text = malloc(len);

    FUZZ_CHECK(text != NULL);
    (void)snprintf(text, len, "%s%s", first, second);
    return text;
}

static void check_accept(const char *accept)
{
    enum xs_format format = xs_accept_choose(accept);

    FUZZ_CHECK((unsigned)format < XS_FORMAT_COUNT || format == XS_FORMAT_EVENTS);
    FUZZ_CHECK(xs_accept_choose(accept) == format);
    if (strlen(accept) > XS_ACCEPT_MAX)
        FUZZ_CHECK(format == XS_FORMAT_XML);
    /* Only what could have asked for a format gets it. */
    if (format == XS_FORMAT_SVG)
        FUZZ_CHECK(strcasestr(accept, "image/") != NULL || strstr(accept, "*/*") != NULL);
    if (format == XS_FORMAT_JSON)
        FUZZ_CHECK(strcasestr(accept, "application/") != NULL || strstr(accept, "*/*") != NULL);
    if (format == XS_FORMAT_TEXT)
        FUZZ_CHECK(strcasestr(accept, "text/") != NULL || strstr(accept, "*/*") != NULL);
    if (format == XS_FORMAT_EVENTS)
        FUZZ_CHECK(strcasestr(accept, "text/event-stream") != NULL);
    for (size_t i = 0; i < sizeof neutral / sizeof *neutral; i++) {
        char *longer = join(neutral[i], accept);

        if (strlen(longer) <= XS_ACCEPT_MAX)
            FUZZ_CHECK(xs_accept_choose(longer) == format);
        free(longer);
    }
}

static void check_tags(const char *tags)
{
    bool is_named = xs_etag_is_named(ETAG, tags);
    char *longer = join(ETAG ",", tags);

    /* By itself or as "*"; and it does not matter what follows once it was there. */
    if (is_named)
        FUZZ_CHECK(strstr(tags, ETAG) != NULL || strchr(tags, '*') != NULL);
    FUZZ_CHECK(xs_etag_is_named(ETAG, longer) == (strlen(longer) <= XS_IF_NONE_MATCH_MAX));
    free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *accept = fuzz_take_line(&input);
    char *tags = fuzz_take_line(&input);

    if (accept != NULL)
        check_accept(accept);
    if (tags != NULL)
        check_tags(tags);
    free(accept);
    free(tags);
    return 0;
}
