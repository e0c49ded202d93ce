/*
 * What a bot tells of itself, to what the operator is shown. The input is the bytes of the reply to
 * the question for all figures.
 */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exposition.h"
#include "fuzz.h"
#include "redis_reader.h"

#define SAMPLE "{domain=\"d\"} "

/* A known figure is a field's text, but for leading zeros; what is unknown was no number. */
static void check_figures(const redisReply *reply, const struct xs_figures *figures)
{
    for (size_t i = 0; i < XS_FIGURE_COUNT; i++) {
        int64_t value = figures->values[i];

        FUZZ_CHECK(value >= XS_FIGURE_UNKNOWN && value <= XS_FIGURE_MAX);
        if (value == XS_FIGURE_UNKNOWN)
            continue;
        FUZZ_CHECK(reply->type == REDIS_REPLY_ARRAY && reply->elements == XS_FIGURE_COUNT);
        FUZZ_CHECK(strspn(reply->element[i]->str, "0123456789") == reply->element[i]->len);
        FUZZ_CHECK(strtoll(reply->element[i]->str, NULL, 10) == value);
    }
}

/* Each known figure is one line, and nothing else of the reply comes out. */
static void check_text(const struct xs_figures *figures)
{
    static const struct xs_metrics metrics;
    const struct xs_surveyed domain = {.domain = "d", .figures = *figures};
    const struct xs_snapshot snapshot = {
        .metrics = &metrics, .version = "1", .domains = &domain, .domain_count = 1};
    size_t expected = 1; /* the lease */
    size_t count = 0;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    FUZZ_CHECK(out != NULL);
    xs_exposition_write(out, &snapshot);
    FUZZ_CHECK(fclose(out) == 0);
    FUZZ_CHECK(strlen(text) == len);
    for (size_t i = 0; i < XS_FIGURE_COUNT; i++)
        expected += figures->values[i] != XS_FIGURE_UNKNOWN;
    for (const char *at = text; (at = strstr(at, SAMPLE)) != NULL; count++) {
        at += strlen(SAMPLE);
        FUZZ_CHECK(at[strspn(at, "0123456789")] == '\n');
    }
    FUZZ_CHECK(count == expected);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xs_redis_reader bound;
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    FUZZ_CHECK(reader != NULL);
    xs_redis_reader_bound(reader, &bound);
    if (redisReaderFeed(reader, (const char *)data, size) == REDIS_OK &&
        redisReaderGetReply(reader, &reply) == REDIS_OK && reply != NULL) {
        struct xs_figures figures = xs_figures_parse(reply);

        check_figures(reply, &figures);
        check_text(&figures);
    }
    freeReplyObject(reply);
    redisReaderFree(reader);
    return 0;
}
