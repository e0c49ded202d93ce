#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "ctl.h"
#include "evidence.h"
#include "keys.h"
#include "lease.h"
#include "scan.h"

/* What the keys of flags begin with. */
#define FLAGS_PREFIX "xmpp:publish:"

/* Bytes of one problem in words, terminator included: a JID in its normal form fits. */
#define WHY_SIZE (2 * XS_JID_PART_MAX + 128)

/* One check of one domain. */
struct check {
    struct xs_ctl *ctl;
    const char *domain;
    cJSON *problems;
};

/* Tells of a problem with a key or, if `field` is not NULL, with a field of it. */
static void report(struct check *check, const char *key, size_t key_len,
                   const struct xs_entry *field, const char *why)
{
    struct xs_out *out = check->ctl->out;
    cJSON *item = xs_out_item(out, check->problems);

    check->ctl->refused = true;
    xs_out_quoted(out, key, key_len);
    if (field != NULL) {
        xs_out_print(out, " field ");
        xs_out_quoted(out, field->name, field->name_len);
    }
    xs_out_print(out, ": ");
    xs_out_quoted(out, why, strlen(why));
    xs_out_print(out, "\n");
    xs_out_text(out, item, "key", key, key_len);
    if (field != NULL) {
        xs_out_text(out, item, "field", field->name, field->name_len);
        xs_out_text(out, item, "value", field->value, field->value_len);
    }
    xs_out_word(out, item, "why", why);
}

/* Reports a key that exists and has not the type that it must have. */
static enum xs_error check_type(struct check *check, const struct xs_key *key, const char *type,
                                bool *ret_sound)
{
    char why[WHY_SIZE];
    redisReply *reply;
    enum xs_error error = xs_ask(check->ctl->redis, (const char *[]){"TYPE", key->bytes, NULL},
                                 &reply, check->ctl->info);

    if (error != XS_OK)
        return error;
    if (reply->type != REDIS_REPLY_STATUS) {
        freeReplyObject(reply);
        return xs_ask_complain(check->ctl->redis, "TYPE", check->ctl->info);
    }
    *ret_sound = strcmp(reply->str, type) == 0;
    if (!*ret_sound && strcmp(reply->str, "none") != 0) {
        snprintf(why, sizeof why, "must be a %s, and is a %s", type, reply->str);
        report(check, key->bytes, key->len, NULL, why);
    }
    freeReplyObject(reply);
    return XS_OK;
}

/* Finds what is wrong with a user's field; NULL if nothing is. `why` is room for the words. */
static const char *judge_jid(const struct check *check, const struct xs_entry *flag,
                             char why[WHY_SIZE])
{
    struct xs_jid jid;

    if (xs_jid_parse(flag->name, flag->name_len, &jid) != XS_OK)
        return "neither the domain nor a JID: nobody reads it";
    if (strcmp(xs_jid_domain(&jid), check->domain) != 0)
        return "a JID of another domain: nobody reads it";
    if (strcmp(jid.bare, flag->name) == 0)
        return NULL;
    snprintf(why, WHY_SIZE, "not in its normal form, %s: nobody reads it", jid.bare);
    return why;
}

static void check_flag(struct check *check, const struct xs_key *key, const struct xs_entry *flag)
{
    char room[WHY_SIZE];
    const char *why = NULL;

    if (strlen(flag->name) != flag->name_len || strcmp(flag->name, check->domain) != 0)
        why = judge_jid(check, flag, room);
    if (why == NULL && !xs_flag_is_valid(flag->value, flag->value_len))
        why = "neither no nor a valid yes: counts as no";
    if (why != NULL)
        report(check, key->bytes, key->len, flag, why);
}

static enum xs_error check_flags(struct check *check)
{
    struct xs_entries flags = {.items = NULL};
    struct xs_key key;
    bool sound = false;
    enum xs_error error;

    xs_key_publish(check->domain, &key);
    error = check_type(check, &key, "hash", &sound);
    if (error == XS_OK && sound)
        error = xs_scan_hash(check->ctl->redis, key.bytes, &flags, check->ctl->info);
    for (size_t i = 0; error == XS_OK && i < flags.count; i++)
        check_flag(check, &key, &flags.items[i]);
    xs_entries_free(&flags);
    return error;
}

