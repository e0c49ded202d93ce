/* XMPP date-times. The input is one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"
#include "presence.h"
#include "stamp.h"

/* Every second that comes out can be written as a stamp and read again. */
static void check_round_trip(int64_t value_s)
{
    time_t time = (time_t)value_s;
    struct tm tm;
    char text[40];
    int64_t again_s = -1;

    FUZZ_CHECK(gmtime_r(&time, &tm) != NULL);
    FUZZ_CHECK(strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
    FUZZ_CHECK(xs_stamp_parse(text, &again_s));
    FUZZ_CHECK(again_s == value_s);
}

/* The 30th of February is no date, at whatever time of day. */
static void check_date(const struct tm *given)
{
    struct tm date;

    memset(&date, 0, sizeof date);
    date.tm_year = given->tm_year;
    date.tm_mon = given->tm_mon;
    date.tm_mday = given->tm_mday;
    (void)timegm(&date);
    FUZZ_CHECK(date.tm_mon == given->tm_mon && date.tm_mday == given->tm_mday);
}

/* The text, up to its second, names the instant that came out, but for the offset of its zone. */
static void check_fields(const char *text, int64_t value_s)
{
    struct tm tm;
    int64_t local_s;

    memset(&tm, 0, sizeof tm);
    FUZZ_CHECK(strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) != NULL);
    check_date(&tm);
    local_s = timegm(&tm);
    FUZZ_CHECK(local_s - value_s <= 15 * 3600 && value_s - local_s <= 15 * 3600);
    FUZZ_CHECK(text[strlen(text) - 1] != 'Z' || local_s == value_s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_take_rest(&(struct fuzz_input){data, size});
    int64_t value_s = INT64_MIN;

    if (xs_stamp_parse(text, &value_s)) {
        FUZZ_CHECK(value_s >= 0 && value_s <= XS_LAST_MAX);
        FUZZ_CHECK(strspn(text, "0123456789-+:.TZ") == strlen(text));
        check_round_trip(value_s);
        check_fields(text, value_s);
    } else {
        FUZZ_CHECK(value_s == INT64_MIN);
    }
    free(text);
    return 0;
}
