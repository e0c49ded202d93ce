#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "etag.h"
#include "head.h"

#define MAX_AGE_S 86400

/* test_respond has the bytes of each kind in full; this is about what holds for all of them. */
static void heads_write__keeps__its_form_for_every_kind_and_format(void **state)
{
    static struct xs_heads heads;
    char etag[XS_ETAG_SIZE];

    (void)state;
    xs_heads_init(&heads, MAX_AGE_S);
    xs_etag_make("", 0, etag);
    for (int kind = 0; kind < XS_HEAD_COUNT; kind++) {
        for (int format = 0; format < XS_FORMAT_COUNT; format++) {
            char head[XS_HEAD_SIZE];
            size_t len = xs_heads_write(&heads, (enum xs_head_kind)kind, (enum xs_format)format,
                                        SIZE_MAX, etag, head);

            assert_int_equal(strlen(head), len);
            assert_true(len < XS_HEAD_SIZE / 2);
            assert_memory_equal(head, "Status: ", 8);
            assert_string_equal(head + len - 4, "\r\n\r\n");
            assert_ptr_equal(strstr(head, "\r\n\r\n"), head + len - 4);
            assert_non_null(strstr(head, etag));
            assert_int_equal(strstr(head, "Content-Length: 18446744073709551615\r\n") == NULL,
                             xs_head_status((enum xs_head_kind)kind) == 304);
        }
    }
}

static void heads_write__has__no_etag_without_one(void **state)
{
    static struct xs_heads heads;
    char head[XS_HEAD_SIZE];

    (void)state;
    xs_heads_init(&heads, 0);
    (void)xs_heads_write(&heads, XS_HEAD_NOT_FOUND, XS_FORMAT_TEXT, 0, "", head);
    assert_null(strstr(head, "ETag:"));
    assert_non_null(strstr(head, "\r\nContent-Length: 0\r\n"));
    assert_non_null(strstr(head, "\r\nCache-Control: public, max-age=0\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_write__keeps__its_form_for_every_kind_and_format),
        cmocka_unit_test(heads_write__has__no_etag_without_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
