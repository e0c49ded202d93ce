#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "command.h"

#define WORDS_MAX 8

/* Parses words; they are copied, as getopt changes their order. */
static enum xs_error parse(const char *const words[], struct xs_command *command,
                           struct xs_error_info *info)
{
    static char copies[WORDS_MAX][64];
    static char *argv[WORDS_MAX + 1];
    int argc = 0;

    for (; words[argc] != NULL; argc++) {
        assert_true(argc < WORDS_MAX && strlen(words[argc]) < sizeof copies[0]);
        strcpy(copies[argc], words[argc]);
        argv[argc] = copies[argc];
    }
    argv[argc] = NULL;
    *info = (struct xs_error_info){.code = XS_OK};
    return xs_command_parse(argc, argv, command, info);
}

static void command_parse__reads__commands_and_operands(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        enum xs_verb verb;
        int operands;
    } cases[] = {
        {{"block", "a@b", "c"}, XS_VERB_BLOCK, 2},
        {{"check", "b"}, XS_VERB_CHECK, 1},
        {{"domains"}, XS_VERB_DOMAINS, 0},
        {{"forget", "a@b"}, XS_VERB_FORGET, 1},
        {{"list", "b"}, XS_VERB_LIST, 1},
        {{"normalise", "B"}, XS_VERB_NORMALISE, 1},
        {{"publish", "a@b"}, XS_VERB_PUBLISH, 1},
        {{"show", "-"}, XS_VERB_SHOW, 1},
        {{"unset", "--", "-a@b"}, XS_VERB_UNSET, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct xs_error_info info;
        struct xs_command command;

        assert_int_equal(parse(cases[i].words, &command, &info), XS_OK);
        assert_int_equal(command.verb, cases[i].verb);
        assert_int_equal(command.operand_count, cases[i].operands);
        assert_false(command.json);
        assert_string_equal(command.flag, "yes");
    }
}

static void command_parse__reads__options_anywhere(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        const char *flag;
        bool json;
    } cases[] = {
        {{"publish", "-o", "status", "a@b"}, "yes status", false},
        {{"publish", "a@b", "--options=nolast,status"}, "yes nolast status", false},
        {{"publish", "a@b", "-ostatus,nolast", "--json"}, "yes status nolast", true},
        {{"publish", "--json", "--", "a@b"}, "yes", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct xs_error_info info;
        struct xs_command command;

        assert_int_equal(parse(cases[i].words, &command, &info), XS_OK);
        assert_string_equal(command.flag, cases[i].flag);
        assert_int_equal(command.json, cases[i].json);
        assert_int_equal(command.operand_count, 1);
        assert_string_equal(command.operands[0], "a@b");
    }
}

static void command_parse__refuses__what_is_not_a_command(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        const char *why;
    } cases[] = {
        {{"blok", "a@b"}, "there is no command \"blok\""},
        {{"block"}, "block: too few arguments"},
        {{"list"}, "list: too few arguments"},
        {{"list", "a", "b"}, "list: too many arguments"},
        {{"domains", "a"}, "domains: too many arguments"},
        {{"block", "-o", "status", "a@b"}, "-o belongs to publish only"},
        {{"publish", "-o", "last", "a@b"},
         "-o takes status, nolast, or both with a comma between, not \"last\""},
        {{"publish", "-o", "", "a@b"},
         "-o takes status, nolast, or both with a comma between, not \"\""},
        {{"publish", "-o", "status,status", "a@b"},
         "-o takes status, nolast, or both with a comma between, not \"status,status\""},
        {{"publish", "a@b", "-o"}, "publish: \"-o\" is unknown, incomplete or repeated"},
        {{"publish", "-onolast", "a@b", "-ostatus"},
         "publish: \"-ostatus\" is unknown, incomplete or repeated"},
        {{"show", "--jsn", "a@b"}, "show: \"--jsn\" is unknown, incomplete or repeated"},
        {{"show", "-x", "a@b"}, "show: \"-x\" is unknown, incomplete or repeated"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct xs_command command = {.operand_count = 77};
        struct xs_error_info info;

        assert_int_equal(parse(cases[i].words, &command, &info), XS_ERROR_INVALID);
        assert_string_equal(info.text, cases[i].why);
        assert_int_equal(command.operand_count, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_parse__reads__commands_and_operands),
        cmocka_unit_test(command_parse__reads__options_anywhere),
        cmocka_unit_test(command_parse__refuses__what_is_not_a_command),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
