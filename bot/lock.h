/*
 * lock.h: one bot per domain and name on a host.
 *
 * The lock is a locked file: the kernel drops it when the process ends, however it ends. Does I/O.
 */
#ifndef XS_LOCK_H
#define XS_LOCK_H

#include "error.h"

/*
 * Takes the lock DIR/DOMAIN:NAME.lock, making DIR (mode 0755) if it does not exist. `domain` is
 * normalised, `name` has no '/'. On success `ret_fd` is the open descriptor, close-on-exec, owned
 * by the caller; closing it gives the lock up.
 *
 * Returns XS_OK; XS_ERROR_UNAVAILABLE if another process has it; XS_ERROR_TOO_LONG;
 * XS_ERROR_SYSTEM. `info`, if not NULL, says what was tried and why it failed.
 */
enum xs_error xs_lock_take(const char *dir, const char *domain, const char *name, int *ret_fd,
                           struct xs_error_info *info);

#endif
