#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sieve.h"

/* Passes a stream in pieces of `piece` bytes and compares what comes out. */
static void assert_pass(const char *in, size_t piece, const char *expected)
{
    struct xs_sieve sieve = {.value_max = 5};
    char out[1024];
    size_t len = strlen(in);
    size_t out_len = 0;

    for (size_t pos = 0; pos < len; pos += piece)
        out_len +=
            xs_sieve_pass(&sieve, in + pos, len - pos < piece ? len - pos : piece, out + out_len);
    out[out_len] = '\0';
    assert_string_equal(out, expected);
}

static void sieve_pass__replaces__only_long_values(void **state)
{
    static const struct {
        const char *in;
        const char *expected;
    } rows[] = {
        {"$5\r\n12345\r\n$3\r\nabc\r\n", "$5\r\n12345\r\n$3\r\nabc\r\n"},
        {"$6\r\n123456\r\n$3\r\nabc\r\n", "$1\r\n\xFF\r\n$3\r\nabc\r\n"},
        {"$0\r\n\r\n$-1\r\n+OK\r\n", "$0\r\n\r\n$-1\r\n+OK\r\n"},
        {"*2\r\n$7\r\n$9\r\n\r\n!\r\n:12345678\r\n", "*2\r\n$1\r\n\xFF\r\n:12345678\r\n"},
        {"$4\r\n$9\r\n\r\n+OK\r\n", "$4\r\n$9\r\n\r\n+OK\r\n"}, /* a value, not a length */
        {"-ERR a long text, but not a value; costs $9\r\n$-1\r\n",
         "-ERR a long text, but not a value; costs $9\r\n$-1\r\n"},
        {"$99999999999999999999\r\nabc\r\n", "$99999999999999999999\r\nabc\r\n"}, /* no number */
        {"$9x\r\n", "$9x\r\n"},
        {"$\r\n", "$\r\n"},
        {"$9\nabc\r\n", "$9\nabc\r\n"},
        {"-a\n$1\r\n$6\r\n123456\r\n", "-a\n$1\r\n$1\r\n\xFF\r\n"}, /* one line up to \r\n */
        {"$1111111111111111111111111111111111111111111111111\r\n$6\r\n123456\r\n+OK\r\n",
         "$1111111111111111111111111111111111111111111111111\r\n$1\r\n\xFF\r\n+OK\r\n"},
        {"$536870912\r\nand so on", "$1\r\n\xFF\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t piece = 1; piece <= strlen(rows[i].in); piece++)
            assert_pass(rows[i].in, piece, rows[i].expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sieve_pass__replaces__only_long_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
