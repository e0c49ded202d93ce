#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>
#include <string.h>

#include "figures.h"

/* Parses the bytes of a reply. */
static struct xs_figures parse(const char *bytes)
{
    redisReader *reader = redisReaderCreate();
    struct xs_figures figures;
    void *reply = NULL;

    assert_non_null(reader);
    assert_int_equal(redisReaderFeed(reader, bytes, strlen(bytes)), REDIS_OK);
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    figures = xs_figures_parse(reply);
    freeReplyObject(reply);
    redisReaderFree(reader);
    return figures;
}

static void assert_all_unknown(struct xs_figures figures)
{
    for (size_t i = 0; i < XS_FIGURE_COUNT; i++)
        assert_int_equal(figures.values[i], XS_FIGURE_UNKNOWN);
}

#define SIX_NILS "$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n"

static void figure_field__names_each__once(void **state)
{
    (void)state;
    assert_string_equal(xs_figure_field(XS_FIGURE_STARTED), "started");
    assert_string_equal(xs_figure_field(XS_FIGURE_OUTAGES), "outages");
    for (unsigned i = 0; i < XS_FIGURE_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(xs_figure_field((enum xs_figure)i),
                                    xs_figure_field((enum xs_figure)j));
}

static void figures_parse__reads_numbers__in_their_order(void **state)
{
    struct xs_figures figures = parse("*8\r\n$10\r\n1700000000\r\n$-1\r\n$1\r\n0\r\n$15\r\n"
                                      "999999999999999\r\n$2\r\n07\r\n$1\r\n5\r\n$1\r\n6\r\n"
                                      "$1\r\n7\r\n");

    (void)state;
    assert_int_equal(figures.values[XS_FIGURE_STARTED], 1700000000);
    assert_int_equal(figures.values[XS_FIGURE_SYNCED], XS_FIGURE_UNKNOWN);
    assert_int_equal(figures.values[XS_FIGURE_SYNCS], 0);
    assert_int_equal(figures.values[XS_FIGURE_STANZAS], XS_FIGURE_MAX);
    assert_int_equal(figures.values[XS_FIGURE_ONLINE], 7);
    assert_int_equal(figures.values[XS_FIGURE_OUTAGES], 7);
}

static void figures_parse__leaves_out__what_is_no_number(void **state)
{
    static const char *const replies[] = {
        "*8\r\n$0\r\n\r\n$2\r\n-1\r\n" SIX_NILS,
        "*8\r\n$16\r\n1000000000000000\r\n$3\r\n1.5\r\n" SIX_NILS,
        "*8\r\n$4\r\n1 \n2\r\n$3\r\nNaN\r\n" SIX_NILS,
        "*8\r\n$2\r\n1}\r\n$2\r\n+1\r\n" SIX_NILS,
        "*8\r\n$3\r\n1e9\r\n$6\r\n\"} 1\n#\r\n" SIX_NILS,
        "*8\r\n:12\r\n*0\r\n" SIX_NILS,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++)
        assert_all_unknown(parse(replies[i]));
}

static void figures_parse__knows_nothing__from_another_reply(void **state)
{
    (void)state;
    assert_all_unknown(parse("$-1\r\n"));
    assert_all_unknown(parse(":8\r\n"));
    assert_all_unknown(parse("*0\r\n"));
    assert_all_unknown(parse("*7\r\n$1\r\n1\r\n" SIX_NILS));
    assert_all_unknown(parse("*9\r\n$1\r\n1\r\n$1\r\n1\r\n$1\r\n1\r\n" SIX_NILS));
    assert_all_unknown(parse("-NOPERM this user has no permissions\r\n"));
    assert_all_unknown(parse("-WRONGTYPE Operation against a key\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figure_field__names_each__once),
        cmocka_unit_test(figures_parse__reads_numbers__in_their_order),
        cmocka_unit_test(figures_parse__leaves_out__what_is_no_number),
        cmocka_unit_test(figures_parse__knows_nothing__from_another_reply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
