/*
 * command.h: the words behind the program's own options: the command, its options, its operands.
 *
 * Pure but for getopt's globals; no I/O.
 */
#ifndef XS_COMMAND_H
#define XS_COMMAND_H

#include <stdbool.h>

#include "error.h"
#include "publish.h"

enum xs_verb {
    XS_VERB_BLOCK,
    XS_VERB_CHECK,
    XS_VERB_DOMAINS,
    XS_VERB_FORGET,
    XS_VERB_LIST,
    XS_VERB_NORMALISE,
    XS_VERB_PUBLISH,
    XS_VERB_SHOW,
    XS_VERB_UNSET,
    XS_VERB_COUNT
};

/* What is to be done. Operands are borrowed from argv. */
struct xs_command {
    enum xs_verb verb;
    bool json;                           /* --json */
    char flag[XS_PUBLISH_VALUE_MAX + 1]; /* of publish: the value to write, "yes status" */
    char **operands;
    int operand_count; /* right for the verb */
};

/*
 * Parses the command in `argv`, `argc` words, whose first is its name. argv must end with NULL, as
 * main's does; options and operands may be in any order, so words can change places. Returns XS_OK,
 * or XS_ERROR_INVALID if it is not a command or not used rightly; `info` then says why.
 */
enum xs_error xs_command_parse(int argc, char *argv[], struct xs_command *ret_command,
                               struct xs_error_info *info);

#endif
