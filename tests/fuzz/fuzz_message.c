/*
 * What Redis says of changed keys. The input's first byte says in pieces of how many bytes the rest
 * comes, and whether that is a stream as it is, or keys, one in a line, for a message to be made
 * of.
 *
 * Whatever the stream is, each message in it is told apart and its keys read. A message that is
 * made is known for what it is, and has those keys.
 */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "message.h"
#include "redis_reader.h"
#include "sieve.h"

#define HEAD "*3\r\n$7\r\nmessage\r\n$20\r\n" XS_MESSAGE_CHANNEL "\r\n"

/* Bytes of a key with what announces it, beyond the key. */
#define KEY_EXTRA 32

static size_t read_keys(const redisReply *message)
{
    struct xs_key_owner owner;
    size_t count = 0;

    while (xs_message_key(message, count, &owner)) {
        FUZZ_CHECK((owner.kind == XS_KEY_OTHER) == (owner.name_len == 0));
        FUZZ_CHECK(owner.name[owner.name_len] == '\0');
        count++;
    }
    return count;
}

/* Reads a stream as the tracking does; returns the number of messages, and of keys in them. */
static size_t read_stream(const char *bytes, size_t len, size_t piece, size_t *ret_keys)
{
    struct xs_sieve sieve = {.value_max = XS_KEY_SIZE};
    redisReader *reader = redisReaderCreate();
    struct xs_redis_reader bound;
    size_t count = 0;
    bool ok = true;

    FUZZ_CHECK(reader != NULL);
    xs_redis_reader_bound(reader, &bound);
    *ret_keys = 0;
    for (size_t pos = 0; ok && pos < len; pos += piece) {
        size_t part = len - pos < piece ? len - pos : piece;
        char *room = malloc(part + XS_SIEVE_GROWTH);
        void *reply = NULL;

        FUZZ_CHECK(room != NULL);
        part = xs_sieve_pass(&sieve, bytes + pos, part, room);
        ok = part == 0 || redisReaderFeed(reader, room, part) == REDIS_OK;
        while (ok && (ok = redisReaderGetReply(reader, &reply) == REDIS_OK) && reply != NULL) {
            if (xs_message_kind(reply) == XS_MESSAGE_KEYS)
                *ret_keys += read_keys(reply);
            count++;
            freeReplyObject(reply);
        }
        free(room);
    }
    redisReaderFree(reader);
    return count;
}

static void check_made(const char *bytes, size_t len, size_t piece)
{
    struct fuzz_input input = {(const uint8_t *)bytes, len};
    char *keys = calloc(1, 1 + (KEY_EXTRA + 1) * (len + 1) + len);
    char *stream = malloc(sizeof HEAD + (KEY_EXTRA + 1) * (len + 2) + len);
    size_t keys_len = 0;
    size_t count = 0;
    size_t got = 0;
    char *line;
    int head_len;

    FUZZ_CHECK(keys != NULL && stream != NULL);
    while ((line = fuzz_take_line(&input)) != NULL) {
        keys_len += (size_t)sprintf(keys + keys_len, "$%zu\r\n%s\r\n", strlen(line), line);
        count++;
        free(line);
    }
    head_len = sprintf(stream, HEAD "*%zu\r\n", count);
    memcpy(stream + head_len, keys, keys_len);
    FUZZ_CHECK(read_stream(stream, (size_t)head_len + keys_len, piece, &got) == 1);
    FUZZ_CHECK(got == count);
    free(keys);
    free(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;
    size_t piece;
    size_t keys;

    if (size < 2)
        return 0;
    piece = data[0] / 2 % 16 + 1;
    if (data[0] % 2 == 0)
        (void)read_stream(bytes, size - 1, piece, &keys);
    else
        check_made(bytes, size - 1, piece);
    return 0;
}
