/*
 * condition.h: the stanza errors that the service answers with.
 *
 * Pure; no I/O.
 */
#ifndef XS_CONDITION_H
#define XS_CONDITION_H

/* RFC 6120 section 8.3.3. */
enum xs_condition {
    XS_CONDITION_BAD_REQUEST,
    XS_CONDITION_ITEM_NOT_FOUND,
    XS_CONDITION_JID_MALFORMED,
    XS_CONDITION_NOT_ALLOWED,
    XS_CONDITION_REMOTE_SERVER_TIMEOUT,
    XS_CONDITION_RESOURCE_CONSTRAINT,
    XS_CONDITION_COUNT
};

/*
 * Returns the condition's element name, "item-not-found" for example. Never NULL; a value outside
 * the enum is taken for XS_CONDITION_BAD_REQUEST.
 */
const char *xs_condition_word(enum xs_condition condition);

/* Returns the type of error that goes with the condition, "cancel" for example. Likewise. */
const char *xs_condition_type(enum xs_condition condition);

#endif
