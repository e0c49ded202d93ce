#include "fuzz.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jid.h"

void fuzz_check(bool holds, const char *property, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: broken property: %s\n", file, line, property);
    abort();
}

void *fuzz_copy(const void *bytes, size_t len)
{
    void *copy = malloc(len > 0 ? len : 1);

    FUZZ_CHECK(copy != NULL);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

static char *take(struct fuzz_input *input, size_t len)
{
    size_t text_len = len > 0 ? strnlen((const char *)input->bytes, len) : 0;
    char *text = malloc(text_len + 1);

    FUZZ_CHECK(text != NULL);
    if (text_len > 0)
        memcpy(text, input->bytes, text_len);
    text[text_len] = '\0';
    input->bytes += len;
    input->len -= len;
    return text;
}

char *fuzz_take_line(struct fuzz_input *input)
{
    const uint8_t *newline;
    char *line;

    if (input->len == 0)
        return NULL;
    newline = memchr(input->bytes, '\n', input->len);
    if (newline == NULL)
        return take(input, input->len);
    line = take(input, (size_t)(newline - input->bytes));
    input->bytes++;
    input->len--;
    return line;
}

char *fuzz_take_rest(struct fuzz_input *input)
{
    return take(input, input->len);
}

/* Decodes UTF-8 into `chars`; false if it is not UTF-8. */
static bool decode(const char *bytes, size_t len, uint32_t chars[FUZZ_TEXT_MAX], size_t *ret_count)
{
    char *in = (char *)(uintptr_t)bytes; /* iconv does not write there */
    char *out = (char *)chars;
    size_t out_left = FUZZ_TEXT_MAX * sizeof *chars;
    iconv_t decoder = iconv_open("UTF-32LE", "UTF-8");
    size_t result;

    FUZZ_CHECK(decoder != (iconv_t)-1);
    FUZZ_CHECK(len <= FUZZ_TEXT_MAX);
    result = iconv(decoder, &in, &len, &out, &out_left);
    (void)iconv_close(decoder);
    *ret_count = FUZZ_TEXT_MAX - out_left / sizeof *chars;
    return result != (size_t)-1;
}

bool fuzz_is_utf8(const char *bytes, size_t len)
{
    static uint32_t chars[FUZZ_TEXT_MAX];
    size_t count;

    return decode(bytes, len, chars, &count);
}

/* XML 1.0 section 2.2, production Char. */
static bool is_xml_char(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xD7FF) ||
           (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

bool fuzz_is_xml_text(const char *bytes, size_t len, size_t max_chars)
{
    static uint32_t chars[FUZZ_TEXT_MAX];
    size_t count;

    if (!decode(bytes, len, chars, &count) || count > max_chars)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!is_xml_char(chars[i]))
            return false;
    }
    return true;
}

void fuzz_check_bare_jid(const char *bare, size_t local_len, size_t domain_len)
{
    const char *domain = bare + local_len + 1;

    FUZZ_CHECK(local_len >= 1 && local_len <= XS_JID_PART_MAX);
    FUZZ_CHECK(domain_len >= 1 && domain_len <= XS_JID_PART_MAX);
    FUZZ_CHECK(strlen(bare) == local_len + 1 + domain_len);
    FUZZ_CHECK(strcspn(bare, "@") == local_len);
    FUZZ_CHECK(strpbrk(domain, "@") == NULL);
    FUZZ_CHECK(strpbrk(bare, "\"&'/:<> \t\r\n\x7f") == NULL);
    FUZZ_CHECK(strpbrk(bare, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
    FUZZ_CHECK(domain[0] != '.' && domain[domain_len - 1] != '.');
    FUZZ_CHECK(strstr(domain, "..") == NULL);
    FUZZ_CHECK(fuzz_is_xml_text(bare, strlen(bare), SIZE_MAX));
}
