/*
 * xmpp-status-ctl: publish flags and their effect, for operators and panels. See
 * xmpp-status-ctl(8).
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "command.h"
#include "config.h"
#include "ctl.h"
#include "log.h"
#include "options.h"
#include "secret.h"

enum { EXIT_USAGE = 2 };

static int usage(void)
{
    (void)fputs("usage: xmpp-status-ctl [-c file] command [--json] [argument ...]\n"
                "       xmpp-status-ctl [-c file] -t\n"
                "       xmpp-status-ctl -V\n"
                "commands:\n"
                "  publish [-o status,nolast] JID|DOMAIN ...   show presence to everybody\n"
                "  block JID|DOMAIN ...                        show it to nobody\n"
                "  unset JID|DOMAIN ...                        remove the flag\n"
                "  forget JID ...                              erase flag and record\n"
                "  show JID ...                                the answer, and why\n"
                "  list DOMAIN                                 all flags\n"
                "  check DOMAIN                                what does not do what was meant\n"
                "  domains                                     all domains that have flags\n"
                "  normalise JID|DOMAIN ...                    how they are spelled in Redis\n"
                "The argument - stands for standard input, one JID or DOMAIN per line.\n",
                stderr);
    return EXIT_USAGE;
}

/* Which targets a command takes. */
static enum xs_target_kind kinds_of(enum xs_verb verb)
{
    switch (verb) {
    case XS_VERB_FORGET:
    case XS_VERB_SHOW:
        return XS_TARGET_USER;
    case XS_VERB_CHECK:
    case XS_VERB_LIST:
        return XS_TARGET_DOMAIN;
    default:
        return XS_TARGET_ANY;
    }
}

/* Takes all operands, and standard input in the place of each "-". */
static enum xs_error read_targets(const struct xs_command *command, struct xs_targets *targets,
                                  struct xs_error_info *info)
{
    enum xs_target_kind kinds = kinds_of(command->verb);
    enum xs_error error = XS_OK;

    for (int i = 0; error == XS_OK && i < command->operand_count; i++) {
        const char *operand = command->operands[i];

        if (strcmp(operand, "-") == 0)
            error = xs_targets_read(targets, kinds, stdin);
        else
            error = xs_targets_add(targets, kinds, operand, strlen(operand));
    }
    if (error == XS_ERROR_SYSTEM)
        return xs_error_set(info, error, "cannot read standard input: %s", strerror(errno));
    if (error == XS_ERROR_TOO_LONG)
        return xs_error_set(info, error, "more than %d JIDs in one call", XS_TARGETS_MAX);
    return error == XS_OK ? XS_OK : xs_error_set(info, error, "%s", xs_error_string(error));
}

/* Tells which targets are not valid, and why. */
static void print_refused(struct xs_out *out, const struct xs_targets *targets)
{
    cJSON *list = xs_out_list(out, xs_out_root(out), "refused");

    for (size_t i = 0; i < targets->refused.count; i++) {
        const struct xs_entry *entry = &targets->refused.items[i];
        cJSON *item = xs_out_item(out, list);

        xs_log(XS_LOG_ERROR, "\"%.*s\": %s", (int)entry->name_len, entry->name, entry->value);
        xs_out_text(out, item, "given", entry->name, entry->name_len);
        xs_out_text(out, item, "why", entry->value, entry->value_len);
    }
}

static enum xs_error run_command(struct xs_ctl *ctl, const struct xs_command *command,
                                 const struct xs_targets *targets)
{
    switch (command->verb) {
    case XS_VERB_PUBLISH:
        return xs_ctl_set(ctl, targets, command->flag);
    case XS_VERB_BLOCK:
        return xs_ctl_set(ctl, targets, "no");
    case XS_VERB_UNSET:
        return xs_ctl_set(ctl, targets, NULL);
    case XS_VERB_FORGET:
        return xs_ctl_forget(ctl, targets);
    case XS_VERB_SHOW:
        return xs_ctl_show(ctl, targets);
    case XS_VERB_LIST:
        return xs_ctl_list(ctl, targets->items);
    case XS_VERB_CHECK:
        return xs_ctl_check(ctl, targets->items);
    case XS_VERB_DOMAINS:
        return xs_ctl_domains(ctl);
    case XS_VERB_NORMALISE:
        return xs_ctl_normalise(ctl, targets);
    case XS_VERB_COUNT:
        break;
    }
    return XS_ERROR_INVALID;
}

