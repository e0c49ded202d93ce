/* What a table of JIDs cannot show; the table itself is in test_jid_table.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <idna.h>
#include <stdlib.h>
#include <stringprep.h>
#include <strings.h>

#include "jid.h"

/* What libidn's functions fail with; 0: nothing. */
static struct {
    int stringprep;
    int to_ascii;
    int to_unicode;
} failure;

int __real_stringprep(char *in, size_t max_len, Stringprep_profile_flags flags,
                      const Stringprep_profile *profile);
int __wrap_stringprep(char *in, size_t max_len, Stringprep_profile_flags flags,
                      const Stringprep_profile *profile);
int __real_idna_to_ascii_8z(const char *input, char **output, int flags);
int __wrap_idna_to_ascii_8z(const char *input, char **output, int flags);
int __real_idna_to_unicode_8z8z(const char *input, char **output, int flags);
int __wrap_idna_to_unicode_8z8z(const char *input, char **output, int flags);

int __wrap_stringprep(char *in, size_t max_len, Stringprep_profile_flags flags,
                      const Stringprep_profile *profile)
{
    return failure.stringprep != 0 ? failure.stringprep
                                   : __real_stringprep(in, max_len, flags, profile);
}

int __wrap_idna_to_ascii_8z(const char *input, char **output, int flags)
{
    return failure.to_ascii != 0 ? failure.to_ascii : __real_idna_to_ascii_8z(input, output, flags);
}

int __wrap_idna_to_unicode_8z8z(const char *input, char **output, int flags)
{
    return failure.to_unicode != 0 ? failure.to_unicode
                                   : __real_idna_to_unicode_8z8z(input, output, flags);
}

/* nginx would merge the slashes, so these are not in the table that goes through it. */
static void jid_parse__refuses__what_begins_with_a_slash(void **state)
{
    static const char *const raws[] = {"/", "/a@b", "//a@b"};

    (void)state;
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        struct xs_jid jid;

        assert_int_equal(xs_jid_parse(raws[i], strlen(raws[i]), &jid), XS_ERROR_INVALID);
    }
    assert_int_equal(xs_jid_parse("", 0, &(struct xs_jid){.local_len = 0}), XS_ERROR_INVALID);
}

static void jid_parse__fills__all_of_the_result(void **state)
{
    struct xs_jid jid;

    (void)state;
    memset(&jid, 0x5a, sizeof jid);
    assert_int_equal(xs_jid_parse("A@B.c/d", 7, &jid), XS_OK);
    assert_string_equal(jid.bare, "a@b.c");
    assert_int_equal(jid.local_len, 1);
    assert_int_equal(jid.domain_len, 3);
    assert_int_equal(xs_jid_len(&jid), 5);
    assert_string_equal(xs_jid_domain(&jid), "b.c");
}

static void jid_parse__refuses__nul_anywhere(void **state)
{
    static const char raw[] = "ab@cd/ef";

    (void)state;
    for (size_t i = 0; i < sizeof raw - 1; i++) {
        char bytes[sizeof raw];
        struct xs_jid jid = {.local_len = 77};

        memcpy(bytes, raw, sizeof raw);
        bytes[i] = '\0';
        assert_int_equal(xs_jid_parse(bytes, sizeof raw - 1, &jid), XS_ERROR_INVALID);
        assert_int_equal(jid.local_len, 77);
    }
}

static void jid_parse__reads_no_byte_too_many__when_not_terminated(void **state)
{
    char *raw = malloc(3);
    struct xs_jid jid;

    (void)state;
    assert_non_null(raw);
    memcpy(raw, "a@b", 3);
    assert_int_equal(xs_jid_parse(raw, 3, &jid), XS_OK);
    assert_string_equal(jid.bare, "a@b");
    free(raw);
}

/* Parses LOCAL_LEN times 'l', '@', a domain of DOMAIN_LEN bytes, and a resource of the given. */
static enum xs_error parse_long(size_t local_len, size_t domain_len, size_t resource_len)
{
    char raw[4 * XS_JID_PART_MAX + 8];
    struct xs_jid jid;
    size_t len = 0;

    for (size_t i = 0; i < local_len; i++)
        raw[len++] = 'l';
    raw[len++] = '@';
    for (size_t i = 0; i < domain_len; i++)
        raw[len++] = i % 50 == 49 && i + 1 < domain_len ? '.' : 'd';
    if (resource_len > 0)
        raw[len++] = '/';
    for (size_t i = 0; i < resource_len; i++)
        raw[len++] = 'r';
    return xs_jid_parse(raw, len, &jid);
}

