/*
 * wiping.h: the memory that libstrophe works in, overwritten before it is given back.
 *
 * libstrophe makes copies of the password, plain, in base64 and hashed, and frees them as they are.
 * So would they lie in the heap for as long as the bot runs.
 */
#ifndef XS_WIPING_H
#define XS_WIPING_H

#include <strophe.h>

/*
 * Allocates as malloc does, and overwrites every block with zeros before it is freed or moved. For
 * xmpp_ctx_new, which keeps the pointer. Its functions may be called from any thread.
 */
extern const xmpp_mem_t xs_wiping_memory;

#endif
