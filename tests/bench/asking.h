/*
 * asking.h: asking a responder as nginx does, on its FastCGI socket, or nginx; for the benches.
 */
#ifndef ASKING_H
#define ASKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a request at most. */
#define ASKING_REQUEST_MAX 1024

/* Says what failed, with errno, and ends the program. */
_Noreturn void asking_die(const char *what);

/* Returns nanoseconds of the monotonic clock. */
int64_t asking_clock_ns(void);

/* Returns a descriptor connected to a Unix socket. */
int asking_connect(const char *path);

/* Returns a descriptor connected from an address, in the host's order, to a port on loopback. */
int asking_connect_port(const char *port, uint32_t from);

/*
 * Writes the request for a JID and a query, which may be empty, of at most 100 bytes each, from
 * where streams may be opened if `is_stream`; else the responder keeps the connection. Returns its
 * length.
 */
size_t asking_write(unsigned char ret_request[ASKING_REQUEST_MAX], const char *jid,
                    const char *query, bool is_stream);

/* Sends bytes that the socket's buffer has to have space for. */
void asking_send(int fd, const void *bytes, size_t len);

#endif
