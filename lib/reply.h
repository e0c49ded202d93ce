/*
 * reply.h: what a reply of Redis says, for those who read replies by themselves.
 *
 * Pure; no I/O.
 */
#ifndef XS_REPLY_H
#define XS_REPLY_H

#include <stdbool.h>

struct redisReply;

/*
 * Says whether a reply, not NULL, is the error that the key is of another type than the command is
 * for. That is the trouble of whoever wrote the key; any other error is that of Redis.
 */
bool xs_reply_is_wrong_type(const struct redisReply *reply);

#endif
