/*
 * presence.h: the presence of one user, as it is stored and published.
 *
 * The model has no resource, no priority and no address: what must never leave is not in it. Pure;
 * no I/O.
 */
#ifndef XS_PRESENCE_H
#define XS_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters (not bytes) of a status text at most (RFC 6120 appendix A.5). */
#define XS_STATUS_MAX_CHARS 1024

/* Bytes of a language tag at most (RFC 5646 section 4.4.1). */
#define XS_LANG_MAX 35

/* The latest instant accepted for last activity: the end of year 9999, as Unix second. */
#define XS_LAST_MAX INT64_C(253402300799)

/* Value of `last_s` when last activity is not known or not to be told. */
#define XS_LAST_UNKNOWN (-1)

/* The four values of <show/>, and none of them (RFC 6121 section 4.7.2.1). */
enum xs_show {
    XS_SHOW_NONE, /* plainly available */
    XS_SHOW_AWAY,
    XS_SHOW_CHAT,
    XS_SHOW_DND,
    XS_SHOW_XA,
    XS_SHOW_COUNT
};

/*
 * The presence of one user. The texts are borrowed: they live as long as whatever the presence was
 * made from (a Redis reply, a resource in the bot's memory), which each producer states.
 */
struct xs_presence {
    bool available;
    enum xs_show show;  /* XS_SHOW_NONE unless available */
    int64_t last_s;     /* Unix second of the last known activity, or XS_LAST_UNKNOWN */
    const char *status; /* UTF-8, not empty; NULL if there is none */
    const char *lang;   /* language tag of status; NULL if there is none */
};

/* Returns the word of a show, "away" for example; NULL for XS_SHOW_NONE and values outside. */
const char *xs_show_word(enum xs_show show);

/*
 * Finds the show of a word of `word_len` bytes, case-sensitive. Returns XS_SHOW_NONE if it is none
 * of the four.
 */
enum xs_show xs_show_from_word(const char *word, size_t word_len);

/* Ranks shows by how reachable the user is: 0 for chat, then available, away, xa, and 4 for dnd. */
int xs_show_rank(enum xs_show show);

/*
 * Says how many seconds ago the last activity was at `now_s` (Unix second), 0 if it lies in the
 * future. `last_s` must not be XS_LAST_UNKNOWN. XEP-0012: never negative.
 */
int64_t xs_last_elapsed_s(int64_t last_s, int64_t now_s);

/* Says whether `lang` (NUL-terminated, not NULL) has the form of a language tag (RFC 5646). */
bool xs_lang_is_well_formed(const char *lang);

#endif