static void jid_parse__keeps__its_limits(void **state)
{
    (void)state;
    assert_int_equal(parse_long(XS_JID_PART_MAX, 10, 0), XS_OK);
    assert_int_equal(parse_long(XS_JID_PART_MAX + 1, 10, 0), XS_ERROR_TOO_LONG);
    assert_int_equal(parse_long(10, XS_JID_PART_MAX, 0), XS_OK);
    assert_int_equal(parse_long(10, XS_JID_PART_MAX + 1, 0), XS_ERROR_TOO_LONG);
    assert_int_equal(parse_long(XS_JID_PART_MAX, XS_JID_PART_MAX, XS_JID_PART_MAX), XS_OK);
    assert_int_equal(parse_long(XS_JID_PART_MAX, XS_JID_PART_MAX, XS_JID_PART_MAX + 1),
                     XS_ERROR_TOO_LONG);
    assert_int_equal(parse_long(1, 1, 3 * XS_JID_PART_MAX), XS_ERROR_TOO_LONG);
}

static void jid_parse__measures__the_normal_form(void **state)
{
    char raw[XS_JID_RAW_MAX];
    struct xs_jid jid;
    size_t len = 0;

    (void)state;
    /* 1023 fullwidth letters are 3069 bytes, but 1023 once normalised. */
    for (int i = 0; i < XS_JID_PART_MAX; i++) {
        memcpy(raw + len, "\xEF\xBD\x81", 3);
        len += 3;
    }
    memcpy(raw + len, "@b", 2);
    assert_int_equal(xs_jid_parse(raw, len + 2, &jid), XS_OK);
    assert_int_equal(jid.local_len, XS_JID_PART_MAX);
    /* U+3316, a whole word in one character, has six times its bytes once normalised. */
    for (size_t count = 57; count <= 200; count += 143) {
        len = 0;
        for (size_t i = 0; i < count; i++) {
            memcpy(raw + len, "\xE3\x8C\x96", 3);
            len += 3;
        }
        memcpy(raw + len, "@b", 2);
        assert_int_equal(xs_jid_parse(raw + 3, len - 1, &jid),
                         count == 57 ? XS_OK : XS_ERROR_TOO_LONG);
        assert_int_equal(xs_jid_parse(raw, len + 2, &jid), XS_ERROR_TOO_LONG);
    }
}

static void jid_parse__bounds__a_label(void **state)
{
    char raw[80] = "a@";
    struct xs_jid jid;

    (void)state;
    memset(raw + 2, 'd', 64);
    assert_int_equal(xs_jid_parse(raw, 2 + 63, &jid), XS_OK);
    assert_int_equal(xs_jid_parse(raw, 2 + 64, &jid), XS_ERROR_INVALID);
}

static void jid_parse__gives__stable_forms(void **state)
{
    static const char *const raws[] = {
        "Support@TIGGERSWELT.Net.",
        "\xE2\x85\xA3@xn--mnchen-3ya.de",
        "\xC3\x9F@xn--a.de",
        "\xF0\x9F\x98\x80@xn--strae-oqa.de",
        "a@xn--abc.de",
    };

    (void)state;
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        struct xs_jid once;
        struct xs_jid twice;

        assert_int_equal(xs_jid_parse(raws[i], strlen(raws[i]), &once), XS_OK);
        assert_int_equal(xs_jid_parse(once.bare, xs_jid_len(&once), &twice), XS_OK);
        assert_string_equal(once.bare, twice.bare);
    }
}

/* The short way for ASCII must give what libidn gives. */
static void jid_parse__agrees_with_libidn__on_every_ascii_character(void **state)
{
    (void)state;
    for (char c = 1; c < 0x7f; c++) {
        char raw[] = {'A', c, 'z', '@', 'b', '\0'};
        char local[64] = {'A', c, 'z', '\0'};
        struct xs_jid jid;
        int code = stringprep(local, sizeof local, 0, stringprep_xmpp_nodeprep);

        if (c == '@' || c == '/')
            continue;
        assert_int_equal(xs_jid_parse(raw, 5, &jid),
                         code == STRINGPREP_OK ? XS_OK : XS_ERROR_INVALID);
        if (code == STRINGPREP_OK)
            assert_memory_equal(jid.bare, local, 3);
    }
}

