/*
 * fuzz.h: what the fuzz targets share.
 *
 * A target is one source file, fuzz_NAME.c, which defines LLVMFuzzerTestOneInput. The same object
 * is linked to libFuzzer and to replay.c, which runs the corpus with any compiler. A property that
 * does not hold aborts.
 */
#ifndef XS_TEST_FUZZ_H
#define XS_TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls, and replay.c: `size` bytes of any content. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts, saying which property is broken, unless `condition` holds. */
#define FUZZ_CHECK(condition) fuzz_check((condition), #condition, __FILE__, __LINE__)

void fuzz_check(bool holds, const char *property, const char *file, int line);

/* The rest of an input that is read line by line. Starts as the whole. */
struct fuzz_input {
    const uint8_t *bytes;
    size_t len;
};

/*
 * Takes the next line, without its newline, as a string of its own, owned by the caller: one byte
 * too many shows. NULL at the end of the input. What follows a NUL is lost, as in any C string.
 */
char *fuzz_take_line(struct fuzz_input *input);

/* Takes all that is left, newlines included. Never NULL; owned by the caller. */
char *fuzz_take_rest(struct fuzz_input *input);

/*
 * Returns a copy of `len` bytes in an allocation of just that size, so that reading beyond them
 * shows. Never NULL; owned by the caller.
 */
void *fuzz_copy(const void *bytes, size_t len);

/* Bytes that the following two can look at. */
#define FUZZ_TEXT_MAX 65536

/*
 * Each says whether `len` bytes are UTF-8; the second, also of characters that XML 1.0 allows, at
 * most `max_chars` of them. By glibc's decoder, so that they owe nothing to the code under test.
 */
bool fuzz_is_utf8(const char *bytes, size_t len);
bool fuzz_is_xml_text(const char *bytes, size_t len, size_t max_chars);

/* Checks what holds of every normalised bare JID. */
void fuzz_check_bare_jid(const char *bare, size_t local_len, size_t domain_len);

#endif
