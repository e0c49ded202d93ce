#include "config_sections.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config_lines.h"
#include "config_value.h"

#define DOMAIN_PREFIX "domain "

/* What a key's value must be: text that `check` passes, or a number from `min` to `max`. */
struct xs_key_rule {
    const char *key; /* NULL: the end */
    const char *(*check)(const char *value);
    int min;
    int max;
    const char *range; /* why a number is wrong */
};

static const char *check_address(const char *value)
{
    struct xs_sentinel_address sentinel;
    struct xs_address address;

    return xs_value_is_sentinel(value) ? xs_value_parse_sentinel(value, &sentinel)
                                       : xs_value_parse_address(value, &address);
}

static const struct xs_key_rule redis_rules[] = {
    [XS_KEY_REDIS_ADDRESS] = {"address", check_address, 0, 0, NULL},
    [XS_KEY_REDIS_USERNAME] = {"username", xs_value_check_word, 0, 0, NULL},
    [XS_KEY_REDIS_PASSWORD_FILE] = {"password_file", xs_value_check_path, 0, 0, NULL},
    [XS_KEY_REDIS_TIMEOUT_MS] = {"timeout_ms", NULL, 1, 60000, "must be a number from 1 to 60000"},
    [XS_KEY_REDIS_SENTINEL_PASSWORD_FILE] = {"sentinel_password_file", xs_value_check_path, 0, 0,
                                             NULL},
    {NULL, NULL, 0, 0, NULL},
};

static const struct xs_key_rule fcgi_rules[] = {
    [XS_KEY_FCGI_SOCKET] = {"socket", xs_value_check_socket, 0, 0, NULL},
    [XS_KEY_FCGI_MAX_AGE_S] = {"max_age_s", NULL, 0, 86400, "must be a number from 0 to 86400"},
    [XS_KEY_FCGI_CACHE_ENTRIES] = {"cache_entries", NULL, 0, 10000000,
                                   "must be a number from 0 to 10000000"},
    [XS_KEY_FCGI_STREAMS] = {"streams", NULL, 0, 100000, "must be a number from 0 to 100000"},
    [XS_KEY_FCGI_STREAM_JIDS] = {"stream_jids", NULL, 1, 100, "must be a number from 1 to 100"},
    [XS_KEY_FCGI_REPLICA_CUTOFF_S] = {"replica_cutoff_s", NULL, 4, 3600,
                                      "must be a number from 4 to 3600"},
    {NULL, NULL, 0, 0, NULL},
};

static const struct xs_key_rule bot_rules[] = {
    [XS_KEY_BOT_NAME] = {"name", xs_value_check_name, 0, 0, NULL},
    [XS_KEY_BOT_FORGET_DAYS] = {"forget_days", NULL, 1, 3650, "must be a number from 1 to 3650"},
    [XS_KEY_BOT_LOCK_DIR] = {"lock_dir", xs_value_check_path, 0, 0, NULL},
    {NULL, NULL, 0, 0, NULL},
};

static const struct xs_key_rule domain_rules[] = {
    /* Checked against its section, see check_jid. */
    [XS_KEY_DOMAIN_JID] = {"jid", NULL, 0, 0, NULL},
    [XS_KEY_DOMAIN_PASSWORD_FILE] = {"password_file", xs_value_check_path, 0, 0, NULL},
    [XS_KEY_DOMAIN_HOST] = {"host", xs_value_check_name, 0, 0, NULL},
    [XS_KEY_DOMAIN_PORT] = {"port", NULL, 1, 65535, "must be a number from 1 to 65535"},
    [XS_KEY_DOMAIN_CA_FILE] = {"ca_file", xs_value_check_path, 0, 0, NULL},
    {NULL, NULL, 0, 0, NULL},
};

/* The names of the sections that can be in the file once, and their keys. */
static const struct {
    const char *name;
    const struct xs_key_rule *rules;
} section_rules[XS_SECTION_COUNT] = {
    [XS_SECTION_REDIS] = {"redis", redis_rules},
    [XS_SECTION_REDIS_PROGRAM + XS_PROGRAM_FCGI] = {"redis fcgi", redis_rules},
    [XS_SECTION_REDIS_PROGRAM + XS_PROGRAM_BOT] = {"redis bot", redis_rules},
    [XS_SECTION_REDIS_PROGRAM + XS_PROGRAM_CTL] = {"redis ctl", redis_rules},
    [XS_SECTION_FCGI] = {"fcgi", fcgi_rules},
    [XS_SECTION_BOT] = {"bot", bot_rules},
};

/* Opens the section of a domain, if its name is one. */
static enum xs_error take_domain(struct xs_sections *sections, const struct xs_lines_place *place,
                                 const char *name)
{
    const char *raw = name + strlen(DOMAIN_PREFIX);
    struct xs_section *domains;
    struct xs_section section = {.rules = domain_rules, .line = place->line};
    enum xs_error error = xs_domain_normalise(raw, strlen(raw), section.domain);

    if (error == XS_ERROR_NOMEM)
        return xs_lines_no_memory(place);
    if (error != XS_OK)
        return xs_lines_complain(place, name, "not a domain name");
    for (size_t i = 0; i < sections->domain_count; i++) {
        if (strcmp(sections->domains[i].domain, section.domain) == 0)
            return xs_lines_complain_repeated(place, name, sections->domains[i].line);
    }
    domains = reallocarray(sections->domains, sections->domain_count + 1, sizeof *domains);
    if (domains == NULL)
        return xs_lines_no_memory(place);
    sections->domains = domains;
    sections->current = &domains[sections->domain_count++];
    *sections->current = section;
    return XS_OK;
}

