#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "facts.h"

#define NOW_S INT64_C(1700000000)

/* Replies as bytes on the wire. */
#define NIL         "$-1\r\n"
#define WRONGTYPE   "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define FLAGS(d, u) "*2\r\n" d u
#define YES         "$3\r\nyes\r\n"
#define NO          "$2\r\nno\r\n"
#define YES_STATUS  "$10\r\nyes status\r\n"
#define YES_NOLAST  "$10\r\nyes nolast\r\n"
#define LEASE       "$12\r\n1700000030 b\r\n"
#define LEASE_PAST  "$12\r\n1700000000 b\r\n"
#define NOTHING     "*5\r\n" NIL NIL NIL NIL NIL
#define AVAILABLE   "$9\r\navailable\r\n"
#define UNAVAILABLE "$11\r\nunavailable\r\n"
#define AWAY        "$4\r\naway\r\n"
#define LAST        "$10\r\n1699999000\r\n"
#define STATUS      "$5\r\nhello\r\n"
#define LANG        "$2\r\nen\r\n"
#define RECORD      "*5\r\n" AVAILABLE AWAY LAST STATUS LANG

/* A lookup's replies, and what hiredis makes of them. */
struct replies {
    redisReply *flags;
    redisReply *lease;
    redisReply *record;
};

static redisReply *read_reply(const char *bytes, size_t len)
{
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    assert_non_null(reader);
    assert_int_equal(redisReaderFeed(reader, bytes, len), REDIS_OK);
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    assert_int_equal(reader->pos, reader->len);
    redisReaderFree(reader);
    return reply;
}

static struct replies read_replies(const char *flags, const char *lease, const char *record)
{
    return (struct replies){
        .flags = read_reply(flags, strlen(flags)),
        .lease = read_reply(lease, strlen(lease)),
        .record = read_reply(record, strlen(record)),
    };
}

static void free_replies(struct replies replies)
{
    freeReplyObject(replies.flags);
    freeReplyObject(replies.lease);
    freeReplyObject(replies.record);
}

static void facts_parse__reads__everything(void **state)
{
    struct replies replies = read_replies(FLAGS(YES_STATUS, YES_NOLAST), LEASE, RECORD);
    struct xs_facts facts;

    (void)state;
    assert_int_equal(xs_facts_parse(replies.flags, replies.lease, replies.record, &facts), XS_OK);
    assert_int_equal(facts.domain_publish.setting, XS_PUBLISH_YES);
    assert_true(facts.domain_publish.status);
    assert_int_equal(facts.user_publish.setting, XS_PUBLISH_YES);
    assert_true(facts.user_publish.nolast);
    assert_true(facts.lease.exists);
    assert_int_equal(facts.lease.until_s, 1700000030);
    assert_int_equal(facts.record, XS_RECORD_SOUND);
    assert_true(facts.presence.available);
    assert_int_equal(facts.presence.show, XS_SHOW_AWAY);
    assert_int_equal(facts.presence.last_s, 1699999000);
    assert_string_equal(facts.presence.status, "hello");
    assert_string_equal(facts.presence.lang, "en");
    free_replies(replies);
}

static void facts_parse__reads__absent_keys(void **state)
{
    struct replies replies = read_replies(FLAGS(NIL, NIL), NIL, NOTHING);
    struct xs_facts facts;

    (void)state;
    assert_int_equal(xs_facts_parse(replies.flags, replies.lease, replies.record, &facts), XS_OK);
    assert_int_equal(facts.domain_publish.setting, XS_PUBLISH_ABSENT);
    assert_int_equal(facts.user_publish.setting, XS_PUBLISH_ABSENT);
    assert_false(facts.lease.exists);
    assert_int_equal(facts.record, XS_RECORD_ABSENT);
    free_replies(replies);
}

