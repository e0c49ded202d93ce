/*
 * clock.c: a library to preload: the wall clock, set off by what a file says.
 *
 * XS_CLOCK_FILE names a file of eight bytes, an int64_t of seconds, which is mapped: who writes
 * there sets the clock of every process that has it, at once. All other clocks are left alone, as
 * they are when an operator sets the time. (libfaketime does not get along with jemalloc, which
 * Redis uses.)
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "steer.h"

static const int64_t none;
static const volatile int64_t *offset_s = &none;

__attribute__((constructor)) static void map_file(void)
{
    offset_s = steer_map("XS_CLOCK_FILE", sizeof(int64_t));
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, clock, now);

    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *offset_s;
    return (int)result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact) != 0)
        return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *ret_now)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    if (ret_now != NULL)
        *ret_now = now.tv_sec;
    return now.tv_sec;
}
