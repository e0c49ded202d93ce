#include <inttypes.h>
#include <string.h>

#include "ask.h"
#include "ctl.h"
#include "evidence.h"
#include "keys.h"
#include "lease.h"
#include "scan.h"

/* What is shown of one domain. The texts are NUL-terminated or NULL. */
struct summary {
    const char *domain;
    bool flags_sound; /* false: the key of the flags is not a hash, or the numbers are not known */
    const struct xs_entry *flag; /* NULL: absent */
    size_t blocked;
    const redisReply *lease; /* of GET; NULL if its key has the wrong type */
    int64_t online;          /* -1 if the key has the wrong type */
};

/* Asks a command about one key; a key of the wrong type gives no reply, and no error. */
static enum xs_error ask_key(struct xs_ctl *ctl, const char *command, const struct xs_key *key,
                             redisReply **ret_reply)
{
    struct xs_error_info info = {.code = XS_OK};
    enum xs_error error =
        xs_ask(ctl->redis, (const char *[]){command, key->bytes, NULL}, ret_reply, &info);

    if (error == XS_ERROR_INVALID) {
        *ret_reply = NULL;
        return XS_OK;
    }
    if (error != XS_OK)
        xs_error_set(ctl->info, error, "%s", info.text);
    return error;
}

/* Says whether a field is the one that is read for some user of the domain. */
static bool is_field_of_user(const struct xs_entry *flag, const char *domain)
{
    struct xs_jid jid;

    return xs_jid_parse(flag->name, flag->name_len, &jid) == XS_OK &&
           strcmp(jid.bare, flag->name) == 0 && strcmp(xs_jid_domain(&jid), domain) == 0;
}

/* Finds the domain's own flag and counts the users whose flag is not a yes. */
static void count_flags(const struct xs_entries *flags, struct summary *summary)
{
    for (size_t i = 0; i < flags->count; i++) {
        const struct xs_entry *flag = &flags->items[i];

        if (strlen(flag->name) == flag->name_len && strcmp(flag->name, summary->domain) == 0)
            summary->flag = flag;
        else if (xs_publish_parse(flag->value, flag->value_len).setting != XS_PUBLISH_YES &&
                 is_field_of_user(flag, summary->domain))
            summary->blocked++;
    }
}

static void print_lease(struct xs_out *out, const redisReply *reply, int64_t now_s)
{
    struct xs_lease lease = {.exists = false};

    if (reply != NULL && reply->type == REDIS_REPLY_STRING)
        lease = xs_lease_parse(reply->str, reply->len);
    if (reply == NULL || reply->type == REDIS_REPLY_NIL)
        xs_out_print(out, reply == NULL ? "lease of the wrong type" : "no lease");
    else if (xs_lease_is_valid(lease, now_s))
        xs_out_print(out, "lease valid for %" PRId64 " s", lease.until_s - now_s);
    else
        xs_out_print(out, "lease not valid");
}

static void print_summary(struct xs_out *out, const struct summary *summary, int64_t now_s)
{
    xs_out_print(out, "%s\t", summary->domain);
    if (!summary->flags_sound)
        xs_out_print(out, "flags of the wrong type");
    else if (summary->flag == NULL)
        xs_out_print(out, "no flag");
    else
        xs_out_quoted(out, summary->flag->value, summary->flag->value_len);
    xs_out_print(out, "\t");
    print_lease(out, summary->lease, now_s);
    if (summary->online >= 0)
        xs_out_print(out, "\t%" PRId64 " online", summary->online);
    else
        xs_out_print(out, "\tonline users in a key of the wrong type");
    xs_out_print(out, "\t%zu blocked\n", summary->blocked);
}

