/*
 * config_sections.h: the configuration file as its sections and settings, each checked by itself.
 *
 * Private to config.c, which says what they mean. Does I/O on the file only; see config_lines.h.
 */
#ifndef XS_CONFIG_SECTIONS_H
#define XS_CONFIG_SECTIONS_H

#include <stddef.h>

#include "config.h"
#include "config_strings.h"
#include "error.h"
#include "jid.h"

/* Keys of one section at most. */
#define XS_SECTION_KEYS_MAX 6

/* The keys of each kind of section, as indexes of its settings. */
enum {
    XS_KEY_REDIS_ADDRESS,
    XS_KEY_REDIS_USERNAME,
    XS_KEY_REDIS_PASSWORD_FILE,
    XS_KEY_REDIS_TIMEOUT_MS,
    XS_KEY_REDIS_SENTINEL_PASSWORD_FILE
};
enum {
    XS_KEY_FCGI_SOCKET,
    XS_KEY_FCGI_MAX_AGE_S,
    XS_KEY_FCGI_CACHE_ENTRIES,
    XS_KEY_FCGI_STREAMS,
    XS_KEY_FCGI_STREAM_JIDS,
    XS_KEY_FCGI_REPLICA_CUTOFF_S
};
enum { XS_KEY_BOT_NAME, XS_KEY_BOT_FORGET_DAYS, XS_KEY_BOT_LOCK_DIR };
enum {
    XS_KEY_DOMAIN_JID,
    XS_KEY_DOMAIN_PASSWORD_FILE,
    XS_KEY_DOMAIN_HOST,
    XS_KEY_DOMAIN_PORT,
    XS_KEY_DOMAIN_CA_FILE
};

/* The sections that can be in the file once, as indexes. */
enum {
    XS_SECTION_REDIS,
    XS_SECTION_REDIS_PROGRAM, /* and on: one for each enum xs_program */
    XS_SECTION_FCGI = XS_SECTION_REDIS_PROGRAM + XS_PROGRAM_COUNT,
    XS_SECTION_BOT,
    XS_SECTION_COUNT
};

/* One setting as found in the file. */
struct xs_setting {
    const char *text; /* owned by the sections; NULL: not given, or empty */
    int number;       /* meaningful if there is a text, and the key is of a number */
    int line;         /* 0: not given */
};

/* One section as found in the file. */
struct xs_section {
    const struct xs_key_rule *rules;  /* private */
    int line;                         /* of the header; 0: not in the file */
    char domain[XS_JID_PART_MAX + 1]; /* normalised; "" unless it is a domain's */
    struct xs_jid jid;                /* likewise, once its key has been read */
    struct xs_setting settings[XS_SECTION_KEYS_MAX];
};

/* All of the file. Zero-initialised at first; freed with xs_sections_free. */
struct xs_sections {
    struct xs_section once[XS_SECTION_COUNT];
    struct xs_section *domains; /* `domain_count` of them; NULL if none */
    size_t domain_count;
    struct xs_config_strings *strings; /* of the settings; whoever takes them leaves NULL here */
    struct xs_section *current;        /* private: NULL before the first header */
};

/*
 * Reads the file at `path` into `ret_sections`: what it holds after an error is of no use, but to
 * be freed. Numbers are in their ranges, texts are what their keys ask for, a domain's section has
 * what it needs, nothing is there twice.
 *
 * Errors, and `info`, as xs_config_load has them.
 */
enum xs_error xs_sections_read(const char *path, struct xs_sections *ret_sections,
                               struct xs_error_info *info);

/* Frees what the sections own, not `sections` itself. */
void xs_sections_free(struct xs_sections *sections);

#endif
