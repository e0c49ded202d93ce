#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bytes of one escape, "\x1b". */
#define ESCAPE_LEN 4

static const char *const level_words[XS_LOG_COUNT] = {
    [XS_LOG_ERROR] = "error",
    [XS_LOG_WARNING] = "warning",
    [XS_LOG_INFO] = "info",
};

/* Appends `text` to the line, escaped, as far as whole characters fit before the newline. */
static size_t append_escaped(char line[XS_LOG_LINE_MAX], size_t len, const char *text)
{
    static const char hex[] = "0123456789abcdef";

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        size_t need = c >= 0x20 && c < 0x7f ? 1 : ESCAPE_LEN;

        if (len + need > XS_LOG_LINE_MAX - 1)
            break;
        if (need == 1) {
            line[len++] = (char)c;
            continue;
        }
        line[len++] = '\\';
        line[len++] = 'x';
        line[len++] = hex[c >> 4];
        line[len++] = hex[c & 0xf];
    }
    return len;
}

void xs_log(enum xs_log_level level, const char *format, ...)
{
    char text[XS_LOG_LINE_MAX];
    char line[XS_LOG_LINE_MAX];
    int saved_errno = errno;
    va_list args;
    size_t len;

    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    len = append_escaped(line, 0, level_words[level]);
    len = append_escaped(line, len, ": ");
    len = append_escaped(line, len, text);
    line[len++] = '\n';
    if (write(STDERR_FILENO, line, len) < 0) {
        /* There is nowhere to report it. */
    }
    errno = saved_errno;
}
