#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "roster.h"

static xmpp_ctx_t *strophe;

static xmpp_stanza_t *parse(const char *text)
{
    xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(strophe, text);

    assert_non_null(stanza);
    return stanza;
}

static void items__are_walked__in_results_and_pushes(void **state)
{
    xmpp_stanza_t *iq = parse("<iq type='result'><query xmlns='jabber:iq:roster'>\n"
                              "<item jid='a@example.org' subscription='both'/><other/>\n"
                              "<item jid='b@example.org' subscription='to'/></query></iq>");
    xmpp_stanza_t *item = xs_roster_first_item(iq);
    struct xs_roster_entry entry;

    (void)state;
    assert_non_null(item);
    assert_true(xs_roster_read_item(item, "example.org", &entry));
    assert_string_equal(entry.jid.bare, "a@example.org");
    item = xs_roster_next_item(item);
    assert_non_null(item);
    assert_true(xs_roster_read_item(item, "example.org", &entry));
    assert_string_equal(entry.jid.bare, "b@example.org");
    assert_null(xs_roster_next_item(item));
    xmpp_stanza_release(iq);
}

static void items__are_none__in_anything_else(void **state)
{
    static const char *const cases[] = {
        "<iq type='result'/>",
        "<iq type='result'><query xmlns='jabber:iq:roster'/></iq>",
        "<iq type='result'><query xmlns='urn:example'><item jid='a@example.org'/></query></iq>",
        "<iq type='error'><error type='cancel'/></iq>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        xmpp_stanza_t *iq = parse(cases[i]);

        assert_null(xs_roster_first_item(iq));
        xmpp_stanza_release(iq);
    }
}

static void read_item__tells__whose_presence_comes_to_us(void **state)
{
    static const struct {
        const char *item;
        bool user, subscribed;
    } cases[] = {
        {"<item jid='A@Example.org' subscription='both'/>", true, true},
        {"<item jid='a@example.org' subscription='to'/>", true, true},
        {"<item jid='a@example.org' subscription='from' ask='subscribe'/>", true, false},
        {"<item jid='a@example.org' subscription='none'/>", true, false},
        {"<item jid='a@example.org' subscription='remove'/>", true, false},
        {"<item jid='a@example.org'/>", true, false},
        {"<item jid='a@example.org/phone' subscription='both'/>", false, false},
        {"<item jid='a@other.org' subscription='both'/>", false, false},
        {"<item jid='example.org' subscription='both'/>", false, false},
        {"<item jid='' subscription='both'/>", false, false},
        {"<item subscription='both'/>", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        xmpp_stanza_t *item = parse(cases[i].item);
        struct xs_roster_entry entry;
        bool user = xs_roster_read_item(item, "example.org", &entry);

        if (user != cases[i].user || (user && entry.subscribed != cases[i].subscribed))
            fail_msg("%s", cases[i].item);
        xmpp_stanza_release(item);
    }
}

static int set_up(void **state)
{
    (void)state;
    xmpp_initialize();
    strophe = xmpp_ctx_new(NULL, NULL);
    return strophe == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    xmpp_ctx_free(strophe);
    xmpp_shutdown();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items__are_walked__in_results_and_pushes),
        cmocka_unit_test(items__are_none__in_anything_else),
        cmocka_unit_test(read_item__tells__whose_presence_comes_to_us),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
