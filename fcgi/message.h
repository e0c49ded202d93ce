/*
 * message.h: what Redis says on a connection that has subscribed to the news of changed keys.
 *
 * Pure; no I/O. https://redis.io/docs/latest/develop/reference/client-side-caching/
 */
#ifndef XS_MESSAGE_H
#define XS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "keys.h"

/* The channel of the news. */
#define XS_MESSAGE_CHANNEL "__redis__:invalidate"

struct redisReply;

enum xs_message {
    XS_MESSAGE_UNKNOWN, /* anything else; whoever gets it cannot know what it has missed */
    XS_MESSAGE_KEYS,    /* these keys have changed */
    XS_MESSAGE_ALL,     /* the database was emptied */
    XS_MESSAGE_PONG     /* the answer to a PING */
};

/* Says what a message of any shape is. Cannot fail. */
enum xs_message xs_message_kind(const struct redisReply *message);

/*
 * Says whom key number `index`, from 0, of a message that is XS_MESSAGE_KEYS is about. Returns
 * false, and leaves `ret_owner` untouched, if it has not so many.
 */
bool xs_message_key(const struct redisReply *message, size_t index, struct xs_key_owner *ret_owner);

#endif
