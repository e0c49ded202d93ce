#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "presence_json.h"
#include "state.h"

#define JID "support@tiggerswelt.net"

static void json_write_presence__gives__the_exact_bytes(void **state)
{
    static const struct {
        struct xs_presence presence;
        const char *bytes;
    } rows[] = {
        {{true, XS_SHOW_XA, 1699991027, NULL, NULL},
         "{\"jid\":\"" JID "\",\"state\":\"xa\",\"last\":1699991027}\n"},
        {{true, XS_SHOW_NONE, XS_LAST_UNKNOWN, NULL, NULL},
         "{\"jid\":\"" JID "\",\"state\":\"online\"}\n"},
        {{false, XS_SHOW_NONE, 0, "Feierabend", "de"},
         "{\"jid\":\"" JID "\",\"state\":\"offline\",\"last\":0,\"status\":\"Feierabend\","
         "\"lang\":\"de\"}\n"},
        {{true, XS_SHOW_CHAT, XS_LAST_MAX, NULL, NULL},
         "{\"jid\":\"" JID "\",\"state\":\"chat\",\"last\":253402300799}\n"},
        {{true, XS_SHOW_DND, XS_LAST_UNKNOWN, "\"\\\n\t\r\x7f</script>\xF0\x9F\x98\x80", NULL},
         "{\"jid\":\"" JID "\",\"state\":\"dnd\",\"status\":\"\\\"\\\\\\n\\t\\r\x7f</script>"
         "\xF0\x9F\x98\x80\"}\n"},
        {{true, XS_SHOW_AWAY, XS_LAST_UNKNOWN, NULL, NULL},
         "{\"jid\":\"" JID "\",\"state\":\"away\"}\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static char bytes[XS_JSON_SIZE];
        size_t len = 0;

        assert_int_equal(xs_json_write_presence(JID, &rows[i].presence, bytes, &len), XS_OK);
        assert_string_equal(bytes, rows[i].bytes);
        assert_int_equal(len, strlen(bytes));
    }
}

static void json_write_error__names__the_condition(void **state)
{
    static char bytes[XS_JSON_SIZE];
    size_t len = 0;

    (void)state;
    assert_int_equal(xs_json_write_error(JID, XS_CONDITION_ITEM_NOT_FOUND, bytes, &len), XS_OK);
    assert_string_equal(bytes, "{\"jid\":\"" JID "\",\"error\":\"item-not-found\"}\n");
    assert_int_equal(len, strlen(bytes));
    assert_int_equal(xs_json_write_error(NULL, XS_CONDITION_BAD_REQUEST, bytes, &len), XS_OK);
    assert_string_equal(bytes, "{\"error\":\"bad-request\"}\n");
}

/* Whatever a JID and a status may have, escaped as badly as can be. */
static void json_write_presence__has_room__for_the_longest(void **state)
{
    static char jid[2 * 1023 + 2];
    static char status[4 * XS_STATUS_MAX_CHARS + 1];
    static char bytes[XS_JSON_SIZE];
    struct xs_presence presence = {
        .available = true, .last_s = XS_LAST_MAX, .status = status, .lang = "de-CH"};
    size_t len = 0;

    (void)state;
    memset(jid, '\\', sizeof jid - 1);
    memset(status, '\\', sizeof status - 1);
    assert_int_equal(xs_json_write_presence(jid, &presence, bytes, &len), XS_OK);
    assert_true(len > 2 * (sizeof jid + sizeof status) && len < XS_JSON_SIZE);
}

static void state_word__differs__for_each_state(void **state)
{
    (void)state;
    for (int i = 0; i < XS_STATE_COUNT; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(xs_state_word((enum xs_state)i),
                                    xs_state_word((enum xs_state)j));
    assert_string_equal(xs_state_word(XS_STATE_COUNT), "unknown");
    assert_int_equal(xs_state_of(&(struct xs_presence){.available = false, .show = XS_SHOW_AWAY}),
                     XS_STATE_OFFLINE);
}

static void condition_word__differs__for_each_condition(void **state)
{
    (void)state;
    for (int i = 0; i < XS_CONDITION_COUNT; i++) {
        assert_non_null(strstr("modify cancel wait", xs_condition_type((enum xs_condition)i)));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(xs_condition_word((enum xs_condition)i),
                                    xs_condition_word((enum xs_condition)j));
    }
    assert_string_equal(xs_condition_word(XS_CONDITION_COUNT), "bad-request");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_write_presence__gives__the_exact_bytes),
        cmocka_unit_test(json_write_error__names__the_condition),
        cmocka_unit_test(json_write_presence__has_room__for_the_longest),
        cmocka_unit_test(state_word__differs__for_each_state),
        cmocka_unit_test(condition_word__differs__for_each_condition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
