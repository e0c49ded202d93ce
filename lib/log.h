/*
 * log.h: log lines on standard error, for the programs. No other part of the library uses it.
 */
#ifndef XS_LOG_H
#define XS_LOG_H

enum xs_log_level { XS_LOG_ERROR, XS_LOG_WARNING, XS_LOG_INFO, XS_LOG_COUNT };

/* Bytes of one line at most, escapes included; the rest is cut. */
#define XS_LOG_LINE_MAX 1024

/*
 * Writes "LEVEL: TEXT\n" to standard error with one write. The text is printf-style; bytes in it
 * that are not printable ASCII come out as \xNN, so text from outside cannot forge lines. Never
 * fails visibly: there is nowhere to report it.
 */
void xs_log(enum xs_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