/* Reports a key of flags that was meant for this domain but is spelled differently. */
static void check_spelling(struct check *check, const struct xs_entry *name)
{
    char domain[XS_JID_PART_MAX + 1];
    const char *start;
    struct xs_key key;
    size_t len;

    /* Redis was asked for no others, but what it says is not to be relied on. */
    if (strncmp(name->name, FLAGS_PREFIX, strlen(FLAGS_PREFIX)) != 0)
        return;
    start = name->name + strlen(FLAGS_PREFIX);
    len = name->name_len - strlen(FLAGS_PREFIX);
    if (len >= 2 && start[0] == '{' && start[len - 1] == '}') {
        start++;
        len -= 2;
    }
    if (xs_domain_normalise(start, len, domain) != XS_OK || strcmp(domain, check->domain) != 0)
        return;
    xs_key_publish(domain, &key);
    if (strcmp(key.bytes, name->name) != 0)
        report(check, name->name, name->name_len, NULL,
               "not the name of the key for this domain: nobody reads it");
}

static enum xs_error check_spellings(struct check *check)
{
    struct xs_entries keys = {.items = NULL};
    enum xs_error error =
        xs_scan_keys(check->ctl->redis, FLAGS_PREFIX "*", NULL, &keys, check->ctl->info);

    for (size_t i = 0; error == XS_OK && i < keys.count; i++)
        check_spelling(check, &keys.items[i]);
    xs_entries_free(&keys);
    return error;
}

/* Reports the records that are no hashes: type by type, as Redis can look for each. */
static enum xs_error check_records(struct check *check)
{
    static const char *const types[] = {"string", "list", "set", "zset", "stream"};
    enum xs_error error = XS_OK;
    struct xs_key pattern;

    xs_key_presence(check->domain, "*", 1, &pattern);
    for (size_t t = 0; error == XS_OK && t < sizeof types / sizeof types[0]; t++) {
        struct xs_entries keys = {.items = NULL};
        char why[WHY_SIZE];

        snprintf(why, sizeof why, "must be a hash, and is a %s", types[t]);
        error = xs_scan_keys(check->ctl->redis, pattern.bytes, types[t], &keys, check->ctl->info);
        for (size_t i = 0; error == XS_OK && i < keys.count; i++)
            report(check, keys.items[i].name, keys.items[i].name_len, NULL, why);
        xs_entries_free(&keys);
    }
    return error;
}

static enum xs_error check_lease(struct check *check)
{
    redisReply *reply;
    struct xs_key key;
    bool sound = false;
    enum xs_error error;

    xs_key_lease(check->domain, &key);
    error = check_type(check, &key, "string", &sound);
    if (error != XS_OK || !sound)
        return error;
    error = xs_ask(check->ctl->redis, (const char *[]){"GET", key.bytes, NULL}, &reply,
                   check->ctl->info);
    if (error != XS_OK)
        return error;
    if (reply->type == REDIS_REPLY_STRING && !xs_lease_parse(reply->str, reply->len).exists)
        report(check, key.bytes, key.len, NULL, "holds no lease");
    freeReplyObject(reply);
    return XS_OK;
}

enum xs_error xs_ctl_check(struct xs_ctl *ctl, const struct xs_target *domain)
{
    struct check check = {.ctl = ctl, .domain = domain->domain};
    cJSON *root = xs_out_root(ctl->out);
    struct xs_key online;
    bool sound;
    enum xs_error error;

    xs_out_word(ctl->out, root, "domain", domain->domain);
    check.problems = xs_out_list(ctl->out, root, "problems");
    xs_key_online(check.domain, &online);
    error = check_flags(&check);
    if (error == XS_OK)
        error = check_spellings(&check);
    if (error == XS_OK)
        error = check_lease(&check);
    if (error == XS_OK)
        error = check_type(&check, &online, "set", &sound);
    if (error == XS_OK)
        error = check_records(&check);
    if (error == XS_OK && !ctl->refused)
        xs_out_print(ctl->out, "%s: nothing wrong\n", domain->domain);
    return error;
}
