#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "targets.h"

static void add(struct xs_targets *targets, enum xs_target_kind kinds, const char *raw)
{
    assert_int_equal(xs_targets_add(targets, kinds, raw, strlen(raw)), XS_OK);
}

static void targets_add__normalises__users_and_domains(void **state)
{
    static const struct {
        const char *raw;
        enum xs_target_kind kind;
        const char *name;
        const char *domain;
    } cases[] = {
        {"Support@Tiggerswelt.NET", XS_TARGET_USER, "support@tiggerswelt.net", "tiggerswelt.net"},
        {"a@d/home", XS_TARGET_USER, "a@d", "d"},
        {"a@d/x@y", XS_TARGET_USER, "a@d", "d"},
        {"XN--MNCHEN-3YA.de.", XS_TARGET_DOMAIN, "m\xC3\xBCnchen.de", "m\xC3\xBCnchen.de"},
        {"localhost", XS_TARGET_DOMAIN, "localhost", "localhost"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct xs_targets targets = {.items = NULL};

        add(&targets, XS_TARGET_ANY, cases[i].raw);
        assert_int_equal(targets.count, 1);
        assert_int_equal(targets.refused_count, 0);
        assert_int_equal(targets.items[0].kind, cases[i].kind);
        assert_string_equal(xs_target_name(&targets.items[0]), cases[i].name);
        assert_string_equal(targets.items[0].domain, cases[i].domain);
        assert_string_equal(targets.given.items[0].name, cases[i].raw);
        xs_targets_free(&targets);
    }
}

static void targets_add__refuses__with_a_reason(void **state)
{
    static const struct {
        const char *raw;
        size_t len;
        enum xs_target_kind kinds;
        const char *why;
    } cases[] = {
        {"", 0, XS_TARGET_ANY, "not a JID and not a domain"},
        {"a b", 3, XS_TARGET_ANY, "not a JID and not a domain"},
        {"d/home", 6, XS_TARGET_ANY, "not a JID and not a domain"},
        {"a@", 2, XS_TARGET_ANY, "not a JID"},
        {"@d", 2, XS_TARGET_ANY, "not a JID"},
        {"a@@d", 4, XS_TARGET_USER, "not a JID"},
        {"a@d\0", 4, XS_TARGET_ANY, "not a JID"},
        {"\xFF@d", 3, XS_TARGET_ANY, "not a JID"},
        {"a@d", 3, XS_TARGET_DOMAIN, "a user's JID, where only a domain is taken"},
        {"d", 1, XS_TARGET_USER, "a domain, where only a user's JID is taken"},
    };
    struct xs_targets targets = {.items = NULL};
    size_t count = sizeof cases / sizeof cases[0];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(xs_targets_add(&targets, cases[i].kinds, cases[i].raw, cases[i].len),
                         XS_OK);
        assert_int_equal(targets.refused.items[i].name_len, cases[i].len);
        assert_memory_equal(targets.refused.items[i].name, cases[i].raw, cases[i].len);
        assert_string_equal(targets.refused.items[i].value, cases[i].why);
    }
    assert_int_equal(targets.refused_count, count);
    assert_int_equal(targets.count, 0);
    xs_targets_free(&targets);
}

static void targets_add__is_bounded__in_all_directions(void **state)
{
    struct xs_targets targets = {.items = NULL};
    char raw[XS_JID_RAW_MAX + 8];

    (void)state;
    memset(raw, 'a', sizeof raw);
    raw[1] = '@';
    assert_int_equal(xs_targets_add(&targets, XS_TARGET_ANY, raw, sizeof raw), XS_OK);
    assert_string_equal(targets.refused.items[0].value, "too long");
    for (int i = 1; i < XS_REFUSALS_MAX + 50; i++)
        add(&targets, XS_TARGET_ANY, "@");
    assert_int_equal(targets.refused_count, XS_REFUSALS_MAX + 50);
    assert_int_equal(targets.refused.count, XS_REFUSALS_MAX);
    for (int i = 0; i < XS_TARGETS_MAX; i++)
        add(&targets, XS_TARGET_ANY, "a@d");
    assert_int_equal(xs_targets_add(&targets, XS_TARGET_ANY, "a@d", 3), XS_ERROR_TOO_LONG);
    assert_int_equal(targets.count, XS_TARGETS_MAX);
    xs_targets_free(&targets);
}

/* Reads targets from `len` bytes. */
static void read_bytes(struct xs_targets *targets, char *bytes, size_t len)
{
    FILE *stream = fmemopen(bytes, len, "r");

    assert_non_null(stream);
    assert_int_equal(xs_targets_read(targets, XS_TARGET_ANY, stream), XS_OK);
    fclose(stream);
}

static void targets_read__takes__a_target_per_line(void **state)
{
    char bytes[] = "A@d\n\nD.\n\nb@d";
    char flawed[] = "a@d\r\nb@d\0@e\n c@d\n";
    struct xs_targets targets = {.items = NULL};

    (void)state;
    read_bytes(&targets, bytes, strlen(bytes));
    assert_int_equal(targets.refused_count, 0);
    assert_int_equal(targets.count, 3);
    assert_string_equal(xs_target_name(&targets.items[0]), "a@d");
    assert_string_equal(xs_target_name(&targets.items[1]), "d");
    assert_string_equal(xs_target_name(&targets.items[2]), "b@d");
    read_bytes(&targets, flawed, sizeof flawed - 1);
    assert_int_equal(targets.count, 3);
    assert_int_equal(targets.refused_count, 3);
    xs_targets_free(&targets);
}

static void targets_read__refuses__an_endless_line(void **state)
{
    size_t len = 1000000;
    char *bytes = malloc(len);
    struct xs_targets targets = {.items = NULL};

    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'a', len);
    memcpy(bytes + len - 4, "\na@d", 4);
    read_bytes(&targets, bytes, len);
    assert_int_equal(targets.refused_count, 1);
    assert_string_equal(targets.refused.items[0].value, "too long");
    assert_int_equal(targets.count, 1);
    xs_targets_free(&targets);
    free(bytes);
}

static void targets_read__fails__if_reading_fails(void **state)
{
    FILE *directory = fopen("/", "r");
    struct xs_targets targets = {.items = NULL};

    (void)state;
    assert_non_null(directory);
    assert_int_equal(xs_targets_read(&targets, XS_TARGET_ANY, directory), XS_ERROR_SYSTEM);
    fclose(directory);
    xs_targets_free(&targets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_add__normalises__users_and_domains),
        cmocka_unit_test(targets_add__refuses__with_a_reason),
        cmocka_unit_test(targets_add__is_bounded__in_all_directions),
        cmocka_unit_test(targets_read__takes__a_target_per_line),
        cmocka_unit_test(targets_read__refuses__an_endless_line),
        cmocka_unit_test(targets_read__fails__if_reading_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
