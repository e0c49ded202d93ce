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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys__are_spelled__as_the_contract_says),
        cmocka_unit_test(keys__hold__the_longest_jid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
