/*
 * options.h: the command line that the programs have in common: -c FILE, -t, -V.
 */
#ifndef XS_OPTIONS_H
#define XS_OPTIONS_H

#include <stdbool.h>

/* What the command line said. Strings are borrowed from argv. */
struct xs_options {
    const char *config_path; /* never NULL */
    bool check;              /* -t: check the configuration and exit */
    bool version;            /* -V: print the version and exit */
    int operand;             /* index in argv of the first operand */
};

/*
 * Parses `argc` and `argv` as main gets them. Returns true and fills `ret_options`; false if an
 * option is unknown or lacks its argument (getopt has said so on standard error).
 */
bool xs_options_parse(int argc, char *argv[], struct xs_options *ret_options);

#endif