static void domain_normalise__agrees_with_libidn__on_every_ascii_character(void **state)
{
    const int flags = IDNA_USE_STD3_ASCII_RULES | IDNA_ALLOW_UNASSIGNED;
    static const char *const shapes[] = {"a?z", "?az", "az?", "a.?.z", "a?", "?"};

    (void)state;
    for (size_t shape = 0; shape < sizeof shapes / sizeof *shapes; shape++) {
        for (int c = 1; c < 0x7f; c++) {
            char raw[16];
            char domain[XS_JID_PART_MAX + 1];
            char *ascii = NULL;
            size_t len;
            int code;

            strcpy(raw, shapes[shape]);
            len = strlen(raw);
            *strchr(raw, '?') = (char)c;
            code = idna_to_ascii_8z(raw, &ascii, flags);
            if (code == IDNA_SUCCESS && strcmp(ascii, ".") == 0)
                code = IDNA_INVALID_LENGTH; /* nothing is left of it */
            assert_int_equal(xs_domain_normalise(raw, len, domain),
                             code == IDNA_SUCCESS ? XS_OK : XS_ERROR_INVALID);
            if (code == IDNA_SUCCESS)
                assert_int_equal(strncasecmp(domain, ascii, strlen(domain)), 0);
            free(ascii);
        }
    }
}

static void domain_normalise__follows__the_same_rules(void **state)
{
    char domain[XS_JID_PART_MAX + 1] = "before";

    (void)state;
    assert_int_equal(xs_domain_normalise("a@b", 3, domain), XS_ERROR_INVALID);
    assert_int_equal(xs_domain_normalise("a/b", 3, domain), XS_ERROR_INVALID);
    assert_int_equal(xs_domain_normalise("", 0, domain), XS_ERROR_INVALID);
    assert_int_equal(xs_domain_normalise(".", 1, domain), XS_ERROR_INVALID);
    assert_int_equal(xs_domain_normalise("a\0b", 3, domain), XS_ERROR_INVALID);
    assert_string_equal(domain, "before");
    assert_int_equal(xs_domain_normalise("XN--mnchen-3YA.De.", 18, domain), XS_OK);
    assert_string_equal(domain, "m\xC3\xBCnchen.de");
    assert_int_equal(xs_domain_normalise("Example.ORG", 11, domain), XS_OK);
    assert_string_equal(domain, "example.org");
}

/* All that libidn says when it has no memory; a JID that is sound must not be called malformed. */
static void jid_parse__tells__want_of_memory_from_what_is_not_a_jid(void **state)
{
    static const int local[] = {STRINGPREP_MALLOC_ERROR, STRINGPREP_ICONV_ERROR,
                                STRINGPREP_NFKC_FAILED};
    static const int domain[] = {IDNA_MALLOC_ERROR, IDNA_ICONV_ERROR};
    static const char raw[] = "\xC3\xA4@\xC3\xB6.example";
    struct xs_jid jid;

    (void)state;
    for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
        failure.stringprep = local[i];
        assert_int_equal(xs_jid_parse(raw, strlen(raw), &jid), XS_ERROR_NOMEM);
    }
    failure.stringprep = 0;
    for (size_t i = 0; i < sizeof domain / sizeof *domain; i++) {
        failure.to_ascii = domain[i];
        assert_int_equal(xs_jid_parse(raw, strlen(raw), &jid), XS_ERROR_NOMEM);
        failure.to_ascii = 0;
        failure.to_unicode = domain[i];
        assert_int_equal(xs_jid_parse(raw, strlen(raw), &jid), XS_ERROR_NOMEM);
        failure.to_unicode = 0;
    }
    failure.to_ascii = IDNA_CONTAINS_NON_LDH;
    assert_int_equal(xs_jid_parse(raw, strlen(raw), &jid), XS_ERROR_INVALID);
    failure.to_ascii = 0;
    assert_int_equal(xs_jid_parse(raw, strlen(raw), &jid), XS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jid_parse__refuses__what_begins_with_a_slash),
        cmocka_unit_test(jid_parse__fills__all_of_the_result),
        cmocka_unit_test(jid_parse__refuses__nul_anywhere),
        cmocka_unit_test(jid_parse__reads_no_byte_too_many__when_not_terminated),
        cmocka_unit_test(jid_parse__keeps__its_limits),
        cmocka_unit_test(jid_parse__measures__the_normal_form),
        cmocka_unit_test(jid_parse__bounds__a_label),
        cmocka_unit_test(jid_parse__gives__stable_forms),
        cmocka_unit_test(jid_parse__agrees_with_libidn__on_every_ascii_character),
        cmocka_unit_test(domain_normalise__agrees_with_libidn__on_every_ascii_character),
        cmocka_unit_test(domain_normalise__follows__the_same_rules),
        cmocka_unit_test(jid_parse__tells__want_of_memory_from_what_is_not_a_jid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
