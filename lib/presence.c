#include "presence.h"

#include <string.h>

static const char *const show_words[XS_SHOW_COUNT] = {
    [XS_SHOW_NONE] = NULL, [XS_SHOW_AWAY] = "away", [XS_SHOW_CHAT] = "chat",
    [XS_SHOW_DND] = "dnd", [XS_SHOW_XA] = "xa",
};

static const int show_ranks[XS_SHOW_COUNT] = {
    [XS_SHOW_CHAT] = 0, [XS_SHOW_NONE] = 1, [XS_SHOW_AWAY] = 2, [XS_SHOW_XA] = 3, [XS_SHOW_DND] = 4,
};

const char *xs_show_word(enum xs_show show)
{
    if ((unsigned)show >= XS_SHOW_COUNT)
        return NULL;
    return show_words[show];
}

enum xs_show xs_show_from_word(const char *word, size_t word_len)
{
    for (int show = XS_SHOW_NONE + 1; show < XS_SHOW_COUNT; show++) {
        if (strlen(show_words[show]) == word_len && memcmp(show_words[show], word, word_len) == 0)
            return (enum xs_show)show;
    }
    return XS_SHOW_NONE;
}

int xs_show_rank(enum xs_show show)
{
    if ((unsigned)show >= XS_SHOW_COUNT)
        show = XS_SHOW_NONE;
    return show_ranks[show];
}

int64_t xs_last_elapsed_s(int64_t last_s, int64_t now_s)
{
    return last_s < now_s ? now_s - last_s : 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_letter_or_digit(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* Counts the bytes of the subtag at `text`; 0 if it has a byte that no subtag may have. */
static size_t subtag_len(const char *text, bool letters_only)
{
    size_t len = strcspn(text, "-");

    for (size_t i = 0; i < len; i++) {
        if (!(letters_only ? is_letter(text[i]) : is_letter_or_digit(text[i])))
            return 0;
    }
    return len;
}

/*
 * The shape that all tags share (RFC 5646 section 2.1): subtags of 1 to 8 letters and digits, the
 * first of letters; a single one announces others ("x-klingon", "de-x-dialect"), so it cannot be
 * the last. What the subtags mean is the registry's business.
 */
bool xs_lang_is_well_formed(const char *lang)
{
    const char *subtag = lang;

    if (strlen(lang) > XS_LANG_MAX)
        return false;
    for (;;) {
        size_t len = subtag_len(subtag, subtag == lang);

        if (len < 1 || len > 8)
            return false;
        if (subtag == lang && len == 1 && strchr("xXiI", subtag[0]) == NULL)
            return false;
        if (subtag[len] == '\0')
            return len > 1;
        subtag += len + 1;
    }
}
