#include "clock.h"

#include <time.h>

int64_t xs_clock_monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t xs_clock_wall_s(void)
{
    return (int64_t)time(NULL);
}
