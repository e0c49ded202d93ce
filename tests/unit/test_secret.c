#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "secret.h"

static char path[64];

static int make_file(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/xs-test-secret-XXXXXX");
    fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void secret_read__takes__the_first_line(void **state)
{
    static const char *const files[] = {"se cret", "se cret\n", "se cret\nmore\n", "se cret\n\n"};

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct xs_secret secret;

        write_file(files[i], strlen(files[i]));
        assert_int_equal(xs_secret_read(path, &secret), XS_OK);
        assert_string_equal(secret.bytes, "se cret");
        assert_int_equal(secret.len, 7);
    }
}

static void secret_read__refuses__an_empty_line_and_nul(void **state)
{
    struct xs_secret secret = {.len = 77};

    (void)state;
    write_file("", 0);
    assert_int_equal(xs_secret_read(path, &secret), XS_ERROR_INVALID);
    write_file("\nsecret\n", 8);
    assert_int_equal(xs_secret_read(path, &secret), XS_ERROR_INVALID);
    write_file("se\0cret\n", 8);
    assert_int_equal(xs_secret_read(path, &secret), XS_ERROR_INVALID);
    assert_int_equal(secret.len, 77);
}

static void secret_read__keeps__its_limit(void **state)
{
    char bytes[XS_SECRET_MAX + 2];
    struct xs_secret secret;

    (void)state;
    memset(bytes, 's', sizeof bytes);
    write_file(bytes, XS_SECRET_MAX);
    assert_int_equal(xs_secret_read(path, &secret), XS_OK);
    assert_int_equal(secret.len, XS_SECRET_MAX);
    write_file(bytes, XS_SECRET_MAX + 1);
    assert_int_equal(xs_secret_read(path, &secret), XS_ERROR_TOO_LONG);
    bytes[XS_SECRET_MAX] = '\n';
    write_file(bytes, XS_SECRET_MAX + 1);
    assert_int_equal(xs_secret_read(path, &secret), XS_OK);
    assert_int_equal(strlen(secret.bytes), XS_SECRET_MAX);
}

static void secret_read__says_why__if_there_is_no_file(void **state)
{
    struct xs_secret secret;

    (void)state;
    errno = 0;
    assert_int_equal(xs_secret_read("/nonexistent/secret", &secret), XS_ERROR_SYSTEM);
    assert_int_equal(errno, ENOENT);
    errno = 0;
    assert_int_equal(xs_secret_read("/", &secret), XS_ERROR_SYSTEM);
    assert_int_equal(errno, EISDIR);
}

static void secret_wipe__leaves_nothing(void **state)
{
    static const struct xs_secret nothing;
    struct xs_secret secret;

    (void)state;
    memset(&secret, 's', sizeof secret);
    xs_secret_wipe(&secret);
    assert_memory_equal(&secret, &nothing, sizeof secret);
    xs_secret_wipe(NULL);
}

/* Writes a file into `dir` that has the name of the one at `path`; returns its path. */
static const char *write_credential(const char *dir, const char *text)
{
    static char credential[128];
    FILE *file;

    (void)snprintf(credential, sizeof credential, "%s%s", dir, strrchr(path, '/'));
    file = fopen(credential, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return credential;
}

static void secret_read__prefers__a_credential_of_the_same_name(void **state)
{
    char dir[] = "/tmp/xs-test-credentials-XXXXXX";
    struct xs_secret secret;
    const char *credential;

    (void)state;
    write_file("file\n", 5);
    assert_non_null(mkdtemp(dir));
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);

    assert_int_equal(xs_secret_read(path, &secret), XS_OK);
    assert_string_equal(secret.bytes, "file");
    credential = write_credential(dir, "credential\n");
    assert_int_equal(xs_secret_read(path, &secret), XS_OK);
    assert_string_equal(secret.bytes, "credential");
    /* One that is there but no good is an error, not a reason to look elsewhere. */
    credential = write_credential(dir, "\n");
    assert_int_equal(xs_secret_read(path, &secret), XS_ERROR_INVALID);

    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(xs_secret_read(path, &secret), XS_OK);
    assert_string_equal(secret.bytes, "file");
    assert_int_equal(unlink(credential), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_read__takes__the_first_line),
        cmocka_unit_test(secret_read__refuses__an_empty_line_and_nul),
        cmocka_unit_test(secret_read__keeps__its_limit),
        cmocka_unit_test(secret_read__says_why__if_there_is_no_file),
        cmocka_unit_test(secret_read__prefers__a_credential_of_the_same_name),
        cmocka_unit_test(secret_wipe__leaves_nothing),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
