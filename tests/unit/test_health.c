#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "health.h"

#define NOW 1700000000

static void assert_health(const struct xs_snapshot *snapshot, bool is_good, const char *expected)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    xs_health_write(out, snapshot);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(xs_health_is_good(snapshot), is_good);
    assert_string_equal(text, expected);
    free(text);
}

static void health__is_good__if_redis_answers_and_no_domain_is_configured(void **state)
{
    const struct xs_snapshot snapshot = {.now_s = NOW};

    (void)state;
    assert_health(&snapshot, true, "ok\n");
}

static void health__fails_with_the_cause__without_redis(void **state)
{
    const struct xs_surveyed domain = {.domain = "d.example",
                                       .lease = {.exists = true, .until_s = NOW + 9}};
    const struct xs_snapshot snapshot = {.now_s = NOW,
                                         .redis_why = "refused: \"x\"\r\n\x1b[1m\xC3\xA4",
                                         .domains = &domain,
                                         .domain_count = 1};

    (void)state;
    assert_health(&snapshot, false, "failing: refused: \"x\"???[1m??\n");
}

static void health__is_good__while_one_domain_is_served(void **state)
{
    const struct xs_surveyed domains[] = {
        {.domain = "a.example", .lease = {.exists = false}},
        {.domain = "b.example", .lease = {.exists = true, .until_s = 0}},
        {.domain = "c.example", .lease = {.exists = true, .until_s = NOW}},
        {.domain = "d.example", .lease = {.exists = true, .until_s = NOW + 61}},
        {.domain = "m\xC3\xBCnchen.example", .lease = {.exists = true, .until_s = NOW + 9}},
    };
    struct xs_snapshot snapshot = {.now_s = NOW, .domains = domains, .domain_count = 5};

    (void)state;
    assert_health(&snapshot, true,
                  "ok\n"
                  "a.example: no lease: its bot is not running, or not connected\n"
                  "b.example: the lease is not valid yet: its bot has not completed a sync\n"
                  "c.example: the lease ran out: its bot cannot vouch for the records now\n"
                  "d.example: the lease is too far ahead: a clock is wrong\n"
                  "m\xC3\xBCnchen.example: the lease is valid for 9 s\n");
    snapshot.domain_count = 1;
    assert_health(&snapshot, false,
                  "failing: no domain has a valid lease\n"
                  "a.example: no lease: its bot is not running, or not connected\n");
}

static void health__is_cut__when_there_are_too_many_domains(void **state)
{
    enum { COUNT = 5000 };
    static struct xs_surveyed domains[COUNT];
    const struct xs_snapshot snapshot = {.now_s = NOW, .domains = domains, .domain_count = COUNT};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        domains[i].domain = "d.example";
    assert_non_null(out);
    xs_health_write(out, &snapshot);
    assert_int_equal(fclose(out), 0);
    assert_true(len < XS_SNAPSHOT_DOMAINS_SIZE + 100);
    assert_non_null(strstr(text, "\nand "));
    assert_string_equal(text + len - strlen(" more\n"), " more\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health__is_good__if_redis_answers_and_no_domain_is_configured),
        cmocka_unit_test(health__fails_with_the_cause__without_redis),
        cmocka_unit_test(health__is_good__while_one_domain_is_served),
        cmocka_unit_test(health__is_cut__when_there_are_too_many_domains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
