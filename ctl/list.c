#include <string.h>

#include "ctl.h"
#include "evidence.h"
#include "keys.h"
#include "scan.h"

static void print_flag(struct xs_out *out, cJSON *item, const struct xs_entry *flag)
{
    bool valid = xs_flag_is_valid(flag->value, flag->value_len);

    xs_out_quoted(out, flag->name, flag->name_len);
    xs_out_print(out, "\t");
    xs_out_quoted(out, flag->value, flag->value_len);
    xs_out_print(out, "%s\n", valid ? "" : "\tnot valid, counts as no");
    xs_out_text(out, item, "jid", flag->name, flag->name_len);
    xs_out_text(out, item, "flag", flag->value, flag->value_len);
    xs_out_bool(out, item, "valid", valid);
}

enum xs_error xs_ctl_list(struct xs_ctl *ctl, const struct xs_target *domain)
{
    struct xs_entries flags = {.items = NULL};
    cJSON *root = xs_out_root(ctl->out);
    cJSON *list;
    struct xs_key key;
    enum xs_error error;

    xs_key_publish(domain->domain, &key);
    error = xs_scan_hash(ctl->redis, key.bytes, &flags, ctl->info);
    xs_out_word(ctl->out, root, "domain", domain->domain);
    list = xs_out_list(ctl->out, root, "flags");
    for (size_t i = 0; error == XS_OK && i < flags.count; i++)
        print_flag(ctl->out, xs_out_item(ctl->out, list), &flags.items[i]);
    xs_entries_free(&flags);
    return error;
}
