#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "answer.h"

static xmpp_ctx_t *strophe;

/* The reply to a request, as text in `ret_text`, which is to be freed; false if there is none. */
static bool answer(const char *request, char **ret_text)
{
    xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(strophe, request);
    xmpp_stanza_t *reply;
    size_t len;

    assert_non_null(stanza);
    reply = xs_answer_make(stanza);
    xmpp_stanza_release(stanza);
    if (reply == NULL)
        return false;
    assert_int_equal(xmpp_stanza_to_text(reply, ret_text, &len), XMPP_EOK);
    xmpp_stanza_release(reply);
    return true;
}

static void make__answers__what_it_knows_and_refuses_the_rest(void **state)
{
    static const struct {
        const char *request;
        const char *expected[4]; /* parts of the reply */
    } cases[] = {
        {"<iq type='get' id='1' from='e.org'><ping xmlns='urn:xmpp:ping'/></iq>",
         {"type=\"result\"", "id=\"1\"", "to=\"e.org\""}},
        {"<iq type='get' id='2' from='a@e.org/x'>"
         "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
         {"type=\"result\"", "category=\"client\"", "var=\"urn:xmpp:ping\"",
          "var=\"jabber:iq:version\""}},
        {"<iq type='get' id='3' from='a@e.org/x'><query xmlns='jabber:iq:version'/></iq>",
         {"type=\"result\"", "<name>xmpp-status</name>", "<version>", "to=\"a@e.org/x\""}},
        {"<iq type='set' id='4'><query xmlns='jabber:iq:roster'><item jid='a@e.org'/></query></iq>",
         {"type=\"result\"", "id=\"4\""}},
        {"<iq type='get' id='5' from='a@e.org/x'><query xmlns='jabber:iq:last'/></iq>",
         {"type=\"error\"", "service-unavailable"}},
        {"<iq type='get' id='6' from='a@e.org/x'><query xmlns='jabber:iq:roster'/></iq>",
         {"type=\"error\"", "service-unavailable"}},
        {"<iq type='set' id='7' from='a@e.org/x'><ping xmlns='urn:xmpp:ping'/></iq>",
         {"type=\"error\"", "service-unavailable"}},
        {"<iq type='get' id='8' from='a@e.org/x'/>", {"type=\"error\"", "service-unavailable"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text;

        assert_true(answer(cases[i].request, &text));
        for (size_t k = 0; k < 4 && cases[i].expected[k] != NULL; k++) {
            if (strstr(text, cases[i].expected[k]) == NULL)
                fail_msg("%s: no %s in %s", cases[i].request, cases[i].expected[k], text);
        }
        xmpp_free(strophe, text);
    }
}

static void make__says_nothing__to_a_request_without_id(void **state)
{
    char *text;

    (void)state;
    assert_false(answer("<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>", &text));
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
        cmocka_unit_test(make__answers__what_it_knows_and_refuses_the_rest),
        cmocka_unit_test(make__says_nothing__to_a_request_without_id),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
