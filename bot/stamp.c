#include "stamp.h"

#include <string.h>
#include <time.h>

#include "presence.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads exactly `count` digits at *text, moves behind them; -1 if they are not there. */
static int read_digits(const char **text, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (!is_digit(**text))
            return -1;
        value = value * 10 + (*(*text)++ - '0');
    }
    return value;
}

static bool skip(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

/* Reads the fields up to the second; strptime would accept blanks and signs in them. */
static bool read_fields(const char **text, struct tm *tm)
{
    tm->tm_year = read_digits(text, 4) - 1900;
    if (tm->tm_year < 70 || !skip(text, '-'))
        return false;
    tm->tm_mon = read_digits(text, 2) - 1;
    if (tm->tm_mon < 0 || tm->tm_mon > 11 || !skip(text, '-'))
        return false;
    tm->tm_mday = read_digits(text, 2);
    if (tm->tm_mday < 1 || tm->tm_mday > 31 || !skip(text, 'T'))
        return false;
    tm->tm_hour = read_digits(text, 2);
    if (tm->tm_hour < 0 || tm->tm_hour > 23 || !skip(text, ':'))
        return false;
    tm->tm_min = read_digits(text, 2);
    if (tm->tm_min < 0 || tm->tm_min > 59 || !skip(text, ':'))
        return false;
    tm->tm_sec = read_digits(text, 2);
    return tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

static bool read_fraction(const char **text)
{
    if (!skip(text, '.'))
        return true;
    if (!is_digit(**text))
        return false;
    while (is_digit(**text))
        (*text)++;
    return true;
}

/* Reads Z or an offset such as -05:30, as seconds east of UTC. */
static bool read_zone(const char **text, int *ret_offset_s)
{
    int hours, minutes, sign = **text == '-' ? -1 : 1;

    if (skip(text, 'Z')) {
        *ret_offset_s = 0;
        return true;
    }
    if (!skip(text, '+') && !skip(text, '-'))
        return false;
    hours = read_digits(text, 2);
    if (hours < 0 || hours > 14 || !skip(text, ':'))
        return false;
    minutes = read_digits(text, 2);
    if (minutes < 0 || minutes > 59)
        return false;
    *ret_offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

/*
 * timegm turns the 31st of February into a day in March: that is no date. Looked at without the
 * time of day, as a leap second may rightly end on the next day.
 */
static bool is_date(const struct tm *tm)
{
    struct tm date = {.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday};

    (void)timegm(&date);
    return date.tm_mday == tm->tm_mday;
}

bool xs_stamp_parse(const char *text, int64_t *ret_s)
{
    struct tm tm;
    int offset_s;
    int64_t value;

    memset(&tm, 0, sizeof(tm));
    if (text == NULL || !read_fields(&text, &tm) || !read_fraction(&text) ||
        !read_zone(&text, &offset_s) || *text != '\0' || !is_date(&tm))
        return false;
    value = (int64_t)timegm(&tm);
    value -= offset_s;
    if (value < 0 || value > XS_LAST_MAX)
        return false;
    *ret_s = value;
    return true;
}
