#include "publish.h"

#include <string.h>

static bool word_is(const char *word, size_t word_len, const char *expected)
{
    return word_len == strlen(expected) && memcmp(word, expected, word_len) == 0;
}

/* Applies one option; false if it is unknown or was there before. */
static bool apply_option(struct xs_publish *publish, const char *word, size_t word_len)
{
    bool *option;

    if (word_is(word, word_len, "status"))
        option = &publish->status;
    else if (word_is(word, word_len, "nolast"))
        option = &publish->nolast;
    else
        return false;
    if (*option)
        return false;
    *option = true;
    return true;
}

struct xs_publish xs_publish_parse(const char *value, size_t value_len)
{
    const struct xs_publish no = {.setting = XS_PUBLISH_NO};
    struct xs_publish yes = {.setting = XS_PUBLISH_YES};
    size_t pos = 3;

    if (value == NULL)
        return (struct xs_publish){.setting = XS_PUBLISH_ABSENT};
    if (value_len > XS_PUBLISH_VALUE_MAX || value_len < 3 || memcmp(value, "yes", 3) != 0)
        return no;
    while (pos < value_len) {
        const char *word = value + pos + 1;
        size_t rest = value_len - pos - 1;
        const char *space = memchr(word, ' ', rest);
        size_t word_len = space != NULL ? (size_t)(space - word) : rest;

        if (value[pos] != ' ' || !apply_option(&yes, word, word_len))
            return no;
        pos += 1 + word_len;
    }
    return yes;
}

struct xs_publish xs_publish_combine(struct xs_publish domain, struct xs_publish user)
{
    struct xs_publish result;

    if (domain.setting != XS_PUBLISH_YES || user.setting == XS_PUBLISH_NO)
        return (struct xs_publish){.setting = XS_PUBLISH_NO};
    if (user.setting == XS_PUBLISH_ABSENT)
        return domain;
    result = user;
    result.nolast = user.nolast || domain.nolast;
    return result;
}
