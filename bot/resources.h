/*
 * resources.h: the resources of one user, and which of them wins.
 *
 * A list of small allocations, for users.c alone. Memory only; no I/O.
 */
#ifndef XS_RESOURCES_H
#define XS_RESOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "stanza.h"

/* Resources of one user at most; the one that was heard of longest ago makes room. */
#define XS_RESOURCES_MAX 64

/*
 * A resource; or, without a name, how a user left. The texts follow the struct: name, status, lang,
 * each with its terminator.
 */
struct xs_resource {
    struct xs_resource *next;
    int64_t sent_s;     /* Unix second at which the presence was sent */
    int64_t last_s;     /* last activity, or XS_LAST_UNKNOWN */
    uint32_t sync;      /* the sync in which it was reported last */
    uint16_t status_at; /* offset in texts; 0, where the name is, if there is none */
    uint16_t lang_at;
    int8_t priority;
    uint8_t show;
    bool hearsay; /* how a user left: no more is known than when, by the server's word */
    char texts[]; /* the name comes first */
};

/*
 * Makes a resource of a report that came in sync number `sync`. Freed with xs_resources_free or
 * taken over by a list. NULL if out of memory.
 */
struct xs_resource *xs_resource_new(const struct xs_report *report, uint32_t sync);

/* Frees a whole list. NULL, the empty list, is allowed. */
void xs_resources_free(struct xs_resource *list);

/* Puts a resource in front, instead of the one with its name if there is one. Takes it over. */
void xs_resources_put(struct xs_resource **list, struct xs_resource *resource);

/* Removes the resource with a name, if it is there. */
void xs_resources_remove(struct xs_resource **list, const char *name);

/* Says whether any of them was reported in sync number `sync`. */
bool xs_resources_are_heard_of(const struct xs_resource *list, uint32_t sync);

/* Removes those that were not reported in sync number `sync`. Returns whether there were any. */
bool xs_resources_drop_silent(struct xs_resource **list, uint32_t sync);

/*
 * Returns the resource that stands for the user: highest priority; then chat, available, away, xa,
 * dnd; then the most recent. Borrowed from the list; NULL if it is empty.
 */
const struct xs_resource *xs_resources_winner(const struct xs_resource *list);

/* Returns a resource's presence; its texts are borrowed from the resource. */
struct xs_presence xs_resource_presence(const struct xs_resource *resource, bool available);

#endif
