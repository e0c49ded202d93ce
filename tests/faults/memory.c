/*
 * memory.c: a library to preload: no memory for the program's own code, while a file says so.
 *
 * XS_MEMORY_FILE names a file of two bytes, which is mapped: while the first is not zero, the bot
 * gets no memory, while the second is not, no responder does. Libraries still get theirs, and so
 * does whoever asks with malloc, as the program does on behalf of a library: not all of them
 * survive without, and then the process ends, which is another fault.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "steer.h"

#define PROGRAMS 2

typedef void *(*calloc_function)(size_t count, size_t size);
typedef void *(*realloc_function)(void *block, size_t size);

static const volatile char none;
static const volatile char *is_short = &none;
static uintptr_t own_begin, own_end; /* where the program's own code lies */

/* The first that is told of is the program. */
static int find_own_code(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    (void)data;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
            continue;
        own_begin = info->dlpi_addr + part->p_vaddr;
        own_end = own_begin + part->p_memsz;
    }
    return 1;
}

__attribute__((constructor)) static void map_file(void)
{
    static const char *const programs[PROGRAMS] = {"xmpp-status-bot", "xmpp-status-fcgi"};
    const volatile char *mapped = steer_map("XS_MEMORY_FILE", PROGRAMS);

    (void)dl_iterate_phdr(find_own_code, NULL);
    for (int i = 0; i < PROGRAMS; i++) {
        if (strcmp(program_invocation_short_name, programs[i]) == 0)
            is_short = &mapped[i];
    }
}

/* Whether there is nothing for whoever will return to that address. */
static bool refuses(const void *caller)
{
    uintptr_t address = (uintptr_t)caller;

    if (*is_short == 0 || address < own_begin || address >= own_end)
        return false;
    errno = ENOMEM;
    return true;
}

void *calloc(size_t count, size_t size)
{
    static calloc_function next;

    if (refuses(__builtin_return_address(0)))
        return NULL;
    if (next == NULL)
        next = __extension__(calloc_function) dlsym(RTLD_NEXT, "calloc");
    return next(count, size);
}

static void *next_realloc(void *block, size_t size)
{
    static realloc_function next;

    if (next == NULL)
        next = __extension__(realloc_function) dlsym(RTLD_NEXT, "realloc");
    return next(block, size);
}

void *realloc(void *block, size_t size)
{
    return refuses(__builtin_return_address(0)) ? NULL : next_realloc(block, size);
}

void *reallocarray(void *block, size_t count, size_t size)
{
    size_t total;

    if (refuses(__builtin_return_address(0)))
        return NULL;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return next_realloc(block, total);
}
