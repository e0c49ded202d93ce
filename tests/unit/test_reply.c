#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>
#include <string.h>

#include "reply.h"

static bool is_wrong_type(int type, const char *text)
{
    char copy[64];
    const redisReply reply = {.type = type, .str = copy, .len = strlen(text)};

    assert_true(reply.len < sizeof copy);
    strcpy(copy, text);
    return xs_reply_is_wrong_type(&reply);
}

static void reply_is_wrong_type__tells__it_from_all_else(void **state)
{
    (void)state;
    assert_true(is_wrong_type(REDIS_REPLY_ERROR, "WRONGTYPE Operation against a key"));
    assert_false(is_wrong_type(REDIS_REPLY_ERROR, "ERR WRONGTYPE"));
    assert_false(is_wrong_type(REDIS_REPLY_ERROR, "NOPERM no"));
    assert_false(is_wrong_type(REDIS_REPLY_ERROR, ""));
    assert_false(is_wrong_type(REDIS_REPLY_STRING, "WRONGTYPE Operation against a key"));
    assert_false(is_wrong_type(REDIS_REPLY_STATUS, "WRONGTYPE Operation against a key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply_is_wrong_type__tells__it_from_all_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
