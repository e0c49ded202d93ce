#include "resources.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct xs_resource *xs_resource_new(const struct xs_report *report, uint32_t sync)
{
    const struct xs_presence *presence = &report->presence;
    size_t name_size = strlen(report->resource) + 1;
    size_t status_size = presence->status == NULL ? 0 : strlen(presence->status) + 1;
    size_t lang_size = presence->lang == NULL ? 0 : strlen(presence->lang) + 1;
    size_t size = sizeof(struct xs_resource) + name_size + status_size + lang_size;
    struct xs_resource *resource = calloc(1, size);

    if (resource == NULL)
        return NULL;
    *resource = (struct xs_resource){
        .sync = sync,
        .sent_s = report->sent_s,
        .last_s = presence->last_s,
        .status_at = (uint16_t)(status_size == 0 ? 0 : name_size),
        .lang_at = (uint16_t)(lang_size == 0 ? 0 : name_size + status_size),
        .priority = (int8_t)report->priority,
        .show = (uint8_t)presence->show,
    };
    memcpy(resource->texts, report->resource, name_size);
    if (status_size > 0)
        memcpy(resource->texts + resource->status_at, presence->status, status_size);
    if (lang_size > 0)
        memcpy(resource->texts + resource->lang_at, presence->lang, lang_size);
    return resource;
}

void xs_resources_free(struct xs_resource *list)
{
    struct xs_resource *resource, *next;

    LL_FOREACH_SAFE(list, resource, next)
    {
        free(resource);
    }
}

void xs_resources_remove(struct xs_resource **list, const char *name)
{
    struct xs_resource *resource;

    LL_FOREACH(*list, resource)
    {
        if (strcmp(resource->texts, name) == 0) {
            LL_DELETE(*list, resource);
            free(resource);
            return;
        }
    }
}

/* Makes room for one more resource: the last in the list is the one heard of longest ago. */
static void make_room(struct xs_resource **list)
{
    struct xs_resource *resource, *oldest = NULL;
    int count = 0;

    LL_FOREACH(*list, resource)
    {
        oldest = resource;
        count++;
    }
    if (count < XS_RESOURCES_MAX)
        return;
    LL_DELETE(*list, oldest);
    free(oldest);
}

void xs_resources_put(struct xs_resource **list, struct xs_resource *resource)
{
    xs_resources_remove(list, resource->texts);
    make_room(list);
    LL_PREPEND(*list, resource);
}

bool xs_resources_are_heard_of(const struct xs_resource *list, uint32_t sync)
{
    const struct xs_resource *resource;

    LL_FOREACH(list, resource)
    {
        if (resource->sync == sync)
            return true;
    }
    return false;
}

bool xs_resources_drop_silent(struct xs_resource **list, uint32_t sync)
{
    struct xs_resource *resource, *next;
    bool dropped = false;

    LL_FOREACH_SAFE(*list, resource, next)
    {
        if (resource->sync == sync)
            continue;
        LL_DELETE(*list, resource);
        free(resource);
        dropped = true;
    }
    return dropped;
}

/* Says whether `a` beats `b`. At a draw the one heard of later wins: it comes first in the list. */
static bool beats(const struct xs_resource *a, const struct xs_resource *b)
{
    int rank_a = xs_show_rank((enum xs_show)a->show), rank_b = xs_show_rank((enum xs_show)b->show);

    if (a->priority != b->priority)
        return a->priority > b->priority;
    if (rank_a != rank_b)
        return rank_a < rank_b;
    return a->sent_s > b->sent_s;
}

const struct xs_resource *xs_resources_winner(const struct xs_resource *list)
{
    const struct xs_resource *resource, *winner = list;

    LL_FOREACH(list, resource)
    {
        if (beats(resource, winner))
            winner = resource;
    }
    return winner;
}

struct xs_presence xs_resource_presence(const struct xs_resource *resource, bool available)
{
    return (struct xs_presence){
        .available = available,
        .show = available ? (enum xs_show)resource->show : XS_SHOW_NONE,
        .last_s = resource->last_s,
        .status = resource->status_at == 0 ? NULL : resource->texts + resource->status_at,
        .lang = resource->lang_at == 0 ? NULL : resource->texts + resource->lang_at,
    };
}
