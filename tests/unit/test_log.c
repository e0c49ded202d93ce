#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <errno.h>
#include <unistd.h>

#include "log.h"

/* Standard error goes into a pipe while a test logs. */
static int saved_stderr;
static int pipe_fds[2];

static void capture_start(void)
{
    assert_int_equal(pipe(pipe_fds), 0);
    saved_stderr = dup(STDERR_FILENO);
    assert_true(saved_stderr >= 0);
    assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
    close(pipe_fds[1]);
}

/* Ends the capture and compares what was written. */
static void capture_expect(const char *expected)
{
    char bytes[4 * XS_LOG_LINE_MAX];
    size_t len = 0;
    ssize_t got;

    assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
    close(saved_stderr);
    while ((got = read(pipe_fds[0], bytes + len, sizeof bytes - 1 - len)) > 0)
        len += (size_t)got;
    close(pipe_fds[0]);
    bytes[len] = '\0';
    assert_string_equal(bytes, expected);
}

static void log__writes__level_and_text(void **state)
{
    (void)state;
    capture_start();
    xs_log(XS_LOG_ERROR, "one %d", 1);
    xs_log(XS_LOG_WARNING, "two");
    xs_log(XS_LOG_INFO, "three");
    capture_expect("error: one 1\nwarning: two\ninfo: three\n");
}

static void log__escapes__all_but_printable_ascii(void **state)
{
    (void)state;
    capture_start();
    xs_log(XS_LOG_INFO, "%s", "a\nerror: b\r\t\x1b[0m\x7f\xC3\xA4\\ ~");
    capture_expect("info: a\\x0aerror: b\\x0d\\x09\\x1b[0m\\x7f\\xc3\\xa4\\ ~\n");
}

static void log__cuts__a_long_line(void **state)
{
    char text[2 * XS_LOG_LINE_MAX];
    char expected[XS_LOG_LINE_MAX + 1] = "info: ";

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memset(expected + 6, 'x', XS_LOG_LINE_MAX - 7);
    strcpy(expected + XS_LOG_LINE_MAX - 1, "\n");
    capture_start();
    xs_log(XS_LOG_INFO, "%s", text);
    capture_expect(expected);
}

static void log__cuts__between_escapes(void **state)
{
    char text[XS_LOG_LINE_MAX];
    char expected[XS_LOG_LINE_MAX + 1] = "info: ";
    size_t len = 6;

    (void)state;
    memset(text, '\n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    while (len + 4 <= XS_LOG_LINE_MAX - 1) {
        memcpy(expected + len, "\\x0a", 4);
        len += 4;
    }
    strcpy(expected + len, "\n");
    capture_start();
    xs_log(XS_LOG_INFO, "%s", text);
    capture_expect(expected);
}

static void log__leaves_errno__alone(void **state)
{
    (void)state;
    capture_start();
    errno = ENOENT;
    xs_log(XS_LOG_INFO, "x");
    assert_int_equal(errno, ENOENT);
    capture_expect("info: x\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log__writes__level_and_text),
        cmocka_unit_test(log__escapes__all_but_printable_ascii),
        cmocka_unit_test(log__cuts__a_long_line),
        cmocka_unit_test(log__cuts__between_escapes),
        cmocka_unit_test(log__leaves_errno__alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
