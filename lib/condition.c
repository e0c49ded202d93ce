#include "condition.h"

/* What an enum xs_condition stands for. */
struct condition {
    const char *word;
    const char *type;
};

static const struct condition conditions[] = {
    [XS_CONDITION_BAD_REQUEST] = {"bad-request", "modify"},
    [XS_CONDITION_ITEM_NOT_FOUND] = {"item-not-found", "cancel"},
    [XS_CONDITION_JID_MALFORMED] = {"jid-malformed", "modify"},
    [XS_CONDITION_NOT_ALLOWED] = {"not-allowed", "cancel"},
    [XS_CONDITION_REMOTE_SERVER_TIMEOUT] = {"remote-server-timeout", "wait"},
    [XS_CONDITION_RESOURCE_CONSTRAINT] = {"resource-constraint", "wait"},
};

_Static_assert(sizeof conditions / sizeof *conditions == XS_CONDITION_COUNT, "one row each");

static const struct condition *condition_find(enum xs_condition condition)
{
    if ((unsigned)condition >= XS_CONDITION_COUNT)
        condition = XS_CONDITION_BAD_REQUEST;
    return &conditions[condition];
}

const char *xs_condition_word(enum xs_condition condition)
{
    return condition_find(condition)->word;
}

const char *xs_condition_type(enum xs_condition condition)
{
    return condition_find(condition)->type;
}
