/*
 * What a Redis says about its replication, to how long its word is taken. The input is the text
 * that INFO answered.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "replica.h"

#define CUTOFF_MS 5000

/* Says whether the text has a line that begins so, anywhere. */
static bool has_line(const char *text, size_t len, const char *start)
{
    size_t start_len = strlen(start);

    for (size_t i = 0; i + start_len <= len; i++) {
        if ((i == 0 || text[i - 1] == '\n') && memcmp(text + i, start, start_len) == 0)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size);
    int64_t left_ms = xs_replica_parse(text, size, CUTOFF_MS);

    FUZZ_CHECK(left_ms >= 0 && left_ms <= CUTOFF_MS);
    /* The more silence is allowed, the longer: by just as much, or it is none of the silence. */
    FUZZ_CHECK(xs_replica_parse(text, size, CUTOFF_MS + 1000) >= left_ms);
    if (left_ms > 0) {
        bool is_replica = has_line(text, size, "role:slave");

        FUZZ_CHECK(is_replica || has_line(text, size, "role:master"));
        FUZZ_CHECK(!is_replica || has_line(text, size, "role:master") ||
                   (has_line(text, size, "master_link_status:up") && left_ms < CUTOFF_MS));
    }
    free(text);
    return 0;
}
