#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include "config.h"
#include "options.h"

/* Arguments of a program, NULL at the end; getopt may want to write to them. */
static bool parse(struct xs_options *ret_options, const char *const args[])
{
    static char copies[8][32];
    char *argv[9] = {NULL};
    int argc = 0;

    for (; args[argc] != NULL; argc++) {
        strcpy(copies[argc], args[argc]);
        argv[argc] = copies[argc];
    }
    return xs_options_parse(argc, argv, ret_options);
}

#define PARSE(...) parse(&options, (const char *const[]){"program", __VA_ARGS__, NULL})

static void options_parse__gives_defaults__without_arguments(void **state)
{
    struct xs_options options;

    (void)state;
    assert_true(parse(&options, (const char *const[]){"program", NULL}));
    assert_string_equal(options.config_path, XS_CONFIG_DEFAULT_PATH);
    assert_false(options.check);
    assert_false(options.version);
    assert_int_equal(options.operand, 1);
}

static void options_parse__reads__every_option(void **state)
{
    struct xs_options options;

    (void)state;
    assert_true(PARSE("-c", "/x.conf", "-t"));
    assert_string_equal(options.config_path, "/x.conf");
    assert_true(options.check);
    assert_int_equal(options.operand, 4);
    assert_true(PARSE("-V"));
    assert_true(options.version);
    assert_false(options.check);
    assert_true(PARSE("-tc/y.conf", "example.org"));
    assert_string_equal(options.config_path, "/y.conf");
    assert_int_equal(options.operand, 2);
}

static void options_parse__stops__at_the_first_operand(void **state)
{
    struct xs_options options;

    (void)state;
    assert_true(PARSE("-t", "show", "-V"));
    assert_false(options.version);
    assert_int_equal(options.operand, 2);
    assert_true(PARSE("--", "-V"));
    assert_false(options.version);
    assert_int_equal(options.operand, 2);
}

static void options_parse__refuses__what_it_does_not_know(void **state)
{
    struct xs_options options = {.operand = 77};
    int saved = dup(STDERR_FILENO);
    int nowhere = open("/dev/null", O_WRONLY);
    bool unknown;
    bool incomplete;

    (void)state;
    assert_true(saved >= 0 && nowhere >= 0);
    assert_true(dup2(nowhere, STDERR_FILENO) >= 0); /* getopt's words are expected */
    unknown = PARSE("-x");
    incomplete = PARSE("-c");
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    close(nowhere);
    assert_false(unknown);
    assert_false(incomplete);
    assert_int_equal(options.operand, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_parse__gives_defaults__without_arguments),
        cmocka_unit_test(options_parse__reads__every_option),
        cmocka_unit_test(options_parse__stops__at_the_first_operand),
        cmocka_unit_test(options_parse__refuses__what_it_does_not_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
