#include "error.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const error_strings[XS_ERROR_COUNT] = {
    [XS_OK] = "success",
    [XS_ERROR_NOMEM] = "out of memory",
    [XS_ERROR_INVALID] = "invalid input",
    [XS_ERROR_TOO_LONG] = "input too long",
    [XS_ERROR_NOT_FOUND] = "not found",
    [XS_ERROR_UNAVAILABLE] = "unavailable",
    [XS_ERROR_TIMEOUT] = "timed out",
    [XS_ERROR_PROTOCOL] = "protocol violation",
    [XS_ERROR_SYSTEM] = "system call failed",
};

const char *xs_error_string(enum xs_error error)
{
    if ((unsigned)error >= XS_ERROR_COUNT)
        return "unknown error";
    return error_strings[error];
}

enum xs_error xs_error_set(struct xs_error_info *info, enum xs_error code, const char *format, ...)
{
    va_list args;

    if (info == NULL || info->code != XS_OK)
        return code;
    info->code = code;
    va_start(args, format);
    if (vsnprintf(info->text, sizeof info->text, format, args) < 0)
        info->text[0] = '\0';
    va_end(args);
    return code;
}
