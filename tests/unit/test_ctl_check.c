#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "redis_peer.h"

#define TYPE_FLAGS  "*2\r\n$4\r\nTYPE\r\n$16\r\nxmpp:publish:{d}\r\n"
#define TYPE_LEASE  "*2\r\n$4\r\nTYPE\r\n$12\r\nxmpp:bot:{d}\r\n"
#define TYPE_ONLINE "*2\r\n$4\r\nTYPE\r\n$15\r\nxmpp:online:{d}\r\n"
#define SCAN_FLAGS                                                                                 \
    "*6\r\n$4\r\nSCAN\r\n$1\r\n0\r\n$5\r\nMATCH\r\n$14\r\nxmpp:publish:*\r\n"                      \
    "$5\r\nCOUNT\r\n$4\r\n1000\r\n"
#define SCAN_RECORDS(type, len)                                                                    \
    "*8\r\n$4\r\nSCAN\r\n$1\r\n0\r\n$5\r\nMATCH\r\n$19\r\nxmpp:presence:{d}:*\r\n"                 \
    "$5\r\nCOUNT\r\n$4\r\n1000\r\n$4\r\nTYPE\r\n$" len "\r\n" type "\r\n"

#define NO_KEY  "+none\r\n"
#define NO_KEYS "*2\r\n$1\r\n0\r\n*0\r\n"

/* Checks the domain d with a peer in the place of Redis; `ret_printed` is freed with free. */
static enum xs_error check(const struct peer_step *steps, bool *ret_refused, char **ret_printed,
                           struct xs_error_info *info)
{
    struct xs_redis_config config = {.timeout_ms = 5000};
    struct xs_target domain = {.kind = XS_TARGET_DOMAIN, .domain = "d"};
    struct xs_ctl ctl = {.info = info};
    struct xs_out out;
    struct peer peer;
    enum xs_error error;
    size_t size;
    FILE *stream = open_memstream(ret_printed, &size);

    assert_non_null(stream);
    peer_start(&peer, steps, PEER_HOLD);
    config.path = peer.path;
    ctl.redis = xs_redis_new(&config);
    assert_non_null(ctl.redis);
    xs_out_start(&out, stream, false);
    ctl.out = &out;
    error = xs_ctl_check(&ctl, &domain);
    assert_int_equal(xs_out_finish(&out), XS_OK);
    fclose(stream);
    xs_redis_free(ctl.redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
    *ret_refused = ctl.refused;
    return error;
}

static void check__refuses__a_type_that_is_no_word(void **state)
{
    static const char *const answers[] = {":1\r\n", "$-1\r\n", "$4\r\nhash\r\n", "*0\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct peer_step steps[] = {{TYPE_FLAGS, answers[i]}, {NULL, NULL}};
        struct xs_error_info info = {.code = XS_OK};
        char *printed;
        bool refused;

        assert_int_equal(check(steps, &refused, &printed, &info), XS_ERROR_PROTOCOL);
        assert_string_equal(info.text, "asking Redis to TYPE: an answer of the wrong shape");
        assert_string_equal(printed, "");
        assert_false(refused);
        free(printed);
    }
}

static void check__passes_over__keys_that_it_did_not_ask_for(void **state)
{
    static const struct peer_step steps[] = {
        {TYPE_FLAGS, NO_KEY},
        {SCAN_FLAGS, "*2\r\n$1\r\n0\r\n*5\r\n$0\r\n\r\n$1\r\nx\r\n$12\r\nxmpp:publish\r\n"
                     "$16\r\nXMPP:PUBLISH:{d}\r\n$14\r\nxmpp:publish:D\r\n"},
        {TYPE_LEASE, NO_KEY},
        {TYPE_ONLINE, NO_KEY},
        {SCAN_RECORDS("string", "6"), NO_KEYS},
        {SCAN_RECORDS("list", "4"), NO_KEYS},
        {SCAN_RECORDS("set", "3"), NO_KEYS},
        {SCAN_RECORDS("zset", "4"), NO_KEYS},
        {SCAN_RECORDS("stream", "6"), NO_KEYS},
        {NULL, NULL},
    };
    struct xs_error_info info = {.code = XS_OK};
    char *printed;
    bool refused;

    (void)state;
    assert_int_equal(check(steps, &refused, &printed, &info), XS_OK);
    assert_string_equal(
        printed, "xmpp:publish:D: not the name of the key for this domain: nobody reads it\n");
    assert_true(refused);
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check__refuses__a_type_that_is_no_word),
        cmocka_unit_test(check__passes_over__keys_that_it_did_not_ask_for),
    };

    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
