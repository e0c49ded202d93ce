/*
 * The sieve before the parser of Redis's replies. The input is a stream; its first byte says in
 * pieces of how many bytes it comes.
 *
 * Cut in any way it gives the same bytes, and no value that is longer than the limit.
 */
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "redis_reader.h"
#include "sieve.h"

#define VALUE_MAX 20

/* Passes a stream in pieces of `piece` bytes; returns how many bytes came out. */
static size_t pass(const char *bytes, size_t len, size_t piece, char *out)
{
    struct xs_sieve sieve = {.value_max = VALUE_MAX};
    size_t out_len = 0;

    for (size_t pos = 0; pos < len; pos += piece) {
        size_t part = len - pos < piece ? len - pos : piece;
        char *copy = fuzz_copy(bytes + pos, part);
        char *room = malloc(part + XS_SIEVE_GROWTH);
        size_t passed = xs_sieve_pass(&sieve, copy, part, room);

        FUZZ_CHECK(passed <= part + XS_SIEVE_GROWTH);
        memcpy(out + out_len, room, passed);
        out_len += passed;
        free(room);
        free(copy);
    }
    return out_len;
}

static void check_reply(const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_STRING)
        FUZZ_CHECK(reply->len <= VALUE_MAX);
    if (reply->type != REDIS_REPLY_ARRAY)
        return;
    for (size_t i = 0; i < reply->elements; i++)
        check_reply(reply->element[i]);
}

/* What a parser makes of the bytes that came out. */
static void check_replies(const char *bytes, size_t len)
{
    redisReader *reader = redisReaderCreate();
    struct xs_redis_reader bound;
    void *reply = NULL;

    FUZZ_CHECK(reader != NULL);
    xs_redis_reader_bound(reader, &bound);
    FUZZ_CHECK(redisReaderFeed(reader, bytes, len) == REDIS_OK);
    while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply != NULL) {
        check_reply(reply);
        freeReplyObject(reply);
        reply = NULL;
    }
    redisReaderFree(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;
    char *whole;
    char *cut;
    size_t whole_len;

    if (size < 2)
        return 0;
    whole = malloc(size + XS_SIEVE_GROWTH);
    cut = malloc(size + XS_SIEVE_GROWTH);
    FUZZ_CHECK(whole != NULL && cut != NULL);
    whole_len = pass(bytes, size - 1, size, whole);
    FUZZ_CHECK(pass(bytes, size - 1, data[0] % 16 + 1, cut) == whole_len);
    FUZZ_CHECK(memcmp(whole, cut, whole_len) == 0);
    check_replies(whole, whole_len);
    free(whole);
    free(cut);
    return 0;
}
