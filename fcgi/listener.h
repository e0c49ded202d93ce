/*
 * listener.h: the socket on which the web server connects.
 *
 * Does I/O on the socket and its place in the file system.
 */
#ifndef XS_LISTENER_H
#define XS_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

/* A listening socket, which does not block. Starts as what xs_listener_open makes it. */
struct xs_listener {
    int fd;
    const char *path; /* borrowed; NULL if the socket was inherited */
    dev_t device;     /* which file at the path is ours */
    ino_t inode;
};

/*
 * Takes descriptor 0 if it is a listening socket (systemd, spawn-fcgi); otherwise listens on a unix
 * socket at `path`, which is borrowed for the listener's life. The socket's mode is 0660. A socket
 * at `path` on which nobody listens any more is removed first; anything else there is left alone.
 *
 * Returns XS_OK, and the listener must be closed with xs_listener_close; XS_ERROR_TOO_LONG if
 * `path` does not fit into an address; XS_ERROR_UNAVAILABLE if somebody listens there already or
 * something else is in the way; XS_ERROR_SYSTEM. `info` then says more. On failure `ret_listener`
 * is untouched.
 */
enum xs_error xs_listener_open(const char *path, struct xs_listener *ret_listener,
                               struct xs_error_info *info);

/* Closes the socket and removes it from the file system if we made it and it is still ours. */
void xs_listener_close(struct xs_listener *listener);

#endif
