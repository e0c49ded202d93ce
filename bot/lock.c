#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum xs_error xs_lock_take(const char *dir, const char *domain, const char *name, int *ret_fd,
                           struct xs_error_info *info)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof(path), "%s/%s:%s.lock", dir, domain, name);
    int fd;

    if (len < 0 || (size_t)len >= sizeof(path))
        return xs_error_set(info, XS_ERROR_TOO_LONG, "lock file in %s: the path is too long", dir);
    if (mkdir(dir, 0755) != 0 && errno != EEXIST)
        return xs_error_set(info, XS_ERROR_SYSTEM, "cannot make the directory %s: %s", dir,
                            strerror(errno));
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return xs_error_set(info, XS_ERROR_SYSTEM, "cannot open the lock file %s: %s", path,
                            strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;

        close(fd);
        if (why == EWOULDBLOCK)
            return xs_error_set(info, XS_ERROR_UNAVAILABLE,
                                "another bot of this name already serves %s on this host (%s)",
                                domain, path);
        return xs_error_set(info, XS_ERROR_SYSTEM, "cannot lock %s: %s", path, strerror(why));
    }
    *ret_fd = fd;
    return XS_OK;
}
