#include "options.h"

#include <unistd.h>

#include "config.h"

bool xs_options_parse(int argc, char *argv[], struct xs_options *ret_options)
{
    struct xs_options options = {.config_path = XS_CONFIG_DEFAULT_PATH};
    int option;

    optind = 0; /* start afresh, also if this is not the first call */
    /* "+": the first operand ends the options; what follows belongs to a command. */
    while ((option = getopt(argc, argv, "+c:tV")) != -1) {
        switch (option) {
        case 'c':
            options.config_path = optarg;
            break;
        case 't':
            options.check = true;
            break;
        case 'V':
            options.version = true;
            break;
        default:
            return false;
        }
    }
    options.operand = optind;
    *ret_options = options;
    return true;
}
