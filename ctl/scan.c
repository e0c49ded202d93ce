#include "scan.h"

#include <stdbool.h>
#include <string.h>

#include "ask.h"

/* How many entries Redis shall look at for one page. */
#define PAGE "1000"

/* Bytes of a cursor, terminator included. */
#define CURSOR_SIZE 24

/* Pages at most: enough for 10^9 keys, and an end to a cursor that runs in circles. */
#define PAGES_MAX 1000000

/* A scan on its way. */
struct scan {
    const char *const *words; /* the command; the cursor is one of them */
    size_t step;              /* strings per entry: a name, or a name and a value */
    char cursor[CURSOR_SIZE];
};

static bool is_list_of_strings(const redisReply *reply, size_t step)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % step != 0)
        return false;
    for (size_t i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type != REDIS_REPLY_STRING)
            return false;
    }
    return true;
}

/* Says whether the reply is a cursor and a list, `step` strings for each entry. */
static bool is_page(const redisReply *reply, size_t step)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
           reply->element[0]->type == REDIS_REPLY_STRING && reply->element[0]->len > 0 &&
           reply->element[0]->len < CURSOR_SIZE && is_list_of_strings(reply->element[1], step);
}

static enum xs_error take_page(const redisReply *list, size_t step, struct xs_entries *entries)
{
    enum xs_error error = XS_OK;

    for (size_t i = 0; error == XS_OK && i < list->elements; i += step) {
        const redisReply *name = list->element[i];
        const redisReply *value = step == 2 ? list->element[i + 1] : NULL;

        error = xs_entries_add(entries, name->str, name->len, value != NULL ? value->str : NULL,
                               value != NULL ? value->len : 0);
    }
    return error;
}

/* Asks for one page and moves the cursor on. */
static enum xs_error get_page(struct xs_redis *redis, struct scan *scan, struct xs_entries *entries,
                              struct xs_error_info *info)
{
    const char *command = scan->words[0];
    redisReply *reply;
    enum xs_error error = xs_ask(redis, scan->words, &reply, info);

    if (error != XS_OK)
        return error;
    if (!is_page(reply, scan->step)) {
        freeReplyObject(reply);
        return xs_ask_complain(redis, command, info);
    }
    memcpy(scan->cursor, reply->element[0]->str, reply->element[0]->len + 1);
    error = take_page(reply->element[1], scan->step, entries);
    freeReplyObject(reply);
    if (error != XS_OK)
        xs_error_set(info, error, "asking Redis to %s: %s", command, xs_error_string(error));
    return error;
}

/* Asks for page after page. */
static enum xs_error get_pages(struct xs_redis *redis, struct scan *scan,
                               struct xs_entries *entries, struct xs_error_info *info)
{
    for (long page = 0; page < PAGES_MAX; page++) {
        enum xs_error error = get_page(redis, scan, entries, info);

        if (error != XS_OK)
            return error;
        if (strcmp(scan->cursor, "0") == 0) {
            xs_entries_sort(entries);
            return XS_OK;
        }
    }
    return xs_ask_complain(redis, scan->words[0], info);
}

enum xs_error xs_scan_keys(struct xs_redis *redis, const char *pattern, const char *type,
                           struct xs_entries *ret_entries, struct xs_error_info *info)
{
    struct scan scan = {.cursor = "0", .step = 1};
    /* Without a type the command ends at the first NULL. */
    const char *const words[] = {
        "SCAN", scan.cursor, "MATCH", pattern, "COUNT", PAGE, type != NULL ? "TYPE" : NULL,
        type,   NULL};

    scan.words = words;
    return get_pages(redis, &scan, ret_entries, info);
}

enum xs_error xs_scan_hash(struct xs_redis *redis, const char *key, struct xs_entries *ret_entries,
                           struct xs_error_info *info)
{
    struct scan scan = {.cursor = "0", .step = 2};
    const char *const words[] = {"HSCAN", key, scan.cursor, "COUNT", PAGE, NULL};

    scan.words = words;
    return get_pages(redis, &scan, ret_entries, info);
}
