#include "lease.h"

/* Decimal digits of UNTIL at most: always fits an int64_t. */
#define UNTIL_DIGITS_MAX 18

struct xs_lease xs_lease_parse(const char *value, size_t value_len)
{
    const struct xs_lease none = {.exists = false};
    int64_t until_s = 0;
    size_t digits = 0;

    if (value == NULL)
        return none;
    while (digits < value_len && value[digits] >= '0' && value[digits] <= '9') {
        if (digits == UNTIL_DIGITS_MAX)
            return none;
        until_s = until_s * 10 + (value[digits] - '0');
        digits++;
    }
    if (digits == 0 || value_len < digits + 2 || value[digits] != ' ')
        return none;
    return (struct xs_lease){.exists = true, .until_s = until_s};
}

bool xs_lease_is_valid(struct xs_lease lease, int64_t now_s)
{
    return lease.exists && lease.until_s > now_s && lease.until_s - now_s <= XS_LEASE_AHEAD_MAX_S;
}
