#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "keys.h"

static void assert_key(const struct xs_key *key, const char *expected)
{
    assert_string_equal(key->bytes, expected);
    assert_int_equal(key->len, strlen(expected));
}

static void keys__are_spelled__as_the_contract_says(void **state)
{
    struct xs_key key;

    (void)state;
    xs_key_publish("example.org", &key);
    assert_key(&key, "xmpp:publish:{example.org}");
    xs_key_lease("example.org", &key);
    assert_key(&key, "xmpp:bot:{example.org}");
    xs_key_online("example.org", &key);
    assert_key(&key, "xmpp:online:{example.org}");
    xs_key_metrics("example.org", &key);
    assert_key(&key, "xmpp:metrics:{example.org}");
    xs_key_presence("example.org", "supporter", 7, &key);
    assert_key(&key, "xmpp:presence:{example.org}:support");
    xs_key_presence("m\xC3\xBCnchen.de", "a{b}:c", 6, &key);
    assert_key(&key, "xmpp:presence:{m\xC3\xBCnchen.de}:a{b}:c");
}

static void keys__hold__the_longest_jid(void **state)
{
    char domain[XS_JID_PART_MAX + 1];
    char local[XS_JID_PART_MAX];
    struct xs_key key;

    (void)state;
    memset(domain, 'd', XS_JID_PART_MAX);
    domain[XS_JID_PART_MAX] = '\0';
    memset(local, 'l', sizeof local);
    xs_key_presence(domain, local, sizeof local, &key);
    assert_int_equal(key.len, strlen("xmpp:presence:{}:") + 2 * XS_JID_PART_MAX);
    assert_int_equal(strlen(key.bytes), key.len);
    assert_int_equal(key.bytes[key.len - 1], 'l');
}

static void assert_owner(const char *key, size_t len, enum xs_key_kind kind, const char *name)
{
    struct xs_key_owner owner;

    xs_key_parse(key, len, &owner);
    assert_int_equal(owner.kind, kind);
    assert_string_equal(owner.name, name);
    assert_int_equal(owner.name_len, strlen(name));
}

static void key_parse__finds__whom_a_key_is_about(void **state)
{
    static const struct {
        const char *key;
        enum xs_key_kind kind;
        const char *name;
    } cases[] = {
        {"xmpp:publish:{example.org}", XS_KEY_PUBLISH, "example.org"},
        {"xmpp:bot:{example.org}", XS_KEY_LEASE, "example.org"},
        {"xmpp:presence:{example.org}:support", XS_KEY_PRESENCE, "support@example.org"},
        {"xmpp:presence:{m\xC3\xBCnchen.de}:a{b}:c", XS_KEY_PRESENCE, "a{b}:c@m\xC3\xBCnchen.de"},
        {"xmpp:online:{example.org}", XS_KEY_OTHER, ""},
        {"xmpp:presence:{example.org}:", XS_KEY_OTHER, ""},
        {"xmpp:presence:{example.org}", XS_KEY_OTHER, ""},
        {"xmpp:presence:{example.org}x", XS_KEY_OTHER, ""},
        {"xmpp:presence:{example.org", XS_KEY_OTHER, ""},
        {"xmpp:presence:{}:support", XS_KEY_OTHER, ""},
        {"xmpp:presence:", XS_KEY_OTHER, ""},
        {"xmpp:publish:{a@b}", XS_KEY_OTHER, ""},
        {"xmpp:publish:{example.org}:", XS_KEY_OTHER, ""},
        {"xmpp:bot:example.org", XS_KEY_OTHER, ""},
        {"\xFF", XS_KEY_OTHER, ""},
        {"", XS_KEY_OTHER, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_owner(cases[i].key, strlen(cases[i].key), cases[i].kind, cases[i].name);
}

static void key_parse__refuses__parts_too_long(void **state)
{
    char domain[XS_JID_PART_MAX + 2];
    char local[XS_JID_PART_MAX + 1];
    struct xs_key key;
    struct xs_key_owner owner;

    (void)state;
    memset(domain, 'd', sizeof domain);
    memset(local, 'l', sizeof local);
    domain[XS_JID_PART_MAX] = '\0';
    xs_key_presence(domain, local, XS_JID_PART_MAX, &key);
    xs_key_parse(key.bytes, key.len, &owner);
    assert_int_equal(owner.kind, XS_KEY_PRESENCE);
    assert_int_equal(owner.name_len, 2 * XS_JID_PART_MAX + 1);
    xs_key_presence(domain, local, sizeof local, &key);
    xs_key_parse(key.bytes, key.len, &owner);
    assert_int_equal(owner.kind, XS_KEY_OTHER);
    domain[XS_JID_PART_MAX] = 'd';
    domain[XS_JID_PART_MAX + 1] = '\0';
    xs_key_publish(domain, &key);
    xs_key_parse(key.bytes, key.len, &owner);
    assert_int_equal(owner.kind, XS_KEY_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys__are_spelled__as_the_contract_says),
        cmocka_unit_test(keys__hold__the_longest_jid),
        cmocka_unit_test(key_parse__finds__whom_a_key_is_about),
        cmocka_unit_test(key_parse__refuses__parts_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
