#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listener.h"

static char directory[64];
static char path[sizeof(directory) + 16];

/* Descriptor 0 is no listening socket unless a test makes it one. */
static int make_directory(void **state)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    if (fd < 0 || dup2(fd, STDIN_FILENO) != STDIN_FILENO)
        return -1;
    if (fd != STDIN_FILENO)
        (void)close(fd);
    strcpy(directory, "/tmp/xs-test-listener-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/fcgi.sock", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(directory);
}

/* A unix socket bound to the path, listening or not. */
static int bind_path(bool is_listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    if (is_listening)
        assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static bool can_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_connected;

    assert_true(fd >= 0);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    is_connected = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    (void)close(fd);
    return is_connected;
}

static void listener_open__listens__with_the_right_mode_and_flags(void **state)
{
    mode_t saved_umask = umask(0);
    struct xs_listener listener;
    struct stat status;

    (void)state;
    assert_int_equal(xs_listener_open(path, &listener, NULL), XS_OK);
    assert_int_equal(umask(saved_umask), 0);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 07777, 0660);
    assert_true(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(listener.fd, F_GETFD) & FD_CLOEXEC);
    assert_true(can_connect());
    xs_listener_close(&listener);
    assert_int_equal(lstat(path, &status), -1);
    assert_int_equal(errno, ENOENT);
}

static void listener_open__replaces__a_socket_nobody_listens_on(void **state)
{
    struct xs_listener listener;
    int fd = bind_path(true);

    (void)state;
    (void)close(fd);
    assert_int_equal(xs_listener_open(path, &listener, NULL), XS_OK);
    assert_true(can_connect());
    xs_listener_close(&listener);
}

static void listener_open__leaves_alone__a_socket_in_use(void **state)
{
    struct xs_listener listener = {.fd = -1};
    struct xs_error_info info = {.code = XS_OK};
    int fd = bind_path(true);

    (void)state;
    assert_int_equal(xs_listener_open(path, &listener, &info), XS_ERROR_UNAVAILABLE);
    assert_non_null(strstr(info.text, path));
    assert_int_equal(listener.fd, -1);
    assert_true(can_connect());
    (void)close(fd);
}

static void listener_open__leaves_alone__a_file_and_a_link(void **state)
{
    struct xs_listener listener;
    struct stat status;
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(xs_listener_open(path, &listener, NULL), XS_ERROR_UNAVAILABLE);
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/nowhere", path), 0);
    assert_int_equal(xs_listener_open(path, &listener, NULL), XS_ERROR_UNAVAILABLE);
    assert_int_equal(lstat(path, &status), 0);
}

static void listener_open__fails__when_the_path_is_too_long(void **state)
{
    char long_path[256];
    struct xs_listener listener;
    struct xs_error_info info = {.code = XS_OK};

    (void)state;
    memset(long_path, 'p', sizeof(long_path));
    long_path[0] = '/';
    long_path[sizeof(((struct sockaddr_un *)NULL)->sun_path)] = '\0';
    assert_int_equal(xs_listener_open(long_path, &listener, &info), XS_ERROR_TOO_LONG);
    assert_string_not_equal(info.text, "");
}

static void listener_open__fails_and_says_why__without_the_directory(void **state)
{
    struct xs_listener listener;
    struct xs_error_info info = {.code = XS_OK};

    (void)state;
    assert_int_equal(xs_listener_open("/nowhere/fcgi.sock", &listener, &info), XS_ERROR_SYSTEM);
    assert_non_null(strstr(info.text, "/nowhere/fcgi.sock"));
    assert_non_null(strstr(info.text, strerror(ENOENT)));
}

static void listener_close__leaves_the_path_alone__when_it_is_no_longer_ours(void **state)
{
    struct xs_listener listener;
    int fd;

    (void)state;
    assert_int_equal(xs_listener_open(path, &listener, NULL), XS_OK);
    assert_int_equal(unlink(path), 0);
    fd = bind_path(true);
    xs_listener_close(&listener);
    assert_true(can_connect());
    (void)close(fd);
}

static void listener_open__takes_descriptor_0__when_it_listens(void **state)
{
    struct xs_listener listener;
    int fd = bind_path(true);

    (void)state;
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    (void)close(fd);
    assert_int_equal(xs_listener_open("/nowhere/fcgi.sock", &listener, NULL), XS_OK);
    assert_int_equal(listener.fd, STDIN_FILENO);
    assert_null(listener.path);
    assert_true(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK);
    assert_true(can_connect());
    xs_listener_close(&listener);
    assert_int_equal(access(path, F_OK), 0); /* whoever made it removes it */
}

static void listener_open__ignores_descriptor_0__when_it_does_not_listen(void **state)
{
    struct xs_listener listener;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    (void)close(fd);
    assert_int_equal(xs_listener_open(path, &listener, NULL), XS_OK);
    assert_int_not_equal(listener.fd, STDIN_FILENO);
    xs_listener_close(&listener);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(listener_open__listens__with_the_right_mode_and_flags),
        TEST(listener_open__replaces__a_socket_nobody_listens_on),
        TEST(listener_open__leaves_alone__a_socket_in_use),
        TEST(listener_open__leaves_alone__a_file_and_a_link),
        TEST(listener_open__fails__when_the_path_is_too_long),
        TEST(listener_open__fails_and_says_why__without_the_directory),
        TEST(listener_close__leaves_the_path_alone__when_it_is_no_longer_ours),
        TEST(listener_open__takes_descriptor_0__when_it_listens),
        TEST(listener_open__ignores_descriptor_0__when_it_does_not_listen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