static void facts_parse__closes__for_keys_of_the_wrong_type(void **state)
{
    struct replies replies = read_replies(WRONGTYPE, WRONGTYPE, WRONGTYPE);
    struct xs_facts facts;

    (void)state;
    assert_int_equal(xs_facts_parse(replies.flags, replies.lease, replies.record, &facts), XS_OK);
    assert_int_equal(facts.domain_publish.setting, XS_PUBLISH_NO);
    assert_int_equal(facts.user_publish.setting, XS_PUBLISH_NO);
    assert_false(facts.lease.exists);
    assert_int_equal(facts.record, XS_RECORD_DAMAGED);
    assert_int_equal(facts.damage, XS_DAMAGE_FLAGS);
    free_replies(replies);
}

/* Time would tell what is in it. */
static void facts_parse_published__leaves_the_record_unread__if_the_flags_withhold_it(void **state)
{
    static const char *const flags[] = {
        FLAGS(NIL, NIL), FLAGS(NO, NIL), FLAGS(NO, YES), FLAGS(NIL, YES), FLAGS(YES, NO),
    };

    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        struct replies replies = read_replies(flags[i], LEASE, RECORD);
        struct xs_facts facts;

        assert_int_equal(
            xs_facts_parse_published(replies.flags, replies.lease, replies.record, &facts), XS_OK);
        assert_int_equal(facts.record, XS_RECORD_UNREAD);
        assert_int_equal(facts.presence.available, false);
        assert_null(facts.presence.status);
        assert_int_equal(xs_facts_parse(replies.flags, replies.lease, replies.record, &facts),
                         XS_OK);
        assert_int_equal(facts.record, XS_RECORD_SOUND);
        free_replies(replies);
    }
}

static void facts_parse_published__notes__the_first_damage(void **state)
{
    static const struct {
        const char *flags;
        const char *lease;
        const char *record;
        enum xs_damage expected;
    } rows[] = {
        {FLAGS(NIL, NIL), NIL, NOTHING, XS_DAMAGE_NONE},
        {FLAGS(YES, NIL), LEASE, RECORD, XS_DAMAGE_NONE},
        {FLAGS(YES_STATUS, NO), LEASE_PAST, NOTHING, XS_DAMAGE_NONE},
        {WRONGTYPE, "$3\r\nbad\r\n", WRONGTYPE, XS_DAMAGE_FLAGS},
        {FLAGS("$3\r\nYes\r\n", NIL), LEASE, RECORD, XS_DAMAGE_FLAGS},
        {FLAGS(YES, "$0\r\n\r\n"), LEASE, RECORD, XS_DAMAGE_FLAGS},
        {FLAGS(YES, "$1\r\n\xFF\r\n"), LEASE, RECORD, XS_DAMAGE_FLAGS},
        {FLAGS(YES, NIL), WRONGTYPE, RECORD, XS_DAMAGE_LEASE},
        {FLAGS(YES, NIL), "$1\r\n\xFF\r\n", WRONGTYPE, XS_DAMAGE_LEASE},
        {FLAGS(YES, NIL), LEASE, WRONGTYPE, XS_DAMAGE_RECORD},
        {FLAGS(YES, NIL), LEASE, "*5\r\n" NIL AWAY NIL NIL NIL, XS_DAMAGE_RECORD},
        {FLAGS(YES, NO), LEASE, WRONGTYPE, XS_DAMAGE_NONE}, /* not looked at */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct replies replies = read_replies(rows[i].flags, rows[i].lease, rows[i].record);
        struct xs_facts facts;

        assert_int_equal(
            xs_facts_parse_published(replies.flags, replies.lease, replies.record, &facts), XS_OK);
        if (facts.damage != rows[i].expected)
            fail_msg("row %zu: %d", i, (int)facts.damage);
        free_replies(replies);
    }
}

