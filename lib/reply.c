#include "reply.h"

#include <hiredis/hiredis.h>
#include <string.h>

bool xs_reply_is_wrong_type(const struct redisReply *reply)
{
    static const char word[] = "WRONGTYPE";

    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, word, strlen(word)) == 0;
}
