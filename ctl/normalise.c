#include <string.h>

#include "ctl.h"
#include "keys.h"

static void print_target(struct xs_out *out, cJSON *item, const struct xs_entry *given,
                         const struct xs_target *target)
{
    const char *name = xs_target_name(target);
    struct xs_key key;

    xs_out_print(out, "%s\n", name);
    xs_out_text(out, item, "given", given->name, given->name_len);
    xs_out_word(out, item, "jid", name);
    xs_out_word(out, item, "domain", target->domain);
    xs_key_publish(target->domain, &key);
    xs_out_word(out, item, "publish_key", key.bytes);
    if (target->kind == XS_TARGET_DOMAIN)
        return;
    xs_out_text(out, item, "local", target->jid.bare, target->jid.local_len);
    xs_key_presence(target->domain, target->jid.bare, target->jid.local_len, &key);
    xs_out_word(out, item, "presence_key", key.bytes);
}

enum xs_error xs_ctl_normalise(struct xs_ctl *ctl, const struct xs_targets *targets)
{
    cJSON *list = xs_out_list(ctl->out, xs_out_root(ctl->out), "jids");

    for (size_t i = 0; i < targets->count; i++)
        print_target(ctl->out, xs_out_item(ctl->out, list), &targets->given.items[i],
                     &targets->items[i]);
    return XS_OK;
}