static void facts_parse__fails__for_refusals_and_wrong_shapes(void **state)
{
    static const struct {
        const char *flags;
        const char *lease;
        const char *record;
        enum xs_error error;
    } rows[] = {
        {"-LOADING wait\r\n", LEASE, RECORD, XS_ERROR_UNAVAILABLE},
        {FLAGS(YES, NIL), "-NOAUTH Authentication required.\r\n", RECORD, XS_ERROR_UNAVAILABLE},
        {FLAGS(YES, NIL), LEASE, "-NOPERM no\r\n", XS_ERROR_UNAVAILABLE},
        {FLAGS(YES, NIL), LEASE, "-MASTERDOWN no\r\n", XS_ERROR_UNAVAILABLE},
        {FLAGS(YES, NIL), LEASE, "-ERR WRONGTYPE\r\n", XS_ERROR_UNAVAILABLE},
        {"$3\r\nyes\r\n", LEASE, RECORD, XS_ERROR_PROTOCOL},
        {"+OK\r\n", LEASE, RECORD, XS_ERROR_PROTOCOL},
        {"*-1\r\n", LEASE, RECORD, XS_ERROR_PROTOCOL},
        {"*1\r\n" YES, LEASE, RECORD, XS_ERROR_PROTOCOL},
        {"*3\r\n" YES YES YES, LEASE, RECORD, XS_ERROR_PROTOCOL},
        {FLAGS(":1\r\n", YES), LEASE, RECORD, XS_ERROR_PROTOCOL},
        {FLAGS(YES, "*0\r\n"), LEASE, RECORD, XS_ERROR_PROTOCOL},
        {FLAGS(YES, "-ERR no\r\n"), LEASE, RECORD, XS_ERROR_PROTOCOL},
        {FLAGS(YES, NIL), ":1\r\n", RECORD, XS_ERROR_PROTOCOL},
        {FLAGS(YES, NIL), "*0\r\n", RECORD, XS_ERROR_PROTOCOL},
        {FLAGS(YES, NIL), "+OK\r\n", RECORD, XS_ERROR_PROTOCOL},
        {FLAGS(YES, NIL), LEASE, "$1\r\na\r\n", XS_ERROR_PROTOCOL},
        {FLAGS(YES, NIL), LEASE, "*4\r\n" NIL NIL NIL NIL, XS_ERROR_PROTOCOL},
        {FLAGS(YES, NIL), LEASE, "*5\r\n" NIL NIL NIL NIL ":1\r\n", XS_ERROR_PROTOCOL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct replies replies = read_replies(rows[i].flags, rows[i].lease, rows[i].record);
        struct xs_facts facts = {.record = XS_RECORD_DAMAGED};

        assert_int_equal(xs_facts_parse(replies.flags, replies.lease, replies.record, &facts),
                         rows[i].error);
        assert_int_equal(facts.record, XS_RECORD_DAMAGED);
        free_replies(replies);
    }
}

static void facts_parse__judges__the_record(void **state)
{
    static const struct {
        const char *record;
        enum xs_record_state expected;
    } rows[] = {
        {"*5\r\n" AVAILABLE NIL NIL NIL NIL, XS_RECORD_SOUND},
        {"*5\r\n" UNAVAILABLE NIL NIL NIL NIL, XS_RECORD_SOUND},
        {"*5\r\n" NIL AWAY NIL NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" NIL NIL NIL NIL LANG, XS_RECORD_DAMAGED},
        {"*5\r\n$0\r\n\r\n" NIL NIL NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n$9\r\nAvailable\r\n" NIL NIL NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n$5\r\nerror\r\n" NIL NIL NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" AVAILABLE "$0\r\n\r\n" NIL NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" AVAILABLE "$6\r\nonline\r\n" NIL NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" UNAVAILABLE "$6\r\nonline\r\n" NIL NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" AVAILABLE NIL "$0\r\n\r\n" NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" AVAILABLE NIL "$2\r\n-1\r\n" NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" AVAILABLE NIL "$2\r\n 1\r\n" NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" AVAILABLE NIL "$3\r\n1.5\r\n" NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" AVAILABLE NIL "$1\r\n0\r\n" NIL NIL, XS_RECORD_SOUND},
        {"*5\r\n" AVAILABLE NIL "$12\r\n253402300799\r\n" NIL NIL, XS_RECORD_SOUND},
        {"*5\r\n" AVAILABLE NIL "$12\r\n253402300800\r\n" NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" AVAILABLE NIL "$13\r\n0000000000001\r\n" NIL NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" AVAILABLE NIL NIL "$1\r\n\xFF\r\n" NIL, XS_RECORD_DAMAGED},
        {"*5\r\n" AVAILABLE NIL NIL "$0\r\n\r\n" NIL, XS_RECORD_SOUND},
        {"*5\r\n" AVAILABLE NIL NIL STATUS "$1\r\n?\r\n", XS_RECORD_SOUND},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct replies replies = read_replies(FLAGS(YES, NIL), LEASE, rows[i].record);
        struct xs_facts facts;

        assert_int_equal(xs_facts_parse(replies.flags, replies.lease, replies.record, &facts),
                         XS_OK);
        if (facts.record != rows[i].expected)
            fail_msg("%s: %d", rows[i].record, (int)facts.record);
        free_replies(replies);
    }
}

/* Parses a record given as bytes, NUL included. */
static struct xs_facts parse_record(const char *record, size_t len, redisReply **ret_record)
{
    redisReply *flags = read_reply(FLAGS(YES, NIL), strlen(FLAGS(YES, NIL)));
    redisReply *lease = read_reply(LEASE, strlen(LEASE));
    struct xs_facts facts;

    *ret_record = read_reply(record, len);
    assert_int_equal(xs_facts_parse(flags, lease, *ret_record, &facts), XS_OK);
    freeReplyObject(flags);
    freeReplyObject(lease);
    return facts;
}

#define PARSE(literal) parse_record(literal, sizeof(literal) - 1, &record)

static void facts_parse__sees__embedded_nuls(void **state)
{
    redisReply *record;
    struct xs_facts facts;

    (void)state;
    facts = PARSE("*5\r\n$10\r\navailable\0\r\n" NIL NIL NIL NIL);
    assert_int_equal(facts.record, XS_RECORD_DAMAGED);
    freeReplyObject(record);
    facts = PARSE("*5\r\n" AVAILABLE "$5\r\naway\0\r\n" NIL NIL NIL);
    assert_int_equal(facts.record, XS_RECORD_DAMAGED);
    freeReplyObject(record);
    facts = PARSE("*5\r\n" AVAILABLE NIL "$2\r\n1\0\r\n" NIL NIL);
    assert_int_equal(facts.record, XS_RECORD_DAMAGED);
    freeReplyObject(record);
    facts = PARSE("*5\r\n" AVAILABLE NIL NIL "$5\r\na\0\x01\nb\r\n"
                  "$3\r\nde\0\r\n");
    assert_int_equal(facts.record, XS_RECORD_SOUND);
    assert_string_equal(facts.presence.status, "a\nb");
    assert_null(facts.presence.lang);
    freeReplyObject(record);
}

static void facts_parse__drops__what_cannot_be_shown(void **state)
{
    redisReply *record;
    struct xs_facts facts;

    (void)state;
    facts = PARSE("*5\r\n" UNAVAILABLE AWAY LAST NIL NIL); /* a show while offline */
    assert_int_equal(facts.record, XS_RECORD_SOUND);
    assert_int_equal(facts.presence.show, XS_SHOW_NONE);
    freeReplyObject(record);
    facts = PARSE("*5\r\n" AVAILABLE NIL NIL NIL LANG); /* the language of nothing */
    assert_null(facts.presence.status);
    assert_null(facts.presence.lang);
    freeReplyObject(record);
    facts = PARSE("*5\r\n" AVAILABLE NIL NIL "$2\r\n\x01\0\r\n" LANG); /* empty once cleaned */
    assert_int_equal(facts.record, XS_RECORD_SOUND);
    assert_null(facts.presence.status);
    assert_null(facts.presence.lang);
    freeReplyObject(record);
    facts = PARSE("*5\r\n" AVAILABLE NIL NIL STATUS "$4\r\nde_X\r\n");
    assert_string_equal(facts.presence.status, "hello");
    assert_null(facts.presence.lang);
    freeReplyObject(record);
}

static void facts_parse__cuts__a_long_status(void **state)
{
    char bytes[4096];
    redisReply *record;
    struct xs_facts facts;
    size_t len = 0;

    (void)state;
    len += (size_t)snprintf(bytes, sizeof bytes, "*5\r\n" AVAILABLE NIL NIL "$%d\r\n",
                            2 * (XS_STATUS_MAX_CHARS + 1));
    for (int i = 0; i < XS_STATUS_MAX_CHARS + 1; i++) {
        memcpy(bytes + len, "\xC3\xA4", 2);
        len += 2;
    }
    memcpy(bytes + len, "\r\n" NIL, 7);
    facts = parse_record(bytes, len + 7, &record);
    assert_int_equal(facts.record, XS_RECORD_SOUND);
    assert_int_equal(strlen(facts.presence.status), 2 * XS_STATUS_MAX_CHARS);
    freeReplyObject(record);
}

static void facts_decide__follows__the_order_of_the_contract(void **state)
{
    static const struct {
        const char *flags;
        const char *lease;
        const char *record;
        enum xs_answer answer;
    } rows[] = {
        /* the domain's flag */
        {FLAGS(NIL, NIL), LEASE, RECORD, XS_ANSWER_NOT_FOUND},
        {FLAGS(NO, NIL), LEASE, RECORD, XS_ANSWER_NOT_FOUND},
        {FLAGS(NIL, YES), LEASE, RECORD, XS_ANSWER_NOT_FOUND},
        {FLAGS(NO, YES), LEASE, RECORD, XS_ANSWER_NOT_FOUND},
        {FLAGS("$4\r\nyes \r\n", YES), LEASE, RECORD, XS_ANSWER_NOT_FOUND},
        {WRONGTYPE, LEASE, RECORD, XS_ANSWER_NOT_FOUND},
        {FLAGS(NO, YES), NIL, RECORD, XS_ANSWER_NOT_FOUND},
        /* the lease, for blocked and unknown users too */
        {FLAGS(YES, NIL), NIL, RECORD, XS_ANSWER_UNTRUSTED},
        {FLAGS(YES, YES), NIL, NOTHING, XS_ANSWER_UNTRUSTED},
        {FLAGS(YES, NO), NIL, RECORD, XS_ANSWER_UNTRUSTED},
        {FLAGS(YES, NIL), LEASE_PAST, NOTHING, XS_ANSWER_UNTRUSTED},
        {FLAGS(YES, NIL), "$3\r\n0 b\r\n", RECORD, XS_ANSWER_UNTRUSTED},
        {FLAGS(YES, NIL), "$12\r\n1700000061 b\r\n", RECORD, XS_ANSWER_UNTRUSTED},
        {FLAGS(YES, NIL), WRONGTYPE, RECORD, XS_ANSWER_UNTRUSTED},
        /* the user's flag */
        {FLAGS(YES, NO), LEASE, RECORD, XS_ANSWER_NOT_FOUND},
        {FLAGS(YES, "$0\r\n\r\n"), LEASE, RECORD, XS_ANSWER_NOT_FOUND},
        {FLAGS(YES, NO), LEASE, NOTHING, XS_ANSWER_NOT_FOUND},
        /* the record */
        {FLAGS(YES, NIL), LEASE, NOTHING, XS_ANSWER_NOT_FOUND},
        {FLAGS(YES, YES), LEASE, NOTHING, XS_ANSWER_PRESENCE},
        {FLAGS(YES, NIL), LEASE, WRONGTYPE, XS_ANSWER_NOT_FOUND},
        {FLAGS(YES, YES), LEASE, WRONGTYPE, XS_ANSWER_NOT_FOUND},
        {FLAGS(YES, YES), LEASE, "*5\r\n" NIL AWAY NIL NIL NIL, XS_ANSWER_NOT_FOUND},
        {FLAGS(YES, NIL), LEASE, RECORD, XS_ANSWER_PRESENCE},
        {FLAGS(YES, YES), LEASE, RECORD, XS_ANSWER_PRESENCE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct replies replies = read_replies(rows[i].flags, rows[i].lease, rows[i].record);
        struct xs_presence presence = {.last_s = 77};
        struct xs_facts facts;

        assert_int_equal(xs_facts_parse(replies.flags, replies.lease, replies.record, &facts),
                         XS_OK);
        if (xs_facts_decide(&facts, NOW_S, &presence) != rows[i].answer)
            fail_msg("row %zu: not %d", i, (int)rows[i].answer);
        if (rows[i].answer != XS_ANSWER_PRESENCE)
            assert_int_equal(presence.last_s, 77);
        free_replies(replies);
    }
}

static void facts_decide__withholds__what_is_not_published(void **state)
{
    static const struct {
        const char *flags;
        bool status;
        bool last;
    } rows[] = {
        {FLAGS(YES, NIL), false, true},
        {FLAGS(YES, YES), false, true},
        {FLAGS(YES_STATUS, NIL), true, true},
        {FLAGS(YES_STATUS, YES), false, true},
        {FLAGS(YES, YES_STATUS), true, true},
        {FLAGS(YES_NOLAST, NIL), false, false},
        {FLAGS(YES_NOLAST, YES_STATUS), true, false},
        {FLAGS(YES_STATUS, YES_NOLAST), false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct replies replies = read_replies(rows[i].flags, LEASE, RECORD);
        struct xs_presence presence;
        struct xs_facts facts;

        assert_int_equal(xs_facts_parse(replies.flags, replies.lease, replies.record, &facts),
                         XS_OK);
        assert_int_equal(xs_facts_decide(&facts, NOW_S, &presence), XS_ANSWER_PRESENCE);
        assert_int_equal(presence.show, XS_SHOW_AWAY);
        assert_int_equal(presence.last_s, rows[i].last ? 1699999000 : XS_LAST_UNKNOWN);
        assert_int_equal(presence.status != NULL, rows[i].status);
        assert_int_equal(presence.lang != NULL, rows[i].status);
        free_replies(replies);
    }
}

static void facts_decide__says_offline__for_an_open_user_without_a_record(void **state)
{
    struct replies replies = read_replies(FLAGS(YES, YES_STATUS), LEASE, NOTHING);
    struct xs_presence presence;
    struct xs_facts facts;

    (void)state;
    assert_int_equal(xs_facts_parse(replies.flags, replies.lease, replies.record, &facts), XS_OK);
    assert_int_equal(xs_facts_decide(&facts, NOW_S, &presence), XS_ANSWER_PRESENCE);
    assert_false(presence.available);
    assert_int_equal(presence.show, XS_SHOW_NONE);
    assert_int_equal(presence.last_s, XS_LAST_UNKNOWN);
    assert_null(presence.status);
    assert_null(presence.lang);
    free_replies(replies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_parse__reads__everything),
        cmocka_unit_test(facts_parse__reads__absent_keys),
        cmocka_unit_test(facts_parse__closes__for_keys_of_the_wrong_type),
        cmocka_unit_test(facts_parse_published__leaves_the_record_unread__if_the_flags_withhold_it),
        cmocka_unit_test(facts_parse_published__notes__the_first_damage),
        cmocka_unit_test(facts_parse__fails__for_refusals_and_wrong_shapes),
        cmocka_unit_test(facts_parse__judges__the_record),
        cmocka_unit_test(facts_parse__sees__embedded_nuls),
        cmocka_unit_test(facts_parse__drops__what_cannot_be_shown),
        cmocka_unit_test(facts_parse__cuts__a_long_status),
        cmocka_unit_test(facts_decide__follows__the_order_of_the_contract),
        cmocka_unit_test(facts_decide__withholds__what_is_not_published),
        cmocka_unit_test(facts_decide__says_offline__for_an_open_user_without_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
