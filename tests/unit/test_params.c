#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "params.h"

struct walk_case {
    const char *name;
    const char *bytes;
    size_t len;
    bool is_accepted;
    bool is_whole;
};

#define BYTES(text) (text), sizeof(text) - 1

static const struct walk_case walk_cases[] = {
    {"nothing", BYTES(""), true, true},
    {"a pair", BYTES("\1\1ab"), true, true},
    {"two pairs", BYTES("\1\1ab\1\2cde"), true, true},
    {"an empty value", BYTES("\1\0a"), true, true},
    {"an empty name and value", BYTES("\0\0"), true, true},
    {"four-byte lengths", BYTES("\200\0\0\1\200\0\0\1ab"), true, true},
    {"a name's length alone", BYTES("\1"), true, false},
    {"a part of a long length", BYTES("\200\0\0"), true, false},
    {"no value's length after a long one", BYTES("\200\0\0\1"), true, false},
    {"lengths without text", BYTES("\1\1"), true, false},
    {"a value that is cut", BYTES("\1\2ab"), true, false},
    {"NUL in a name", BYTES("\2\1a\0b"), false, false},
    {"NUL in a value", BYTES("\1\2ab\0"), false, false},
    {"a name of 2 GiB", BYTES("\377\377\377\377\1"), false, false},
    {"a value of 2 GiB", BYTES("\1\377\377\377\377"), false, false},
    {"a name one over the limit", BYTES("\200\0\200\1\1"), false, false},
    {"a value one over the limit", BYTES("\1\200\0\200\1"), false, false},
    {"lengths at the limit", BYTES("\200\0\200\0\200\0\200\0"), true, false},
};

static void params_walk__accepts_and_finds_the_end__in_one_piece(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(walk_cases) / sizeof(walk_cases[0]); i++) {
        const struct walk_case *c = &walk_cases[i];
        struct xs_params params = {0};
        bool is_accepted = xs_params_walk(&params, (const unsigned char *)c->bytes, c->len);

        if (is_accepted != c->is_accepted ||
            (is_accepted && xs_params_is_whole(&params) != c->is_whole))
            fail_msg("%s", c->name);
    }
}

static void params_walk__says_the_same__byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(walk_cases) / sizeof(walk_cases[0]); i++) {
        const struct walk_case *c = &walk_cases[i];
        struct xs_params params = {0};
        bool is_accepted = true;

        for (size_t pos = 0; pos < c->len && is_accepted; pos++)
            is_accepted = xs_params_walk(&params, (const unsigned char *)c->bytes + pos, 1);
        if (is_accepted != c->is_accepted ||
            (is_accepted && xs_params_is_whole(&params) != c->is_whole))
            fail_msg("%s", c->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(params_walk__accepts_and_finds_the_end__in_one_piece),
        cmocka_unit_test(params_walk__says_the_same__byte_by_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
