#include "allowance.h"

/* A byte per second is this much of a byte per millisecond. */
#define PER_BYTE 1000

#define FULL ((int64_t)XS_ALLOWANCE_BURST * PER_BYTE)

/* How long it takes to fill up at most. */
#define FILLED_MS (FULL / XS_ALLOWANCE_RATE)

struct xs_allowance xs_allowance_full(int64_t now_ms)
{
    return (struct xs_allowance){.left = FULL, .since_ms = now_ms};
}

static void fill(struct xs_allowance *allowance, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - allowance->since_ms;

    allowance->since_ms = now_ms;
    if (elapsed_ms >= FILLED_MS)
        allowance->left = FULL;
    else
        allowance->left += elapsed_ms * XS_ALLOWANCE_RATE;
    if (allowance->left > FULL)
        allowance->left = FULL;
}

bool xs_allowance_spend(struct xs_allowance *allowance, size_t size, int64_t now_ms)
{
    fill(allowance, now_ms);
    if (size > (size_t)allowance->left / PER_BYTE)
        return false;
    allowance->left -= (int64_t)size * PER_BYTE;
    return true;
}
