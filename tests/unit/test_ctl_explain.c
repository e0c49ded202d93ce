#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "explain.h"

#define NOW_S 1700000000

#define YES                                                                                        \
    {                                                                                              \
        .setting = XS_PUBLISH_YES                                                                  \
    }
#define NO                                                                                         \
    {                                                                                              \
        .setting = XS_PUBLISH_NO                                                                   \
    }
#define LEASED                                                                                     \
    {                                                                                              \
        .exists = true, .until_s = NOW_S + 30                                                      \
    }

/* One possible outcome: what leads to it, and what a person is told. */
static const struct outcome {
    struct xs_facts facts;
    struct xs_flaws flaws;
    enum xs_answer answer;
    const char *word;
    const char *text;
} outcomes[] = {
    {{.domain_publish = NO, .user_publish = NO, .lease = LEASED},
     {.flags = true},
     XS_ANSWER_NOT_FOUND,
     "flags-flawed",
     "not published: the key of the domain's flags is not a hash"},
    {{.user_publish = YES, .lease = LEASED, .record = XS_RECORD_SOUND},
     {0},
     XS_ANSWER_NOT_FOUND,
     "domain-absent",
     "not published: the domain has no flag"},
    {{.domain_publish = NO, .user_publish = YES, .lease = LEASED, .record = XS_RECORD_SOUND},
     {.domain_flag = true},
     XS_ANSWER_NOT_FOUND,
     "domain-flawed",
     "not published: the domain's flag is not valid and counts as no"},
    {{.domain_publish = NO, .user_publish = NO},
     {.user_flag = true, .lease = true},
     XS_ANSWER_NOT_FOUND,
     "domain-no",
     "not published: the domain's flag is no"},
    {{.domain_publish = YES, .user_publish = NO, .record = XS_RECORD_SOUND},
     {.user_flag = true},
     XS_ANSWER_UNTRUSTED,
     "lease-absent",
     "not available: no bot is in charge of the domain"},
    {{.domain_publish = YES},
     {.lease = true},
     XS_ANSWER_UNTRUSTED,
     "lease-flawed",
     "not available: the key of the domain's lease holds no lease"},
    {{.domain_publish = YES, .lease = {.exists = true, .until_s = 0}},
     {0},
     XS_ANSWER_UNTRUSTED,
     "lease-syncing",
     "not available: the bot has not yet learnt everyone's presence"},
    {{.domain_publish = YES, .lease = {.exists = true, .until_s = NOW_S}},
     {0},
     XS_ANSWER_UNTRUSTED,
     "lease-lapsed",
     "not available: the bot has lost the XMPP server or Redis, or hangs"},
    {{.domain_publish = YES, .lease = {.exists = true, .until_s = NOW_S + 61}},
     {0},
     XS_ANSWER_UNTRUSTED,
     "lease-ahead",
     "not available: the clock here or the clock of the bot is wrong"},
    {{.domain_publish = YES, .user_publish = NO, .lease = LEASED, .record = XS_RECORD_SOUND},
     {.user_flag = true},
     XS_ANSWER_NOT_FOUND,
     "user-flawed",
     "not published: the user's flag is not valid and counts as no"},
    {{.domain_publish = YES, .user_publish = NO, .lease = LEASED, .record = XS_RECORD_DAMAGED},
     {0},
     XS_ANSWER_NOT_FOUND,
     "user-no",
     "not published: the user's flag is no"},
    {{.domain_publish = YES, .user_publish = YES, .lease = LEASED, .record = XS_RECORD_DAMAGED},
     {0},
     XS_ANSWER_NOT_FOUND,
     "record-damaged",
     "not published: the user's record is damaged"},
    {{.domain_publish = YES, .lease = LEASED, .record = XS_RECORD_ABSENT},
     {0},
     XS_ANSWER_NOT_FOUND,
     "record-absent",
     "not published: the bot knows no such user, who has no flag either"},
    {{.domain_publish = YES, .user_publish = YES, .lease = LEASED, .record = XS_RECORD_ABSENT},
     {0},
     XS_ANSWER_PRESENCE,
     "published-offline",
     "published as offline: the user's flag is yes, but the bot knows no such user"},
    {{.domain_publish = YES, .user_publish = YES, .lease = LEASED, .record = XS_RECORD_SOUND},
     {0},
     XS_ANSWER_PRESENCE,
     "published-by-user",
     "published: the domain's flag and the user's flag are yes"},
    {{.domain_publish = YES, .lease = LEASED, .record = XS_RECORD_SOUND},
     {0},
     XS_ANSWER_PRESENCE,
     "published-by-domain",
     "published: the domain's flag is yes, and the user has no flag"},
};

static void explain__gives_one_line__for_each_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        const struct outcome *outcome = &outcomes[i];
        enum xs_reason reason = xs_explain(&outcome->facts, &outcome->flaws, NOW_S);
        struct xs_presence presence;

        assert_string_equal(xs_reason_text(reason), outcome->text);
        assert_string_equal(xs_reason_word(reason), outcome->word);
        assert_int_equal(xs_facts_decide(&outcome->facts, NOW_S, &presence), outcome->answer);
    }
}

static void explain__leaves_out__no_reason(void **state)
{
    (void)state;
    assert_int_equal(sizeof outcomes / sizeof outcomes[0], XS_REASON_COUNT);
    for (int reason = 0; reason < XS_REASON_COUNT; reason++)
        assert_string_equal(xs_reason_text((enum xs_reason)reason), outcomes[reason].text);
    assert_string_equal(xs_reason_text(XS_REASON_COUNT), "");
    assert_string_equal(xs_reason_word(XS_REASON_COUNT), "");
}

/* The first words of a reason belong to the answer, whatever the facts are. */
static void explain__agrees_with_the_answer__for_all_facts(void **state)
{
    static const char *const starts[XS_ANSWER_COUNT] = {
        [XS_ANSWER_PRESENCE] = "published",
        [XS_ANSWER_NOT_FOUND] = "not published",
        [XS_ANSWER_UNTRUSTED] = "not available",
    };
    static const int64_t untils_s[] = {-1, 0, NOW_S - 1, NOW_S, NOW_S + 1, NOW_S + 60, NOW_S + 61};

    (void)state;
    for (int i = 0; i < 3 * 3 * 3 * 7 * 16; i++) {
        int64_t until_s = untils_s[i / 27 % 7];
        int bits = i / 27 / 7;
        struct xs_facts facts = {
            .domain_publish.setting = (enum xs_publish_setting)(i % 3),
            .user_publish.setting = (enum xs_publish_setting)(i / 3 % 3),
            .record = (enum xs_record_state)(i / 9 % 3),
            .lease = {.exists = until_s >= 0, .until_s = until_s},
        };
        struct xs_flaws flaws = {bits & 1, bits & 2, bits & 4, bits & 8};
        struct xs_presence presence;
        const char *start = starts[xs_facts_decide(&facts, NOW_S, &presence)];
        const char *text = xs_reason_text(xs_explain(&facts, &flaws, NOW_S));

        assert_int_equal(strncmp(text, start, strlen(start)), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explain__gives_one_line__for_each_outcome),
        cmocka_unit_test(explain__leaves_out__no_reason),
        cmocka_unit_test(explain__agrees_with_the_answer__for_all_facts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
