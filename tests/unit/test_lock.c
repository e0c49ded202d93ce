#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"

/* A directory that does not exist yet, within a temporary one. */
struct place {
    char base[64];
    char dir[80];
};

static int set_up(void **state)
{
    static struct place place;

    strcpy(place.base, "/tmp/xs-lock-XXXXXX");
    if (mkdtemp(place.base) == NULL)
        return -1;
    snprintf(place.dir, sizeof(place.dir), "%s/run", place.base);
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char path[160];

    snprintf(path, sizeof(path), "%s/example.org:one.lock", place->dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/example.org:two.lock", place->dir);
    unlink(path);
    rmdir(place->dir);
    return rmdir(place->base);
}

static void take__succeeds_once__for_a_domain_and_name(void **state)
{
    struct place *place = *state;
    struct xs_error_info info = {.code = XS_OK};
    int first = -1, second = -1, other = -1;

    assert_int_equal(xs_lock_take(place->dir, "example.org", "one", &first, &info), XS_OK);
    assert_true(fcntl(first, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(xs_lock_take(place->dir, "example.org", "one", &second, &info),
                     XS_ERROR_UNAVAILABLE);
    assert_non_null(strstr(info.text, "example.org"));
    assert_int_equal(second, -1);
    assert_int_equal(xs_lock_take(place->dir, "example.org", "two", &other, NULL), XS_OK);
    close(first);
    assert_int_equal(xs_lock_take(place->dir, "example.org", "one", &second, NULL), XS_OK);
    close(second);
    close(other);
}

static void take__says_why__when_the_directory_cannot_be_made(void **state)
{
    struct xs_error_info info = {.code = XS_OK};
    int fd = -1;

    (void)state;
    assert_int_equal(xs_lock_take("/proc/no/such", "example.org", "one", &fd, &info),
                     XS_ERROR_SYSTEM);
    assert_non_null(strstr(info.text, "/proc/no/such"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(take__succeeds_once__for_a_domain_and_name, set_up,
                                        tear_down),
        cmocka_unit_test(take__says_why__when_the_directory_cannot_be_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