/* Says what is wrong with a domain's section as a whole, once it is complete. */
static enum xs_error check_section(const struct xs_sections *sections, struct xs_lines_place place)
{
    const struct xs_section *section = sections->current;

    if (section == NULL || section->rules != domain_rules)
        return XS_OK;
    place.line = section->line;
    if (section->settings[XS_KEY_DOMAIN_JID].text == NULL)
        return xs_lines_complain(&place, "jid", "missing in this section");
    if (section->settings[XS_KEY_DOMAIN_PASSWORD_FILE].text == NULL)
        return xs_lines_complain(&place, "password_file", "missing in this section");
    place.line = section->settings[XS_KEY_DOMAIN_PORT].line;
    if (section->settings[XS_KEY_DOMAIN_PORT].text != NULL &&
        section->settings[XS_KEY_DOMAIN_HOST].text == NULL)
        return xs_lines_complain(&place, "port", "needs a host, as DNS says the port otherwise");
    return XS_OK;
}

/* Called for each section header. */
static enum xs_error take_section(void *user, const struct xs_lines_place *place, const char *name)
{
    struct xs_sections *sections = user;
    enum xs_error error = check_section(sections, *place);

    if (error != XS_OK)
        return error;
    if (strncmp(name, DOMAIN_PREFIX, strlen(DOMAIN_PREFIX)) == 0)
        return take_domain(sections, place, name);
    for (size_t i = 0; i < XS_SECTION_COUNT; i++) {
        struct xs_section *section = &sections->once[i];

        if (strcmp(name, section_rules[i].name) != 0)
            continue;
        if (section->line != 0)
            return xs_lines_complain_repeated(place, name, section->line);
        section->line = place->line;
        sections->current = section;
        return XS_OK;
    }
    return xs_lines_complain(place, name, "unknown section");
}

static enum xs_error check_jid(struct xs_section *section, const struct xs_lines_place *place,
                               const char *value)
{
    enum xs_error error = xs_jid_parse(value, strlen(value), &section->jid);

    if (error == XS_ERROR_NOMEM)
        return xs_lines_no_memory(place);
    if (error != XS_OK || strchr(value, '/') != NULL)
        return xs_lines_complain(place, "jid", "not a bare JID");
    if (strcmp(xs_jid_domain(&section->jid), section->domain) != 0)
        return xs_lines_complain(place, "jid", "not in the domain of its section");
    return XS_OK;
}

/* Checks a value that is not empty. */
static enum xs_error check_value(struct xs_section *section, size_t index,
                                 const struct xs_lines_place *place, const char *value)
{
    const struct xs_key_rule *rule = &section->rules[index];
    const char *why = NULL;

    if (section->rules == domain_rules && index == XS_KEY_DOMAIN_JID)
        return check_jid(section, place, value);
    if (rule->check != NULL)
        why = rule->check(value);
    else if (!xs_value_parse_number(value, rule->min, rule->max, &section->settings[index].number))
        why = rule->range;
    return why == NULL ? XS_OK : xs_lines_complain(place, rule->key, why);
}

/* Called for each KEY = VALUE. */
static enum xs_error take_setting(void *user, const struct xs_lines_place *place, const char *key,
                                  const char *value)
{
    struct xs_sections *sections = user;
    struct xs_section *section = sections->current;
    struct xs_setting *setting;
    enum xs_error error;
    size_t index = 0;

    if (section == NULL)
        return xs_lines_complain(place, key, "not in any section");
    while (section->rules[index].key != NULL && strcmp(section->rules[index].key, key) != 0)
        index++;
    if (section->rules[index].key == NULL)
        return xs_lines_complain(place, key, "unknown key in this section");
    setting = &section->settings[index];
    if (setting->line != 0)
        return xs_lines_complain_repeated(place, key, setting->line);
    setting->line = place->line;
    if (value[0] == '\0') /* as if it were not there */
        return XS_OK;
    error = check_value(section, index, place, value);
    if (error != XS_OK)
        return error;
    setting->text = xs_config_strings_keep(&sections->strings, value, strlen(value));
    return setting->text != NULL ? XS_OK : xs_lines_no_memory(place);
}

enum xs_error xs_sections_read(const char *path, struct xs_sections *ret_sections,
                               struct xs_error_info *info)
{
    const struct xs_lines_place place = {.path = path, .info = info};
    const struct xs_lines_handler handler = {take_section, take_setting, ret_sections};
    enum xs_error error;

    for (size_t i = 0; i < XS_SECTION_COUNT; i++)
        ret_sections->once[i].rules = section_rules[i].rules;
    error = xs_lines_read(path, XS_CONFIG_LINE_MAX, &handler, info);
    return error == XS_OK ? check_section(ret_sections, place) : error;
}

void xs_sections_free(struct xs_sections *sections)
{
    free(sections->domains);
    xs_config_strings_free(sections->strings);
}
