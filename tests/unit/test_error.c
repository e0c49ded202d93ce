#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "error.h"

static void error_string__gives_a_text_of_its_own__for_every_code(void **state)
{
    (void)state;
    for (int i = 0; i < XS_ERROR_COUNT; i++) {
        assert_string_not_equal(xs_error_string((enum xs_error)i), "");
        assert_string_not_equal(xs_error_string((enum xs_error)i), "unknown error");
        for (int j = 0; j < i; j++)
            assert_string_not_equal(xs_error_string((enum xs_error)i),
                                    xs_error_string((enum xs_error)j));
    }
    assert_string_equal(xs_error_string(XS_ERROR_NOMEM), "out of memory");
}

static void error_string__says_unknown__for_values_outside(void **state)
{
    (void)state;
    assert_string_equal(xs_error_string(XS_ERROR_COUNT), "unknown error");
    assert_string_equal(xs_error_string((enum xs_error)1000), "unknown error");
    assert_string_equal(xs_error_string((enum xs_error) - 1), "unknown error");
}

static void error_set__formats_and_returns_the_code(void **state)
{
    struct xs_error_info info = {.code = XS_OK};

    (void)state;
    assert_int_equal(xs_error_set(&info, XS_ERROR_INVALID, "line %d: %s", 3, "bad"),
                     XS_ERROR_INVALID);
    assert_int_equal(info.code, XS_ERROR_INVALID);
    assert_string_equal(info.text, "line 3: bad");
}

static void error_set__keeps_the_first_cause(void **state)
{
    struct xs_error_info info = {.code = XS_OK};

    (void)state;
    (void)xs_error_set(&info, XS_ERROR_INVALID, "first");
    assert_int_equal(xs_error_set(&info, XS_ERROR_NOMEM, "second"), XS_ERROR_NOMEM);
    assert_int_equal(info.code, XS_ERROR_INVALID);
    assert_string_equal(info.text, "first");
}

static void error_set__cuts_a_long_text(void **state)
{
    struct xs_error_info info = {.code = XS_OK};
    char text[2 * XS_ERROR_TEXT_SIZE];

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    (void)xs_error_set(&info, XS_ERROR_INVALID, "%s", text);
    assert_int_equal(strlen(info.text), XS_ERROR_TEXT_SIZE - 1);
}

static void error_set__accepts_no_info(void **state)
{
    (void)state;
    assert_int_equal(xs_error_set(NULL, XS_ERROR_TIMEOUT, "nobody reads this"), XS_ERROR_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_string__gives_a_text_of_its_own__for_every_code),
        cmocka_unit_test(error_string__says_unknown__for_values_outside),
        cmocka_unit_test(error_set__formats_and_returns_the_code),
        cmocka_unit_test(error_set__keeps_the_first_cause),
        cmocka_unit_test(error_set__cuts_a_long_text),
        cmocka_unit_test(error_set__accepts_no_info),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
