/*
 * config.h: the configuration file, read with inih and validated whole.
 *
 * One INI file serves all programs. Reading it opens nothing that it names. Does I/O on the file
 * only, and asks for the host name. inih has global settings: load in one thread at a time.
 */
#ifndef XS_CONFIG_H
#define XS_CONFIG_H

#include "error.h"
#include "jid.h"
#include "redis_config.h"
#include "sentinel_config.h"

#define XS_CONFIG_DEFAULT_PATH "/etc/xmpp-status/xmpp-status.conf"

/* Bytes of one line at most, without the newline. */
#define XS_CONFIG_LINE_MAX 1024

/* The programs that share the file; each has its own view of [redis]. */
enum xs_program { XS_PROGRAM_FCGI, XS_PROGRAM_BOT, XS_PROGRAM_CTL, XS_PROGRAM_COUNT };

/* A [domain NAME] section: how the bot logs in. Strings are owned by the configuration. */
struct xs_domain_config {
    char domain[XS_JID_PART_MAX + 1]; /* normalised */
    struct xs_jid jid;                /* the bot's account, in this domain */
    const char *password_file;        /* never NULL */
    const char *host;                 /* NULL: find the server through DNS SRV */
    int port;                         /* 1..65535, default 5222; used only with host */
    const char *ca_file;              /* NULL: the system's certificate authorities */
    int line;                         /* of the section's first key, for messages */
};

/* A whole, valid configuration. Opaque parts are owned by it. */
struct xs_config {
    struct xs_redis_config redis[XS_PROGRAM_COUNT];
    struct xs_sentinel_config sentinel[XS_PROGRAM_COUNT]; /* pointed to by those that use them */
    const char *fcgi_socket;          /* path, default /run/xmpp-status/fcgi.sock */
    int max_age_s;                    /* 0..86400, default 1 */
    int cache_entries;                /* 0..10000000, default 100000; 0: ask Redis each time */
    int streams;                      /* 0..100000, default 1000; 0: none at all */
    int stream_jids;                  /* of one stream: 1..100, default 100 */
    int replica_cutoff_s;             /* 4..3600, default 5 */
    const char *bot_name;             /* for the lease; default the host name. No space or '/' */
    int forget_days;                  /* 1..3650, default 180 */
    const char *lock_dir;             /* for the bots' lock files, default /run/xmpp-status-bot */
    struct xs_domain_config *domains; /* `domain_count` of them; may be NULL if none */
    size_t domain_count;
    struct xs_config_strings *strings; /* private */
};

/*
 * Reads and validates the file at `path`. On success `ret_config` is owned by the caller and freed
 * with xs_config_free.
 *
 * Errors: XS_ERROR_NOT_FOUND (cannot be opened or read), XS_ERROR_INVALID (syntax, an unknown or
 * repeated key, a value out of its range, a missing key), XS_ERROR_TOO_LONG (a line over
 * XS_CONFIG_LINE_MAX), XS_ERROR_NOMEM. `info`, if not NULL, then holds "FILE:LINE: KEY: why" for
 * the first problem in the file. On failure `ret_config` is untouched.
 */
enum xs_error xs_config_load(const char *path, struct xs_config **ret_config,
                             struct xs_error_info *info);

/* Frees a configuration. NULL is allowed. */
void xs_config_free(struct xs_config *config);

/*
 * Finds the section of a domain; `domain` is normalised and NUL-terminated. Borrowed from `config`.
 * NULL if there is none.
 */
const struct xs_domain_config *xs_config_domain(const struct xs_config *config, const char *domain);

#endif
