#include "message.h"

#include <hiredis/hiredis.h>
#include <string.h>

static bool is_text(const redisReply *reply, const char *text)
{
    return reply->type == REDIS_REPLY_STRING && reply->len == strlen(text) &&
           memcmp(reply->str, text, reply->len) == 0;
}

/* Says what the last part of news is: keys, or nil for all. */
static enum xs_message content_kind(const redisReply *content)
{
    if (content->type == REDIS_REPLY_NIL)
        return XS_MESSAGE_ALL;
    if (content->type != REDIS_REPLY_ARRAY)
        return XS_MESSAGE_UNKNOWN;
    for (size_t i = 0; i < content->elements; i++)
        if (content->element[i]->type != REDIS_REPLY_STRING)
            return XS_MESSAGE_UNKNOWN;
    return XS_MESSAGE_KEYS;
}

enum xs_message xs_message_kind(const redisReply *message)
{
    if (message->type != REDIS_REPLY_ARRAY)
        return XS_MESSAGE_UNKNOWN;
    if (message->elements == 2 && is_text(message->element[0], "pong"))
        return XS_MESSAGE_PONG;
    if (message->elements == 3 && is_text(message->element[0], "message") &&
        is_text(message->element[1], XS_MESSAGE_CHANNEL))
        return content_kind(message->element[2]);
    return XS_MESSAGE_UNKNOWN;
}

bool xs_message_key(const redisReply *message, size_t index, struct xs_key_owner *ret_owner)
{
    const redisReply *keys = message->element[2];

    if (index >= keys->elements)
        return false;
    xs_key_parse(keys->element[index]->str, (size_t)keys->element[index]->len, ret_owner);
    return true;
}
