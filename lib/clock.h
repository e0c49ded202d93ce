/*
 * clock.h: what time it is, for the programs, and for deadlines. Everything pure gets the time as a
 * parameter.
 */
#ifndef XS_CLOCK_H
#define XS_CLOCK_H

#include <stdint.h>

/* Returns milliseconds of a clock that never jumps, for pauses and deadlines. */
int64_t xs_clock_monotonic_ms(void);

/* Returns microseconds of the same clock, for how long something takes. */
int64_t xs_clock_monotonic_us(void);

/* Returns the Unix second of the wall clock, for what others read, and for what they wrote. */
int64_t xs_clock_wall_s(void);

#endif