static void add_summary(struct xs_out *out, cJSON *item, const struct summary *summary,
                        int64_t now_s)
{
    const struct xs_entry *flag = summary->flag;
    const redisReply *lease = summary->lease;
    bool leased = lease != NULL && lease->type == REDIS_REPLY_STRING;

    xs_out_word(out, item, "domain", summary->domain);
    xs_out_text(out, item, "flag", flag != NULL ? flag->value : NULL,
                flag != NULL ? flag->value_len : 0);
    xs_out_bool(out, item, "publishes",
                flag != NULL &&
                    xs_publish_parse(flag->value, flag->value_len).setting == XS_PUBLISH_YES);
    xs_out_text(out, item, "lease", leased ? lease->str : NULL, leased ? lease->len : 0);
    xs_out_bool(out, item, "lease_valid",
                leased && xs_lease_is_valid(xs_lease_parse(lease->str, lease->len), now_s));
    if (summary->online >= 0)
        xs_out_number(out, item, "users_online", summary->online);
    xs_out_number(out, item, "users_blocked", (int64_t)summary->blocked);
}

/* Asks for the rest of what is known of a domain, and prints it. */
static enum xs_error summarise(struct xs_ctl *ctl, struct summary *summary, cJSON *item)
{
    struct xs_key key;
    redisReply *lease = NULL;
    redisReply *online = NULL;
    enum xs_error error;

    xs_key_lease(summary->domain, &key);
    error = ask_key(ctl, "GET", &key, &lease);
    xs_key_online(summary->domain, &key);
    if (error == XS_OK)
        error = ask_key(ctl, "SCARD", &key, &online);
    if (error == XS_OK) {
        summary->lease = lease;
        summary->online =
            online != NULL && online->type == REDIS_REPLY_INTEGER ? online->integer : -1;
        print_summary(ctl->out, summary, ctl->now_s);
        add_summary(ctl->out, item, summary, ctl->now_s);
    }
    freeReplyObject(lease);
    freeReplyObject(online);
    return error;
}

static enum xs_error show_domain(struct xs_ctl *ctl, const char *domain, cJSON *item)
{
    struct summary summary = {.domain = domain};
    struct xs_error_info info = {.code = XS_OK};
    struct xs_entries flags = {.items = NULL};
    struct xs_key key;
    enum xs_error error;

    xs_key_publish(domain, &key);
    error = xs_scan_hash(ctl->redis, key.bytes, &flags, &info);
    summary.flags_sound = error == XS_OK;
    if (error == XS_OK)
        count_flags(&flags, &summary);
    if (error == XS_OK || error == XS_ERROR_INVALID)
        error = summarise(ctl, &summary, item);
    else
        xs_error_set(ctl->info, error, "%s", info.text);
    xs_entries_free(&flags);
    return error;
}

/* Says whether `key` is the key of flags that a normalised domain has; gives that domain. */
static bool is_key_of_domain(const struct xs_entry *key, char ret_domain[XS_JID_PART_MAX + 1])
{
    const char *start = strchr(key->name, '{');
    struct xs_key expected;

    if (start == NULL || strlen(key->name) != key->name_len ||
        xs_domain_normalise(start + 1, strcspn(start + 1, "}"), ret_domain) != XS_OK)
        return false;
    xs_key_publish(ret_domain, &expected);
    return strcmp(expected.bytes, key->name) == 0;
}

static void show_stray(struct xs_out *out, const struct xs_entry *key, cJSON *list)
{
    xs_out_quoted(out, key->name, key->name_len);
    xs_out_print(out, "\tnot the key of a domain in its normal form: nobody reads it\n");
    xs_out_text(out, xs_out_item(out, list), "key", key->name, key->name_len);
}

enum xs_error xs_ctl_domains(struct xs_ctl *ctl)
{
    struct xs_entries keys = {.items = NULL};
    cJSON *list = xs_out_list(ctl->out, xs_out_root(ctl->out), "domains");
    cJSON *strays = xs_out_list(ctl->out, xs_out_root(ctl->out), "strays");
    enum xs_error error = xs_scan_keys(ctl->redis, "xmpp:publish:*", NULL, &keys, ctl->info);

    for (size_t i = 0; error == XS_OK && i < keys.count; i++) {
        char domain[XS_JID_PART_MAX + 1];

        if (is_key_of_domain(&keys.items[i], domain))
            error = show_domain(ctl, domain, xs_out_item(ctl->out, list));
        else
            show_stray(ctl->out, &keys.items[i], strays);
    }
    xs_entries_free(&keys);
    return error;
}
