/*
 * steer.h: how a test steers a library that is preloaded into the programs.
 */
#ifndef XS_FAULTS_STEER_H
#define XS_FAULTS_STEER_H

#include <stddef.h>

/*
 * Maps the first `size` bytes of the file that the environment variable `name` names: what is
 * written there is seen at once by every process that has it. Never NULL; without such a file,
 * which is a mistake of the test, the process ends.
 */
const volatile void *steer_map(const char *name, size_t size);

#endif
