#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "publish.h"

static const struct xs_publish absent = {.setting = XS_PUBLISH_ABSENT};
static const struct xs_publish no = {.setting = XS_PUBLISH_NO};

static void assert_publish(struct xs_publish got, struct xs_publish expected)
{
    assert_int_equal(got.setting, expected.setting);
    assert_int_equal(got.status, expected.status);
    assert_int_equal(got.nolast, expected.nolast);
}

static void publish_parse__gives_a_yes__for_well_formed_values(void **state)
{
    static const struct {
        const char *value;
        bool status;
        bool nolast;
    } rows[] = {
        {"yes", false, false},
        {"yes status", true, false},
        {"yes nolast", false, true},
        {"yes status nolast", true, true},
        {"yes nolast status", true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_publish(xs_publish_parse(rows[i].value, strlen(rows[i].value)),
                       (struct xs_publish){XS_PUBLISH_YES, rows[i].status, rows[i].nolast});
}

static void publish_parse__gives_a_no__for_everything_else(void **state)
{
    static const char *const values[] = {
        "",
        "no",
        "y",
        "ye",
        "Yes",
        "YES",
        "yes ",
        " yes",
        "yes  status",
        "yes\tstatus",
        "yes status ",
        "yes,status",
        "yesstatus",
        "yes unknown",
        "yes Status",
        "yes statu",
        "yes statuss",
        "status",
        "no status",
        "yes status status",
        "yes\n",
        "1",
        "true",
        "yes nolast nolast",
        "yes status  nolast",
        "yes                                                              ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_publish(xs_publish_parse(values[i], strlen(values[i])), no);
    assert_publish(xs_publish_parse("yes\0", 4), no);
    assert_publish(xs_publish_parse("yes status\0", 11), no);
}

static void publish_parse__looks_at_no_byte_behind_the_length(void **state)
{
    (void)state;
    assert_publish(xs_publish_parse("yes status", 3), (struct xs_publish){XS_PUBLISH_YES, 0, 0});
    assert_publish(xs_publish_parse("yes", 2), no);
    assert_publish(xs_publish_parse("yes", 0), no);
}

static void publish_parse__gives_absent__for_no_field(void **state)
{
    (void)state;
    assert_publish(xs_publish_parse(NULL, 0), absent);
}

/* Flags in words: "" is absent. */
static struct xs_publish flag(const char *value)
{
    return value[0] != '\0' ? xs_publish_parse(value, strlen(value)) : absent;
}

static void publish_combine__follows_the_table(void **state)
{
    static const struct {
        const char *domain;
        const char *user;
        const char *result;
    } rows[] = {
        {"", "", "no"},
        {"", "no", "no"},
        {"", "yes", "no"},
        {"no", "", "no"},
        {"no", "no", "no"},
        {"no", "yes status", "no"},
        {"yes", "", "yes"},
        {"yes status", "", "yes status"},
        {"yes nolast", "", "yes nolast"},
        {"yes status nolast", "", "yes status nolast"},
        {"yes status", "no", "no"},
        {"yes", "yes", "yes"},
        {"yes status", "yes", "yes"},
        {"yes", "yes status", "yes status"},
        {"yes nolast", "yes", "yes nolast"},
        {"yes nolast", "yes status", "yes status nolast"},
        {"yes", "yes nolast", "yes nolast"},
        {"yes status nolast", "yes nolast", "yes nolast"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_publish(xs_publish_combine(flag(rows[i].domain), flag(rows[i].user)),
                       flag(rows[i].result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publish_parse__gives_a_yes__for_well_formed_values),
        cmocka_unit_test(publish_parse__gives_a_no__for_everything_else),
        cmocka_unit_test(publish_parse__looks_at_no_byte_behind_the_length),
        cmocka_unit_test(publish_parse__gives_absent__for_no_field),
        cmocka_unit_test(publish_combine__follows_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
