/*
 * ask.h: one command to Redis and its reply, with errors in words.
 *
 * I/O through redis.h.
 */
#ifndef XS_ASK_H
#define XS_ASK_H

#include "error.h"
#include "redis.h"

/*
 * Sends one command, `words` of it, NULL after the last, none with a NUL inside, and reads its
 * reply. On success `ret_reply` is owned by the caller, freed with freeReplyObject, and not an
 * error reply.
 *
 * Errors: those of xs_redis_open and xs_redis_exchange; XS_ERROR_INVALID if Redis answered that a
 * key has the wrong type; XS_ERROR_UNAVAILABLE if it refused for another reason. `info` then says
 * what was asked and why it failed. On failure `ret_reply` is untouched.
 */
enum xs_error xs_ask(struct xs_redis *redis, const char *const words[], redisReply **ret_reply,
                     struct xs_error_info *info);

/*
 * Records that a reply had a shape that its command cannot have, closes the connection, and returns
 * XS_ERROR_PROTOCOL.
 */
enum xs_error xs_ask_complain(struct xs_redis *redis, const char *command,
                              struct xs_error_info *info);

#endif
