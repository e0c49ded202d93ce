#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define INHERITED_FD STDIN_FILENO

/* The umask that leaves mode 0660 to a new socket. */
#define SOCKET_UMASK 0117

static bool is_listening(int fd)
{
    int value = 0;
    socklen_t value_len = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &value_len) == 0 && value != 0;
}

static enum xs_error take_inherited(struct xs_listener *ret_listener, struct xs_error_info *info)
{
    int flags = fcntl(INHERITED_FD, F_GETFL);

    if (flags < 0 || fcntl(INHERITED_FD, F_SETFL, flags | O_NONBLOCK) != 0)
        return xs_error_set(info, XS_ERROR_SYSTEM, "inherited socket: %s", strerror(errno));
    *ret_listener = (struct xs_listener){.fd = INHERITED_FD};
    return XS_OK;
}

/* Says whether connecting to the socket is refused, so that nobody listens on it. */
static bool is_stale(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_refused;

    if (fd < 0)
        return false;
    is_refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
                 errno == ECONNREFUSED;
    (void)close(fd);
    return is_refused;
}

/* Makes sure that nothing is at the path. */
static enum xs_error clear_path(const struct sockaddr_un *address, struct xs_error_info *info)
{
    const char *path = address->sun_path;
    struct stat status;

    if (lstat(path, &status) != 0) {
        if (errno == ENOENT)
            return XS_OK;
        return xs_error_set(info, XS_ERROR_SYSTEM, "%s: %s", path, strerror(errno));
    }
    if (!S_ISSOCK(status.st_mode))
        return xs_error_set(info, XS_ERROR_UNAVAILABLE, "%s: exists and is not a socket", path);
    if (!is_stale(address))
        return xs_error_set(info, XS_ERROR_UNAVAILABLE, "%s: in use by another process", path);
    if (unlink(path) != 0)
        return xs_error_set(info, XS_ERROR_SYSTEM, "%s: cannot remove it: %s", path,
                            strerror(errno));
    return XS_OK;
}

/* Binds with the right mode from the start: no moment in which others may connect. */
static bool bind_private(int fd, const struct sockaddr_un *address)
{
    mode_t saved_umask = umask(SOCKET_UMASK);
    bool is_bound = bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

    (void)umask(saved_umask);
    return is_bound;
}

static enum xs_error listen_at(const char *path, const struct sockaddr_un *address,
                               struct xs_listener *ret_listener, struct xs_error_info *info)
{
    struct xs_listener listener = {.fd = -1, .path = path};
    struct stat status;

    listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener.fd < 0 || !bind_private(listener.fd, address))
        goto out;
    if (lstat(path, &status) != 0)
        goto out;
    listener.device = status.st_dev;
    listener.inode = status.st_ino;
    if (listen(listener.fd, SOMAXCONN) != 0)
        goto out;
    *ret_listener = listener;
    return XS_OK;
out:
    (void)xs_error_set(info, XS_ERROR_SYSTEM, "%s: cannot listen: %s", path, strerror(errno));
    xs_listener_close(&listener);
    return XS_ERROR_SYSTEM;
}

enum xs_error xs_listener_open(const char *path, struct xs_listener *ret_listener,
                               struct xs_error_info *info)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum xs_error error;

    if (is_listening(INHERITED_FD))
        return take_inherited(ret_listener, info);
    if (strlen(path) >= sizeof(address.sun_path))
        return xs_error_set(info, XS_ERROR_TOO_LONG, "%s: longer than %zu bytes", path,
                            sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, strlen(path));
    error = clear_path(&address, info);
    if (error != XS_OK)
        return error;
    return listen_at(path, &address, ret_listener, info);
}

void xs_listener_close(struct xs_listener *listener)
{
    struct stat status;

    if (listener->fd < 0)
        return;
    if (listener->path != NULL && lstat(listener->path, &status) == 0 &&
        status.st_dev == listener->device && status.st_ino == listener->inode)
        (void)unlink(listener->path); /* if it fails, the next start removes it */
    (void)close(listener->fd);
    listener->fd = -1;
}
