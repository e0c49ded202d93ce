#include "clock.h"

#include <time.h>

int64_t xs_clock_monotonic_ms(void)
{
    return xs_clock_monotonic_us() / 1000;
}

int64_t xs_clock_monotonic_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t xs_clock_wall_s(void)
{
    struct timespec now;

    /* Not time(), which is some milliseconds late. */
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
    return now.tv_sec;
}
