#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Reads until the buffer is full or the file ends. Returns the bytes read, or -1 with errno. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t got = read(fd, buffer + len, size - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static int open_file(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* Opens the credential of the file's name, and without one the file itself. */
static int open_secret(const char *path)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    const char *name = strrchr(path, '/');
    char credential[PATH_MAX];
    int len;
    int fd;

    if (dir == NULL || name == NULL)
        return open_file(path);
    len = snprintf(credential, sizeof credential, "%s%s", dir, name);
    if (len < 0 || (size_t)len >= sizeof credential)
        return open_file(path);
    fd = open_file(credential);
    return fd >= 0 || errno != ENOENT ? fd : open_file(path);
}

enum xs_error xs_secret_read(const char *path, struct xs_secret *ret_secret)
{
    char buffer[XS_SECRET_MAX + 1]; /* one more than a password, for its newline */
    const char *newline;
    enum xs_error error = XS_ERROR_SYSTEM;
    size_t len;
    ssize_t got = -1;
    int saved_errno;
    int fd = open_secret(path);

    if (fd >= 0)
        got = read_all(fd, buffer, sizeof buffer);
    saved_errno = errno;
    if (got < 0)
        goto out;
    newline = memchr(buffer, '\n', (size_t)got);
    len = newline != NULL ? (size_t)(newline - buffer) : (size_t)got;
    if (len > XS_SECRET_MAX) {
        error = XS_ERROR_TOO_LONG;
        goto out;
    }
    if (len == 0 || memchr(buffer, '\0', len) != NULL) {
        error = XS_ERROR_INVALID;
        goto out;
    }
    memcpy(ret_secret->bytes, buffer, len);
    ret_secret->bytes[len] = '\0';
    ret_secret->len = len;
    error = XS_OK;
out:
    explicit_bzero(buffer, sizeof buffer);
    if (fd >= 0)
        close(fd);
    errno = saved_errno;
    return error;
}

enum xs_error xs_secret_guard_process(void)
{
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? XS_OK : XS_ERROR_SYSTEM;
}

void xs_secret_wipe(struct xs_secret *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, sizeof *secret);
}
