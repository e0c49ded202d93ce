#include "command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define ANY_NUMBER (-1)

/* The commands and how many operands each takes. */
static const struct {
    const char *name;
    int operands_min;
    int operands_max;
} verbs[XS_VERB_COUNT] = {
    [XS_VERB_BLOCK] = {"block", 1, ANY_NUMBER},
    [XS_VERB_CHECK] = {"check", 1, 1},
    [XS_VERB_DOMAINS] = {"domains", 0, 0},
    [XS_VERB_FORGET] = {"forget", 1, ANY_NUMBER},
    [XS_VERB_LIST] = {"list", 1, 1},
    [XS_VERB_NORMALISE] = {"normalise", 1, ANY_NUMBER},
    [XS_VERB_PUBLISH] = {"publish", 1, ANY_NUMBER},
    [XS_VERB_SHOW] = {"show", 1, ANY_NUMBER},
    [XS_VERB_UNSET] = {"unset", 1, ANY_NUMBER},
};

static const struct option long_options[] = {
    {"json", no_argument, NULL, 'j'},
    {"options", required_argument, NULL, 'o'},
    {NULL, 0, NULL, 0},
};

static enum xs_error find_verb(const char *name, enum xs_verb *ret_verb, struct xs_error_info *info)
{
    for (int i = 0; i < XS_VERB_COUNT; i++) {
        if (strcmp(verbs[i].name, name) == 0) {
            *ret_verb = (enum xs_verb)i;
            return XS_OK;
        }
    }
    return xs_error_set(info, XS_ERROR_INVALID, "there is no command \"%s\"", name);
}

/* Makes the flag's value of "status,nolast". The rule of what is a flag is xs_publish_parse's. */
static enum xs_error take_options(struct xs_command *command, const char *options,
                                  struct xs_error_info *info)
{
    int len;

    if (command->verb != XS_VERB_PUBLISH)
        return xs_error_set(info, XS_ERROR_INVALID, "-o belongs to publish only");
    len = snprintf(command->flag, sizeof command->flag, "yes %s", options);
    for (char *comma = strchr(command->flag, ','); comma != NULL; comma = strchr(comma, ','))
        *comma = ' ';
    if (len < 0 || (size_t)len >= sizeof command->flag ||
        xs_publish_parse(command->flag, strlen(command->flag)).setting != XS_PUBLISH_YES)
        return xs_error_set(info, XS_ERROR_INVALID,
                            "-o takes status, nolast, or both with a comma between, not \"%s\"",
                            options);
    return XS_OK;
}

static enum xs_error check_operands(const struct xs_command *command, struct xs_error_info *info)
{
    const char *name = verbs[command->verb].name;
    int max = verbs[command->verb].operands_max;

    if (command->operand_count < verbs[command->verb].operands_min)
        return xs_error_set(info, XS_ERROR_INVALID, "%s: too few arguments", name);
    if (max != ANY_NUMBER && command->operand_count > max)
        return xs_error_set(info, XS_ERROR_INVALID, "%s: too many arguments", name);
    return XS_OK;
}

enum xs_error xs_command_parse(int argc, char *argv[], struct xs_command *ret_command,
                               struct xs_error_info *info)
{
    struct xs_command command = {.flag = "yes"};
    enum xs_error error = find_verb(argv[0], &command.verb, info);
    bool has_options = false;
    int option;

    optind = 0; /* start afresh: the program's own options have been parsed before */
    opterr = 0;
    /* ":": tell a missing argument from an unknown option. */
    while (error == XS_OK && (option = getopt_long(argc, argv, ":o:", long_options, NULL)) != -1) {
        if (option == 'j')
            command.json = true;
        else if (option == 'o' && !has_options)
            error = take_options(&command, optarg, info);
        else
            error = xs_error_set(info, XS_ERROR_INVALID,
                                 "%s: \"%s\" is unknown, incomplete or "
                                 "repeated",
                                 argv[0], argv[optind - 1]);
        has_options = has_options || option == 'o';
    }
    if (error != XS_OK)
        return error;
    command.operands = argv + optind;
    command.operand_count = argc - optind;
    error = check_operands(&command, info);
    if (error == XS_OK)
        *ret_command = command;
    return error;
}
