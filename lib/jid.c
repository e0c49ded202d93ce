#include "jid.h"

#include <idna.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <stringprep.h>

#include "text.h"

/* Bytes of a DNS label at most (RFC 1035 section 2.3.4). */
#define LABEL_MAX 63

/* What nodeprep forbids of ASCII's printable characters (RFC 6122 section A.5). */
#define LOCAL_FORBIDDEN "\"&'/:<>@"

#define IDNA_FLAGS (IDNA_USE_STD3_ASCII_RULES | IDNA_ALLOW_UNASSIGNED)

/* A part of a JID while it is made. */
struct part {
    size_t len;
    char bytes[XS_JID_PART_MAX + 1];
};

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Takes over `len` bytes as the normalised part, if they have a length that a part may have. */
static enum xs_error part_set(struct part *part, const char *bytes, size_t len)
{
    if (len == 0)
        return XS_ERROR_INVALID;
    if (len > XS_JID_PART_MAX)
        return XS_ERROR_TOO_LONG;
    memcpy(part->bytes, bytes, len);
    part->bytes[len] = '\0';
    part->len = len;
    return XS_OK;
}

/* What nodeprep comes to for ASCII: fold the case, forbid a few characters. */
static enum xs_error local_normalise_ascii(const char *raw, size_t raw_len, struct part *ret_part)
{
    enum xs_error error = part_set(ret_part, raw, raw_len);

    for (size_t i = 0; error == XS_OK && i < raw_len; i++) {
        if (raw[i] <= ' ' || raw[i] == 0x7f || strchr(LOCAL_FORBIDDEN, raw[i]) != NULL)
            return XS_ERROR_INVALID;
        ret_part->bytes[i] = ascii_lower(raw[i]);
    }
    return error;
}

static enum xs_error local_normalise_unicode(const char *raw, size_t raw_len, struct part *ret_part)
{
    char buffer[XS_JID_RAW_MAX + 1];

    memcpy(buffer, raw, raw_len);
    buffer[raw_len] = '\0';
    /* No flags: unassigned code points pass. */
    switch (stringprep(buffer, sizeof buffer, 0, stringprep_xmpp_nodeprep)) {
    case STRINGPREP_OK:
        return part_set(ret_part, buffer, strlen(buffer));
    case STRINGPREP_TOO_SMALL_BUFFER:
        return XS_ERROR_TOO_LONG;
    case STRINGPREP_MALLOC_ERROR:
    case STRINGPREP_ICONV_ERROR: /* of UTF-8 that is valid, only for want of memory; so the next */
    case STRINGPREP_NFKC_FAILED:
        return XS_ERROR_NOMEM;
    default:
        return XS_ERROR_INVALID;
    }
}

/*
 * Normalises the domain as IDNA's ToASCII leaves letters, digits and hyphens. `ret_plain` is false
 * if a label starts with "xn--": such a label has to be decoded by IDNA.
 */
static enum xs_error domain_normalise_ascii(const char *raw, size_t raw_len, struct part *ret_part,
                                            bool *ret_plain)
{
    size_t len = raw_len > 0 && raw[raw_len - 1] == '.' ? raw_len - 1 : raw_len;
    enum xs_error error = part_set(ret_part, raw, len);
    size_t label = 0;
    bool plain = true;

    for (size_t i = 0; error == XS_OK && i <= len; i++) {
        char c = i < len ? ascii_lower(ret_part->bytes[i]) : '.';

        if (c == '.') {
            const char *start = ret_part->bytes + label;
            size_t label_len = i - label;

            if (label_len == 0 || label_len > LABEL_MAX || start[0] == '-' ||
                start[label_len - 1] == '-')
                return XS_ERROR_INVALID;
            if (label_len >= 4 && memcmp(start, "xn--", 4) == 0)
                plain = false;
            label = i + 1;
        } else if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') {
            return XS_ERROR_INVALID;
        }
        if (i < len)
            ret_part->bytes[i] = c;
    }
    if (error == XS_OK)
        *ret_plain = plain;
    return error;
}

/* As what is converted is valid UTF-8, a conversion fails only for want of memory. */
static enum xs_error error_from_idna(int code)
{
    return code == IDNA_MALLOC_ERROR || code == IDNA_ICONV_ERROR ? XS_ERROR_NOMEM
                                                                 : XS_ERROR_INVALID;
}

static enum xs_error domain_normalise_idna(const char *raw, size_t raw_len, struct part *ret_part)
{
    char buffer[XS_JID_RAW_MAX + 1];
    char *ascii = NULL;
    char *unicode = NULL;
    size_t ascii_len;
    enum xs_error error;
    int code;

