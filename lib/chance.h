/*
 * chance.h: numbers that nobody can foresee, for spreading things in time. Never waits: early in
 * the start of a machine, when the kernel has no randomness yet, there is none. Not for secrets.
 */
#ifndef XS_CHANCE_H
#define XS_CHANCE_H

#include <stdint.h>

/* Returns a number from 0 to `bound` - 1, `bound` at least 1; 0 if there is no randomness. */
uint32_t xs_chance_below(uint32_t bound);

#endif
