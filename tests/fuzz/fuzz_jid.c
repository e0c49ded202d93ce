/*
 * JIDs. The input is a raw JID.
 *
 * What comes out is compared with what libidn makes of the same parts when it is asked for every
 * character, without the short way for ASCII.
 */
#include <idna.h>
#include <stdlib.h>
#include <string.h>
#include <stringprep.h>

#include "fuzz.h"
#include "jid.h"

/* Bytes of any normal form: NFKC makes at most 18 characters of one. */
#define FORM_SIZE (32 * XS_JID_RAW_MAX)

#define IDNA_FLAGS (IDNA_USE_STD3_ASCII_RULES | IDNA_ALLOW_UNASSIGNED)

static bool libidn_local(const char *raw, char form[FORM_SIZE])
{
    strcpy(form, raw);
    return stringprep(form, FORM_SIZE, 0, stringprep_xmpp_nodeprep) == STRINGPREP_OK;
}

static void lower(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
    }
}

static bool libidn_domain(const char *raw, char form[FORM_SIZE])
{
    char *ascii = NULL;
    char *unicode = NULL;
    bool ok = idna_to_ascii_8z(raw, &ascii, IDNA_FLAGS) == IDNA_SUCCESS;

    if (ok && ascii[0] != '\0' && ascii[strlen(ascii) - 1] == '.')
        ascii[strlen(ascii) - 1] = '\0';
    if (ok)
        lower(ascii);
    ok = ok && idna_to_unicode_8z8z(ascii, &unicode, IDNA_FLAGS) == IDNA_SUCCESS;
    if (ok)
        strcpy(form, unicode);
    free(ascii);
    free(unicode);
    return ok;
}

typedef bool normalise_fn(const char *raw, char form[FORM_SIZE]);

/* Normalises until nothing changes; false if it is refused, empty, too long or does not settle. */
static bool settles(normalise_fn *normalise, const char *raw, char form[FORM_SIZE])
{
    static char again[FORM_SIZE];

    return normalise(raw, form) && form[0] != '\0' && strlen(form) <= XS_JID_PART_MAX &&
           normalise(form, again) && strcmp(form, again) == 0;
}

/* What libidn makes of a JID that is split as the contract has it. */
static bool libidn_parse(const char *raw, char local[FORM_SIZE], char domain[FORM_SIZE])
{
    char *bare = strndup(raw, strcspn(raw, "/"));
    char *at = bare != NULL ? strchr(bare, '@') : NULL;
    bool ok = at != NULL;

    if (ok)
        *at = '\0';
    ok = ok && settles(libidn_local, bare, local) && settles(libidn_domain, at + 1, domain);
    free(bare);
    return ok;
}

static void check_form(const struct xs_jid *jid)
{
    struct xs_jid again;
    char domain[XS_JID_PART_MAX + 1];

    fuzz_check_bare_jid(jid->bare, jid->local_len, jid->domain_len);
    FUZZ_CHECK(xs_jid_len(jid) == strlen(jid->bare));
    FUZZ_CHECK(xs_jid_domain(jid) == jid->bare + jid->local_len + 1);
    FUZZ_CHECK(xs_jid_parse(jid->bare, xs_jid_len(jid), &again) == XS_OK);
    FUZZ_CHECK(strcmp(again.bare, jid->bare) == 0);
    FUZZ_CHECK(xs_domain_normalise(xs_jid_domain(jid), jid->domain_len, domain) == XS_OK);
    FUZZ_CHECK(strcmp(domain, xs_jid_domain(jid)) == 0);
}

/* A resource, short enough for the raw limit, never changes the answer. */
static void check_resource(const uint8_t *data, size_t size, enum xs_error expected,
                           const char *bare)
{
    static const char resource[] = "/r@s/\xC3\xA4";
    char raw[XS_JID_RAW_MAX];
    struct xs_jid jid;
    size_t resource_len = strlen(resource);

    if (size + resource_len > sizeof raw)
        return;
    memcpy(raw, data, size);
    memcpy(raw + size, resource, resource_len);
    FUZZ_CHECK(xs_jid_parse(raw, size + resource_len, &jid) == expected);
    FUZZ_CHECK(expected != XS_OK || strcmp(jid.bare, bare) == 0);
}

static void check_against_libidn(const char *raw, enum xs_error error, const struct xs_jid *jid)
{
    static char local[FORM_SIZE];
    static char domain[FORM_SIZE];

    if (!libidn_parse(raw, local, domain)) {
        FUZZ_CHECK(error != XS_OK);
        return;
    }
    FUZZ_CHECK(error == XS_OK);
    FUZZ_CHECK(strlen(local) == jid->local_len && memcmp(local, jid->bare, jid->local_len) == 0);
    FUZZ_CHECK(strcmp(domain, xs_jid_domain(jid)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xs_jid jid;
    struct xs_jid untouched;
    enum xs_error error;
    char *raw;

    memset(&jid, 0x5a, sizeof jid);
    untouched = jid;
    error = xs_jid_parse((const char *)data, size, &jid);
    FUZZ_CHECK(error == XS_OK || error == XS_ERROR_INVALID || error == XS_ERROR_TOO_LONG);
    if (error == XS_OK)
        check_form(&jid);
    else
        FUZZ_CHECK(memcmp(&jid, &untouched, sizeof jid) == 0);
    if (size > XS_JID_RAW_MAX) {
        FUZZ_CHECK(error == XS_ERROR_TOO_LONG);
        return 0;
    }
    raw = fuzz_take_rest(&(struct fuzz_input){data, size});
    if (strlen(raw) < size || !fuzz_is_utf8(raw, size))
        FUZZ_CHECK(error == XS_ERROR_INVALID);
    else
        check_against_libidn(raw, error, &jid);
    if (error == XS_OK)
        check_resource(data, size, error, jid.bare);
    free(raw);
    return 0;
}
