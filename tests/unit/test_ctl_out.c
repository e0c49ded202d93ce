#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

/* What was written, collected in memory. */
struct written {
    FILE *stream;
    char *text;
    size_t len;
};

static void start(struct written *written, struct xs_out *out, bool json)
{
    written->stream = open_memstream(&written->text, &written->len);
    assert_non_null(written->stream);
    xs_out_start(out, written->stream, json);
}

/* Says everything in both forms. */
static void say(struct xs_out *out)
{
    cJSON *list = xs_out_list(out, xs_out_root(out), "list");
    cJSON *item = xs_out_item(out, list);
    cJSON *object = xs_out_object(out, item, "object");

    xs_out_print(out, "line %d: ", 1);
    xs_out_quoted(out, "a\nb", 3);
    xs_out_print(out, "\n");
    xs_out_word(out, object, "word", "w");
    xs_out_word(out, object, "null", NULL);
    xs_out_text(out, object, "text", "t\n\xC3\xBCxxx", 4);
    xs_out_text(out, object, "bytes", "\xFFz", 2);
    xs_out_text(out, object, "nul", "a\0b", 3);
    xs_out_text(out, object, "none", NULL, 0);
    xs_out_number(out, item, "number", 253402300799);
    xs_out_bool(out, item, "bool", true);
}

static void out__writes__lines_only_or_json_only(void **state)
{
    struct written written;
    struct xs_out out;
    cJSON *root;
    char *text;

    (void)state;
    start(&written, &out, false);
    say(&out);
    assert_int_equal(xs_out_finish(&out), XS_OK);
    assert_string_equal(written.text, "line 1: a\\x0ab\n");
    fclose(written.stream);
    free(written.text);
    start(&written, &out, true);
    say(&out);
    assert_int_equal(xs_out_finish(&out), XS_OK);
    root = cJSON_Parse(written.text);
    assert_non_null(root);
    text = cJSON_PrintUnformatted(root);
    assert_string_equal(text, "{\"list\":[{\"object\":{\"word\":\"w\",\"null\":null,"
                              "\"text\":\"t\\n\xC3\xBC\",\"bytes\":\"\\\\xffz\","
                              "\"nul\":\"a\\\\x00b\",\"none\":null},"
                              "\"number\":253402300799,\"bool\":true}]}");
    cJSON_free(text);
    cJSON_Delete(root);
    fclose(written.stream);
    free(written.text);
}

static void out_restart__drops__what_was_collected(void **state)
{
    struct written written;
    struct xs_out out;

    (void)state;
    start(&written, &out, true);
    say(&out);
    xs_out_restart(&out);
    xs_out_word(&out, xs_out_root(&out), "error", "e");
    assert_int_equal(xs_out_finish(&out), XS_OK);
    assert_string_equal(written.text, "{\n\t\"error\":\t\"e\"\n}\n");
    fclose(written.stream);
    free(written.text);
}

static void out_finish__fails__if_nothing_can_be_written(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        FILE *full = fopen("/dev/full", "w");
        struct xs_out out;

        assert_non_null(full);
        xs_out_start(&out, full, json);
        say(&out);
        assert_int_equal(xs_out_finish(&out), XS_ERROR_SYSTEM);
        fclose(full);
    }
}

/* cJSON has no way to pass a counter on. */
static long allocations_left;

static void *scarce_malloc(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

static void out__reports__every_allocation_that_fails(void **state)
{
    cJSON_Hooks scarce = {scarce_malloc, free};
    enum xs_error error = XS_ERROR_NOMEM;
    long count;

    (void)state;
    for (count = 0; error == XS_ERROR_NOMEM && count < 1000; count++) {
        struct written written;
        struct xs_out out;

        allocations_left = count;
        cJSON_InitHooks(&scarce);
        start(&written, &out, true);
        say(&out);
        error = xs_out_finish(&out);
        cJSON_InitHooks(NULL);
        assert_true(error == XS_OK || written.len == 0);
        fclose(written.stream);
        free(written.text);
    }
    assert_int_equal(error, XS_OK);
    assert_in_range(count, 20, 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out__writes__lines_only_or_json_only),
        cmocka_unit_test(out_restart__drops__what_was_collected),
        cmocka_unit_test(out_finish__fails__if_nothing_can_be_written),
        cmocka_unit_test(out__reports__every_allocation_that_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
