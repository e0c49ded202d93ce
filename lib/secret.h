/*
 * secret.h: passwords, from their file to their use and away.
 *
 * Does I/O on the file only, and changes the process only where a function says so.
 */
#ifndef XS_SECRET_H
#define XS_SECRET_H

#include "error.h"

/* Bytes of a password at most. */
#define XS_SECRET_MAX 1023

/* A password in memory. Wipe it with xs_secret_wipe as soon as it has been used. */
struct xs_secret {
    size_t len;
    char bytes[XS_SECRET_MAX + 1]; /* NUL-terminated */
};

/*
 * Reads the first line of the file at `path`, without its newline. If systemd has handed over a
 * credential of the file's name, that is read instead: it puts them into the directory that the
 * environment variable CREDENTIALS_DIRECTORY names (LoadCredential=, see systemd.exec(5)), so that
 * the file itself can be for root only.
 *
 * Returns XS_OK; XS_ERROR_SYSTEM if it cannot be opened or read (errno says why);
 * XS_ERROR_INVALID if the line is empty or contains NUL; XS_ERROR_TOO_LONG. On failure
 * `ret_secret` is untouched.
 */
enum xs_error xs_secret_read(const char *path, struct xs_secret *ret_secret);

/*
 * Keeps the memory of this process, with what the libraries below us may have left there, out of
 * core dumps and out of reach of other processes of the same user: prctl(2), PR_SET_DUMPABLE. For a
 * program to call once, before it reads a password.
 *
 * Returns XS_OK; XS_ERROR_SYSTEM if the kernel refuses (errno says why), which Linux never does.
 */
enum xs_error xs_secret_guard_process(void);

/* Overwrites the password, in a way the compiler does not drop. NULL is allowed. */
void xs_secret_wipe(struct xs_secret *secret);

#endif
