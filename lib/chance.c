#include "chance.h"

#include <sys/random.h>
#include <sys/types.h>

uint32_t xs_chance_below(uint32_t bound)
{
    uint32_t chance;

    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
        return 0;
    return chance % bound;
}
