/*
 * xmpp-status-bot: writes the presence of one domain's users to Redis.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <unistd.h>

#include "bot.h"
#include "config.h"
#include "lock.h"
#include "log.h"
#include "options.h"
#include "secret.h"

#define EXIT_USAGE 2

/* How long one turn waits for the server: bounds how late a signal or a timer is noticed. */
#define TURN_MS 50

static volatile sig_atomic_t stop_requested;

static void on_stop(int signal)
{
    (void)signal;
    stop_requested = 1;
}

static void set_up_signals(void)
{
    struct sigaction stop = {.sa_handler = on_stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* a broken TLS or Redis socket must not kill us */
    sigaction(SIGHUP, &ignore, NULL);  /* nor who takes it for a request to reload */
}

/* Runs until a signal asks to stop. Returns the exit status. */
static int serve(const struct xs_config *config, const struct xs_domain_config *domain)
{
    struct xs_error_info info = {.code = XS_OK};
    struct xs_bot *bot = NULL;
    int lock_fd = -1;
    int status = EXIT_FAILURE;

    if (xs_lock_take(config->lock_dir, domain->domain, config->bot_name, &lock_fd, &info) !=
        XS_OK) {
        xs_log(XS_LOG_ERROR, "%s", info.text);
        return EXIT_FAILURE;
    }
    xmpp_initialize();
    bot = xs_bot_new(config, domain);
    if (bot == NULL) {
        xs_log(XS_LOG_ERROR, "%s: no memory or no randomness", domain->domain);
        goto out;
    }
    xs_log(XS_LOG_INFO, "%s: started as %s", domain->domain, domain->jid.bare);
    while (!stop_requested)
        xs_bot_turn(bot, TURN_MS);
    xs_bot_stop(bot);
    xs_log(XS_LOG_INFO, "%s: stopped", domain->domain);
    status = EXIT_SUCCESS;
out:
    xs_bot_free(bot);
    xmpp_shutdown();
    close(lock_fd);
    return status;
}

/* Finds the section of the domain on the command line; says why there is none. */
static const struct xs_domain_config *find_domain(const struct xs_config *config, const char *path,
                                                  const char *raw)
{
    char name[XS_JID_PART_MAX + 1];
    const struct xs_domain_config *domain;

    if (xs_domain_normalise(raw, strlen(raw), name) != XS_OK) {
        xs_log(XS_LOG_ERROR, "%s is not a domain", raw);
        return NULL;
    }
    domain = xs_config_domain(config, name);
    if (domain == NULL)
        xs_log(XS_LOG_ERROR, "%s: there is no section [domain %s]", path, name);
    return domain;
}

static int usage(void)
{
    fputs("usage: xmpp-status-bot [-c FILE] DOMAIN\n"
          "       xmpp-status-bot [-c FILE] -t [DOMAIN]\n"
          "       xmpp-status-bot -V\n",
          stderr);
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    struct xs_options options;
    struct xs_error_info info = {.code = XS_OK};
    struct xs_config *config = NULL;
    const struct xs_domain_config *domain = NULL;
    int status = EXIT_FAILURE;
    int operands;

    if (!xs_options_parse(argc, argv, &options))
        return usage();
    if (options.version) {
        puts("xmpp-status-bot " XS_VERSION);
        return EXIT_SUCCESS;
    }
    operands = argc - options.operand;
    if (operands > 1 || (operands == 0 && !options.check))
        return usage();
    if (xs_config_load(options.config_path, &config, &info) != XS_OK) {
        xs_log(XS_LOG_ERROR, "%s", info.text);
        goto out;
    }
    if (operands == 1) {
        domain = find_domain(config, options.config_path, argv[options.operand]);
        if (domain == NULL)
            goto out;
    }
    if (options.check) {
        status = EXIT_SUCCESS;
        goto out;
    }
    set_up_signals();
    if (xs_secret_guard_process() == XS_OK)
        status = serve(config, domain);
    else
        xs_log(XS_LOG_ERROR, "cannot prepare the process: %s", strerror(errno));
out:
    xs_config_free(config);
    return status;
}
