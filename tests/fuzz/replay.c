/*
 * replay.c: runs a fuzz target on files, with any compiler.
 *
 * Usage: replay_TARGET DIRECTORY. Says on standard output which file comes next, so that the last
 * one named is the one that broke a property. Fails if there is no file.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* Bytes of a file of a corpus at most. */
#define FILE_MAX 65536

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Runs the target on one file; false if it cannot be read or is too large. */
static bool replay_file(const char *path)
{
    static uint8_t buffer[FILE_MAX + 1];
    FILE *file = fopen(path, "rb");
    size_t size;
    uint8_t *data;

    printf("%s\n", path);
    (void)fflush(stdout);
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be opened: %s\n", path, strerror(errno));
        return false;
    }
    size = fread(buffer, 1, sizeof buffer, file);
    if (fclose(file) != 0 || size > FILE_MAX) {
        fprintf(stderr, "%s: cannot be read, or larger than %d bytes\n", path, FILE_MAX);
        return false;
    }
    data = fuzz_copy(buffer, size);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return true;
}

int main(int argc, char *argv[])
{
    struct dirent **entries = NULL;
    char path[4096];
    int count = argc == 2 ? scandir(argv[1], &entries, is_visible, alphasort) : -1;
    bool ok = count > 0;

    if (!ok)
        fprintf(stderr, "usage: %s DIRECTORY, which must hold files\n", argv[0]);
    for (int i = 0; i < count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        ok = ok && replay_file(path);
        free(entries[i]);
    }
    free(entries);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