    memcpy(buffer, raw, raw_len);
    buffer[raw_len] = '\0';
    code = idna_to_ascii_8z(buffer, &ascii, IDNA_FLAGS);
    if (code != IDNA_SUCCESS) {
        error = error_from_idna(code);
        goto out;
    }
    /* The final dot goes only now, when it is a plain dot: IDNA knows three others. */
    ascii_len = strlen(ascii);
    if (ascii_len > 0 && ascii[ascii_len - 1] == '.')
        ascii[--ascii_len] = '\0';
    for (size_t i = 0; i < ascii_len; i++)
        ascii[i] = ascii_lower(ascii[i]);
    code = idna_to_unicode_8z8z(ascii, &unicode, IDNA_FLAGS);
    if (code != IDNA_SUCCESS) {
        error = error_from_idna(code);
        goto out;
    }
    error = part_set(ret_part, unicode, strlen(unicode));
out:
    free(ascii);
    free(unicode);
    return error;
}

/* Two ways to the same part must meet, or a JID would have two names in Redis. */
static enum xs_error parts_compare(const struct part *first, const struct part *second)
{
    if (first->len != second->len || memcmp(first->bytes, second->bytes, first->len) != 0)
        return XS_ERROR_INVALID;
    return XS_OK;
}

static enum xs_error local_normalise(const char *raw, size_t raw_len, struct part *ret_part)
{
    struct part again;
    enum xs_error error;

    if (xs_text_is_ascii(raw, raw_len))
        return local_normalise_ascii(raw, raw_len, ret_part);
    error = local_normalise_unicode(raw, raw_len, ret_part);
    if (error == XS_OK)
        error = local_normalise_unicode(ret_part->bytes, ret_part->len, &again);
    if (error == XS_OK)
        error = parts_compare(ret_part, &again);
    return error;
}

static enum xs_error domain_normalise(const char *raw, size_t raw_len, struct part *ret_part)
{
    struct part again;
    enum xs_error error;
    bool plain = false;

    if (xs_text_is_ascii(raw, raw_len)) {
        error = domain_normalise_ascii(raw, raw_len, ret_part, &plain);
        if (error != XS_OK || plain)
            return error;
    }
    error = domain_normalise_idna(raw, raw_len, ret_part);
    if (error == XS_OK)
        error = domain_normalise_idna(ret_part->bytes, ret_part->len, &again);
    if (error == XS_OK)
        error = parts_compare(ret_part, &again);
    return error;
}

/* What no JID and no domain may be, whatever its parts say. */
static enum xs_error raw_check(const char *raw, size_t raw_len)
{
    if (raw_len > XS_JID_RAW_MAX)
        return XS_ERROR_TOO_LONG;
    if (raw_len == 0 || memchr(raw, '\0', raw_len) != NULL || !xs_text_is_utf8(raw, raw_len))
        return XS_ERROR_INVALID;
    return XS_OK;
}

enum xs_error xs_jid_parse(const char *raw, size_t raw_len, struct xs_jid *ret_jid)
{
    struct part local;
    struct part domain;
    const char *slash;
    const char *at;
    size_t bare_len;
    enum xs_error error = raw_check(raw, raw_len);

    if (error != XS_OK)
        return error;
    slash = memchr(raw, '/', raw_len);
    bare_len = slash != NULL ? (size_t)(slash - raw) : raw_len;
    at = memchr(raw, '@', bare_len);
    if (at == NULL)
        return XS_ERROR_INVALID;
    error = local_normalise(raw, (size_t)(at - raw), &local);
    if (error == XS_OK)
        error = domain_normalise(at + 1, bare_len - (size_t)(at + 1 - raw), &domain);
    if (error != XS_OK)
        return error;
    memcpy(ret_jid->bare, local.bytes, local.len);
    ret_jid->bare[local.len] = '@';
    memcpy(ret_jid->bare + local.len + 1, domain.bytes, domain.len + 1);
    ret_jid->local_len = local.len;
    ret_jid->domain_len = domain.len;
    return XS_OK;
}

const char *xs_jid_domain(const struct xs_jid *jid)
{
    return jid->bare + jid->local_len + 1;
}

size_t xs_jid_len(const struct xs_jid *jid)
{
    return jid->local_len + 1 + jid->domain_len;
}

enum xs_error xs_domain_normalise(const char *raw, size_t raw_len,
                                  char ret_domain[XS_JID_PART_MAX + 1])
{
    struct part domain;
    enum xs_error error = raw_check(raw, raw_len);

    if (error == XS_OK)
        error = domain_normalise(raw, raw_len, &domain);
    if (error == XS_OK)
        memcpy(ret_domain, domain.bytes, domain.len + 1);
    return error;
}