/* Checks all targets, then does what the command says. The connection to Redis is the caller's. */
static enum xs_error check_and_run(const struct xs_config *config, const struct xs_command *command,
                                   struct xs_ctl *ctl, struct xs_targets *targets)
{
    enum xs_error error = XS_ERROR_NOMEM;

    ctl->redis = xs_redis_new(&config->redis[XS_PROGRAM_CTL]);
    if (ctl->redis != NULL)
        error = read_targets(command, targets, ctl->info);
    if (error != XS_OK)
        return error;
    if (targets->refused_count > 0) {
        print_refused(ctl->out, targets);
        return xs_error_set(ctl->info, XS_ERROR_INVALID, "%zu not valid: nothing was done",
                            targets->refused_count);
    }
    if (targets->count == 0 && command->verb != XS_VERB_DOMAINS)
        return xs_error_set(ctl->info, XS_ERROR_INVALID, "no JID was given: nothing was done");
    if (targets->count > 1 && kinds_of(command->verb) == XS_TARGET_DOMAIN)
        return xs_error_set(ctl->info, XS_ERROR_INVALID, "only one domain at a time");
    return run_command(ctl, command, targets);
}

static int run(const struct xs_config *config, const struct xs_command *command)
{
    struct xs_error_info info = {.code = XS_OK};
    struct xs_out out;
    struct xs_ctl ctl = {.out = &out, .info = &info, .now_s = xs_clock_wall_s()};
    struct xs_targets targets = {.items = NULL};
    enum xs_error error = xs_secret_guard_process();
    int exit_code = EXIT_FAILURE;

    if (error != XS_OK)
        xs_error_set(&info, error, "cannot prepare the process: %s", strerror(errno));
    xs_out_start(&out, stdout, command->json);
    if (error == XS_OK)
        error = check_and_run(config, command, &ctl, &targets);
    if (error != XS_OK) {
        xs_error_set(&info, error, "%s", xs_error_string(error));
        xs_log(XS_LOG_ERROR, "%s", info.text);
        if (targets.refused_count == 0)
            xs_out_restart(&out); /* half a result is none */
        xs_out_text(&out, xs_out_root(&out), "error", info.text, strlen(info.text));
    } else if (!ctl.refused) {
        exit_code = EXIT_SUCCESS;
    }
    error = xs_out_finish(&out);
    if (error != XS_OK) {
        xs_log(XS_LOG_ERROR, "cannot write the output: %s",
               error == XS_ERROR_SYSTEM ? strerror(errno) : xs_error_string(error));
        exit_code = EXIT_FAILURE;
    }
    xs_targets_free(&targets);
    xs_redis_free(ctl.redis);
    return exit_code;
}

int main(int argc, char *argv[])
{
    struct xs_options options;
    struct xs_command command = {.json = false};
    struct xs_config *config = NULL;
    struct xs_error_info info = {.code = XS_OK};
    int exit_code = EXIT_SUCCESS;

    if (!xs_options_parse(argc, argv, &options))
        return usage();
    if (options.version)
        return puts("xmpp-status-ctl " XS_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (options.check ? options.operand != argc : options.operand == argc)
        return usage();
    if (!options.check && xs_command_parse(argc - options.operand, argv + options.operand, &command,
                                           &info) != XS_OK) {
        xs_log(XS_LOG_ERROR, "%s", info.text);
        return usage();
    }
    if (xs_config_load(options.config_path, &config, &info) != XS_OK) {
        xs_log(XS_LOG_ERROR, "%s", info.text);
        return EXIT_FAILURE;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a peer or a reader that went away must not kill us */
    if (options.check)
        xs_log(XS_LOG_INFO, "%s: the configuration is valid", options.config_path);
    else
        exit_code = run(config, &command);
    xs_config_free(config);
    return exit_code;
}
