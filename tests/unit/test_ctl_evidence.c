#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>

#include "evidence.h"
#include "redis_peer.h"

/* What a request for a@d sends; see also test_store.c. */
#define LOOKUP                                                                                     \
    "*4\r\n$5\r\nHMGET\r\n$16\r\nxmpp:publish:{d}\r\n$1\r\nd\r\n$3\r\na@d\r\n"                     \
    "*2\r\n$3\r\nGET\r\n$12\r\nxmpp:bot:{d}\r\n"                                                   \
    "*7\r\n$5\r\nHMGET\r\n$19\r\nxmpp:presence:{d}:a\r\n"                                          \
    "$4\r\ntype\r\n$4\r\nshow\r\n$4\r\nlast\r\n$6\r\nstatus\r\n$4\r\nlang\r\n"

#define FLAGS   "*2\r\n$3\r\nYes\r\n$-1\r\n"
#define LEASE   "$4\r\n12 b\r\n"
#define NOTHING "*5\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n"

/* Collects evidence about a@d from a peer with one answer. */
static enum xs_error get(const char *answer, struct xs_evidence *evidence,
                         struct xs_error_info *info)
{
    const struct peer_step steps[] = {{LOOKUP, answer}, {NULL, NULL}};
    struct xs_redis_config config = {.timeout_ms = 5000};
    struct xs_redis *redis;
    struct xs_jid jid;
    struct peer peer;
    enum xs_error error;

    assert_int_equal(xs_jid_parse("a@d", 3, &jid), XS_OK);
    peer_start(&peer, steps, PEER_HOLD);
    config.path = peer.path;
    redis = xs_redis_new(&config);
    assert_non_null(redis);
    *info = (struct xs_error_info){.code = XS_OK};
    error = xs_evidence_get(redis, &jid, evidence, info);
    xs_redis_free(redis);
    peer_stop(&peer);
    assert_false(peer.mismatch);
    return error;
}

static void evidence_get__keeps__values_as_they_stand(void **state)
{
    struct xs_evidence evidence;
    struct xs_error_info info;

    (void)state;
    assert_int_equal(get(FLAGS LEASE NOTHING, &evidence, &info), XS_OK);
    assert_string_equal(xs_evidence_domain_flag(&evidence).bytes, "Yes");
    assert_int_equal(xs_evidence_domain_flag(&evidence).len, 3);
    assert_null(xs_evidence_user_flag(&evidence).bytes);
    assert_string_equal(xs_evidence_lease(&evidence).bytes, "12 b");
    assert_true(evidence.flaws.domain_flag);
    assert_false(evidence.flaws.user_flag);
    assert_false(evidence.flaws.flags);
    assert_false(evidence.flaws.lease);
    assert_int_equal(evidence.facts.lease.until_s, 12);
    assert_int_equal(evidence.facts.record, XS_RECORD_ABSENT);
    xs_evidence_free(&evidence);
}

static void evidence_get__notes__keys_of_the_wrong_type(void **state)
{
    static const char wrong[] = "-WRONGTYPE x\r\n-WRONGTYPE x\r\n-WRONGTYPE x\r\n";
    struct xs_evidence evidence;
    struct xs_error_info info;

    (void)state;
    assert_int_equal(get(wrong, &evidence, &info), XS_OK);
    assert_null(xs_evidence_domain_flag(&evidence).bytes);
    assert_null(xs_evidence_lease(&evidence).bytes);
    assert_true(evidence.flaws.flags);
    assert_true(evidence.flaws.lease);
    assert_int_equal(evidence.facts.record, XS_RECORD_DAMAGED);
    xs_evidence_free(&evidence);
}

static void evidence_get__says__what_went_wrong(void **state)
{
    static const struct {
        const char *answer;
        enum xs_error error;
        const char *text;
    } cases[] = {
        {FLAGS LEASE "-LOADING wait\r\n", XS_ERROR_UNAVAILABLE,
         "asking Redis: it refused: LOADING wait"},
        {"-WRONGTYPE x\r\n-NOPERM no\r\n" NOTHING, XS_ERROR_UNAVAILABLE,
         "asking Redis: it refused: NOPERM no"},
        {FLAGS LEASE "+OK\r\n", XS_ERROR_PROTOCOL,
         "asking Redis to HMGET: an answer of the wrong shape"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct xs_evidence evidence;
        struct xs_error_info info;

        assert_int_equal(get(cases[i].answer, &evidence, &info), cases[i].error);
        assert_string_equal(info.text, cases[i].text);
    }
}

static void flag_is_valid__accepts__what_a_panel_may_write(void **state)
{
    static const struct {
        const char *value;
        bool valid;
    } cases[] = {{"no", true},   {"yes", true},          {"yes status nolast", true},
                 {"", false},    {"No", false},          {"n", false},
                 {"no ", false}, {"yes  status", false}, {"yes ", false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(xs_flag_is_valid(cases[i].value, strlen(cases[i].value)), cases[i].valid);
    assert_false(xs_flag_is_valid("no\0", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_get__keeps__values_as_they_stand),
        cmocka_unit_test(evidence_get__notes__keys_of_the_wrong_type),
        cmocka_unit_test(evidence_get__says__what_went_wrong),
        cmocka_unit_test(flag_is_valid__accepts__what_a_panel_may_write),
    };

    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
