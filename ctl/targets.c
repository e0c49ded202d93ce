#include "targets.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

/* Says whether the raw target names a user: an '@' comes before the first '/'. */
static bool is_user(const char *raw, size_t raw_len)
{
    const char *slash = memchr(raw, '/', raw_len);

    return memchr(raw, '@', slash != NULL ? (size_t)(slash - raw) : raw_len) != NULL;
}

static enum xs_error parse(const char *raw, size_t raw_len, struct xs_target *target)
{
    enum xs_error error;

    if (!is_user(raw, raw_len)) {
        target->kind = XS_TARGET_DOMAIN;
        return xs_domain_normalise(raw, raw_len, target->domain);
    }
    target->kind = XS_TARGET_USER;
    error = xs_jid_parse(raw, raw_len, &target->jid);
    if (error == XS_OK)
        strcpy(target->domain, xs_jid_domain(&target->jid));
    return error;
}

static enum xs_error refuse(struct xs_targets *targets, const char *raw, size_t raw_len,
                            const char *why)
{
    targets->refused_count++;
    if (targets->refused.count >= XS_REFUSALS_MAX)
        return XS_OK;
    return xs_entries_add(&targets->refused, raw, raw_len, why, strlen(why));
}

static const char *describe(enum xs_error error, enum xs_target_kind kind)
{
    if (error == XS_ERROR_TOO_LONG)
        return "too long";
    return kind == XS_TARGET_USER ? "not a JID" : "not a JID and not a domain";
}

static const char *describe_kind(enum xs_target_kind kind)
{
    return kind == XS_TARGET_USER ? "a user's JID, where only a domain is taken"
                                  : "a domain, where only a user's JID is taken";
}

enum xs_error xs_targets_add(struct xs_targets *targets, enum xs_target_kind kinds, const char *raw,
                             size_t raw_len)
{
    struct xs_target *items, *target;
    enum xs_error error;

    if (targets->count >= XS_TARGETS_MAX)
        return XS_ERROR_TOO_LONG;
    items = xs_array_reserve(targets->items, targets->count, &targets->room, sizeof *items);
    if (items == NULL)
        return XS_ERROR_NOMEM;
    targets->items = items;
    target = &items[targets->count];
    error = parse(raw, raw_len, target);
    if (error == XS_ERROR_NOMEM)
        return error;
    if (error != XS_OK)
        return refuse(targets, raw, raw_len, describe(error, target->kind));
    if ((target->kind & kinds) == 0)
        return refuse(targets, raw, raw_len, describe_kind(target->kind));
    error = xs_entries_add(&targets->given, raw, raw_len, NULL, 0);
    if (error == XS_OK)
        targets->count++;
    return error;
}

/*
 * Reads a line without its newline, cut after XS_JID_RAW_MAX + 1 bytes: a longer one is refused
 * anyway. Returns false at the end of the stream.
 */
static bool read_line(FILE *stream, char line[XS_JID_RAW_MAX + 1], size_t *ret_len)
{
    size_t len = 0;
    int c = getc(stream);

    if (c == EOF)
        return false;
    for (; c != EOF && c != '\n'; c = getc(stream)) {
        if (len < XS_JID_RAW_MAX + 1)
            line[len++] = (char)c;
    }
    *ret_len = len;
    return true;
}

enum xs_error xs_targets_read(struct xs_targets *targets, enum xs_target_kind kinds, FILE *stream)
{
    char line[XS_JID_RAW_MAX + 1];
    size_t len;

    while (read_line(stream, line, &len)) {
        enum xs_error error = len > 0 ? xs_targets_add(targets, kinds, line, len) : XS_OK;

        if (error != XS_OK)
            return error;
    }
    return ferror(stream) ? XS_ERROR_SYSTEM : XS_OK;
}

void xs_targets_free(struct xs_targets *targets)
{
    xs_entries_free(&targets->given);
    xs_entries_free(&targets->refused);
    free(targets->items);
    *targets = (struct xs_targets){.items = NULL};
}

const char *xs_target_name(const struct xs_target *target)
{
    return target->kind == XS_TARGET_USER ? target->jid.bare : target->domain;
}
