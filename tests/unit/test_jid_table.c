/* The JIDs of tests/data/jids.txt, whose head says how it is to be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jid.h"

/* Bytes of a line, and of a field once expanded. */
#define LINE_SIZE  1024
#define FIELD_SIZE 8192

/* Rows that the table must have at least, so that it is known to have been read. */
#define ROWS_MIN 120

struct field {
    size_t len;
    char bytes[FIELD_SIZE];
};

struct row {
    int line;
    struct field raw;
    struct field result;
};

static void add(struct field *field, char byte)
{
    assert_true(field->len + 1 < sizeof field->bytes);
    field->bytes[field->len++] = byte;
    field->bytes[field->len] = '\0';
}

/* Adds the text up to one of `stops`, %XX as a byte. Returns where it stopped. */
static const char *add_text(struct field *field, const char *text, const char *stops)
{
    while (*text != '\0' && strchr(stops, *text) == NULL) {
        unsigned byte = 0;

        if (*text != '%') {
            add(field, *text++);
            continue;
        }
        assert_int_equal(sscanf(text, "%%%2x", &byte), 1);
        add(field, (char)byte);
        text += 3;
    }
    return text;
}

/* Adds {TEXT*N}. Returns what follows. */
static const char *add_repeated(struct field *field, const char *text)
{
    const char *end = text;
    char *close = NULL;
    long count;

    assert_true(*text == '{');
    end = strchr(text, '*');
    assert_non_null(end);
    count = strtol(end + 1, &close, 10);
    assert_true(*close == '}');
    for (long i = 0; i < count; i++)
        assert_ptr_equal(add_text(field, text + 1, "*"), end);
    return close + 1;
}

/* Reads a field. Returns what follows it and the blanks. */
static const char *read_field(const char *text, struct field *ret_field)
{
    ret_field->len = 0;
    while (*text != ' ' && *text != '\n' && *text != '\0') {
        text = add_text(ret_field, text, "{ \n");
        if (*text == '{')
            text = add_repeated(ret_field, text);
    }
    assert_true(ret_field->len > 0);
    return text + strspn(text, " ");
}

static enum xs_error expected_error(const struct field *result)
{
    if (strcmp(result->bytes, "INVALID") == 0)
        return XS_ERROR_INVALID;
    if (strcmp(result->bytes, "TOO_LONG") == 0)
        return XS_ERROR_TOO_LONG;
    return XS_OK;
}

/* Says whether the row holds; prints what came instead. */
static bool row_holds(const struct row *row)
{
    char *raw = malloc(row->raw.len);
    struct xs_jid jid;
    enum xs_error error;
    bool holds;

    assert_non_null(raw);
    memcpy(raw, row->raw.bytes, row->raw.len);
    error = xs_jid_parse(raw, row->raw.len, &jid);
    holds = error == expected_error(&row->result) &&
            (error != XS_OK || strcmp(jid.bare, row->result.bytes) == 0);
    if (!holds)
        print_error("jids.txt:%d: %s\n", row->line,
                    error == XS_OK ? jid.bare : xs_error_string(error));
    free(raw);
    return holds;
}

/* Calls `check` for every row; returns how many rows there are and fails if one does not hold. */
static void for_each_row(bool (*check)(const struct row *row))
{
    static struct row row;
    char line[LINE_SIZE];
    FILE *file = fopen(XS_TEST_JIDS, "r");
    int rows = 0;
    int broken = 0;

    assert_non_null(file);
    for (row.line = 1; fgets(line, sizeof line, file) != NULL; row.line++) {
        const char *rest = line;

        assert_non_null(strchr(line, '\n'));
        if (line[0] == '#' || line[0] == '\n')
            continue;
        rest = read_field(read_field(rest, &row.raw), &row.result);
        assert_true(strlen(rest) > 1); /* every row says why */
        broken += !check(&row);
        rows++;
    }
    assert_int_equal(fclose(file), 0);
    assert_true(rows >= ROWS_MIN);
    assert_int_equal(broken, 0);
}

static void jid_parse__agrees__with_the_table(void **state)
{
    (void)state;
    for_each_row(row_holds);
}

/* A normal form is its own normal form. */
static bool result_is_stable(const struct row *row)
{
    static struct row again;

    if (expected_error(&row->result) != XS_OK)
        return true;
    again = (struct row){row->line, row->result, row->result};
    return row_holds(&again);
}

static void jid_parse__changes_nothing__in_a_normal_form(void **state)
{
    (void)state;
    for_each_row(result_is_stable);
}

/* A domain by itself comes to the same as in a JID. */
static bool domain_agrees(const struct row *row)
{
    const char *at = memchr(row->raw.bytes, '@', row->raw.len);
    char domain[XS_JID_PART_MAX + 1];
    size_t len;

    if (expected_error(&row->result) != XS_OK)
        return true;
    len = strcspn(at + 1, "/");
    return xs_domain_normalise(at + 1, len, domain) == XS_OK &&
           strcmp(domain, strchr(row->result.bytes, '@') + 1) == 0;
}

static void domain_normalise__agrees__with_the_table(void **state)
{
    (void)state;
    for_each_row(domain_agrees);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jid_parse__agrees__with_the_table),
        cmocka_unit_test(jid_parse__changes_nothing__in_a_normal_form),
        cmocka_unit_test(domain_normalise__agrees__with_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
