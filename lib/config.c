#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_lines.h"
#include "config_value.h"

#define DOMAIN_PREFIX "domain "

/* Keys of one section at most. */
#define KEYS_MAX 6

enum {
    REDIS_ADDRESS,
    REDIS_USERNAME,
    REDIS_PASSWORD_FILE,
    REDIS_TIMEOUT_MS,
    REDIS_SENTINEL_PASSWORD_FILE
};
enum {
    FCGI_SOCKET,
    FCGI_MAX_AGE_S,
    FCGI_CACHE_ENTRIES,
    FCGI_STREAMS,
    FCGI_STREAM_JIDS,
    FCGI_REPLICA_CUTOFF_S
};
enum { BOT_NAME, BOT_FORGET_DAYS, BOT_LOCK_DIR };
enum { DOMAIN_JID, DOMAIN_PASSWORD_FILE, DOMAIN_HOST, DOMAIN_PORT, DOMAIN_CA_FILE };

/* What a key's value must be: text that `check` passes, or a number from `min` to `max`. */
struct key_rule {
    const char *key; /* NULL: the end */
    const char *(*check)(const char *value);
    int min;
    int max;
    const char *range; /* why a number is wrong */
};

/* One setting as found in the file. */
struct setting {
    const char *text; /* NULL: not given, or empty */
    int number;       /* meaningful if there is a text */
    int line;         /* 0: not given */
};

/* One section as found in the file. */
struct section {
    const struct key_rule *rules;
    int line;                         /* of the header; 0: not in the file */
    char domain[XS_JID_PART_MAX + 1]; /* "" unless it is a domain's */
    struct xs_jid jid;                /* likewise, once its key has been read */
    struct setting settings[KEYS_MAX];
};

/* The sections that can be in the file once, as indexes. */
enum { SECTION_REDIS, SECTION_REDIS_PROGRAM, SECTION_FCGI = 4, SECTION_BOT, SECTION_COUNT };

/* The file while it is read. */
struct builder {
    struct xs_config *config; /* owns the texts already */
    struct section sections[SECTION_COUNT];
    struct section *domains;
    size_t domain_count;
    struct section *current; /* NULL before the first header */
};

/* A text that the configuration owns. */
struct xs_config_strings {
    struct xs_config_strings *next;
    char text[];
};

static const char *check_address(const char *value)
{
    struct xs_sentinel_address sentinel;
    struct xs_address address;

    return xs_value_is_sentinel(value) ? xs_value_parse_sentinel(value, &sentinel)
                                       : xs_value_parse_address(value, &address);
}

static const struct key_rule redis_rules[] = {
    [REDIS_ADDRESS] = {"address", check_address, 0, 0, NULL},
    [REDIS_USERNAME] = {"username", xs_value_check_word, 0, 0, NULL},
    [REDIS_PASSWORD_FILE] = {"password_file", xs_value_check_path, 0, 0, NULL},
    [REDIS_TIMEOUT_MS] = {"timeout_ms", NULL, 1, 60000, "must be a number from 1 to 60000"},
    [REDIS_SENTINEL_PASSWORD_FILE] = {"sentinel_password_file", xs_value_check_path, 0, 0, NULL},
    {NULL, NULL, 0, 0, NULL},
};

static const struct key_rule fcgi_rules[] = {
    [FCGI_SOCKET] = {"socket", xs_value_check_socket, 0, 0, NULL},
    [FCGI_MAX_AGE_S] = {"max_age_s", NULL, 0, 86400, "must be a number from 0 to 86400"},
    [FCGI_CACHE_ENTRIES] = {"cache_entries", NULL, 0, 10000000,
                            "must be a number from 0 to 10000000"},
    [FCGI_STREAMS] = {"streams", NULL, 0, 100000, "must be a number from 0 to 100000"},
    [FCGI_STREAM_JIDS] = {"stream_jids", NULL, 1, 100, "must be a number from 1 to 100"},
    [FCGI_REPLICA_CUTOFF_S] = {"replica_cutoff_s", NULL, 4, 3600,
                               "must be a number from 4 to 3600"},
    {NULL, NULL, 0, 0, NULL},
};

static const struct key_rule bot_rules[] = {
    [BOT_NAME] = {"name", xs_value_check_name, 0, 0, NULL},
    [BOT_FORGET_DAYS] = {"forget_days", NULL, 1, 3650, "must be a number from 1 to 3650"},
    [BOT_LOCK_DIR] = {"lock_dir", xs_value_check_path, 0, 0, NULL},
    {NULL, NULL, 0, 0, NULL},
};

static const struct key_rule domain_rules[] = {
    [DOMAIN_JID] = {"jid", NULL, 0, 0, NULL}, /* checked against its section, see check_jid */
    [DOMAIN_PASSWORD_FILE] = {"password_file", xs_value_check_path, 0, 0, NULL},
    [DOMAIN_HOST] = {"host", xs_value_check_name, 0, 0, NULL},
    [DOMAIN_PORT] = {"port", NULL, 1, 65535, "must be a number from 1 to 65535"},
    [DOMAIN_CA_FILE] = {"ca_file", xs_value_check_path, 0, 0, NULL},
    {NULL, NULL, 0, 0, NULL},
};

/* The names of the sections that can be in the file once, and their keys. */
static const struct {
    const char *name;
    const struct key_rule *rules;
} section_rules[SECTION_COUNT] = {
    [SECTION_REDIS] = {"redis", redis_rules},
    [SECTION_REDIS_PROGRAM + XS_PROGRAM_FCGI] = {"redis fcgi", redis_rules},
    [SECTION_REDIS_PROGRAM + XS_PROGRAM_BOT] = {"redis bot", redis_rules},
    [SECTION_REDIS_PROGRAM + XS_PROGRAM_CTL] = {"redis ctl", redis_rules},
    [SECTION_FCGI] = {"fcgi", fcgi_rules},
    [SECTION_BOT] = {"bot", bot_rules},
};

/* Records a problem with `what`, a key or a section, at a line of the file. */
static enum xs_error complain(const struct xs_lines_place *place, const char *what, const char *why)
{
    return xs_error_set(place->info, XS_ERROR_INVALID, "%s:%d: %s: %s", place->path, place->line,
                        what, why);
}

static enum xs_error complain_repeated(const struct xs_lines_place *place, const char *what,
                                       int first_line)
{
    return xs_error_set(place->info, XS_ERROR_INVALID, "%s:%d: %s: repeated, first on line %d",
                        place->path, place->line, what, first_line);
}

static enum xs_error no_memory(const struct xs_lines_place *place)
{
    return xs_error_set(place->info, XS_ERROR_NOMEM, "%s: out of memory", place->path);
}

/* Copies `len` bytes into the configuration's possession. NULL if out of memory. */
static const char *keep_text(struct xs_config *config, const char *text, size_t len)
{
    struct xs_config_strings *entry = malloc(sizeof *entry + len + 1);

    if (entry == NULL)
        return NULL;
    memcpy(entry->text, text, len);
    entry->text[len] = '\0';
    entry->next = config->strings;
    config->strings = entry;
    return entry->text;
}

/* Opens the section of a domain, if its name is one. */
static enum xs_error take_domain(struct builder *builder, const struct xs_lines_place *place,
                                 const char *name)
{
    const char *raw = name + strlen(DOMAIN_PREFIX);
    struct section *domains;
    struct section section = {.rules = domain_rules, .line = place->line};
    enum xs_error error = xs_domain_normalise(raw, strlen(raw), section.domain);

    if (error == XS_ERROR_NOMEM)
        return no_memory(place);
    if (error != XS_OK)
        return complain(place, name, "not a domain name");
    for (size_t i = 0; i < builder->domain_count; i++) {
        if (strcmp(builder->domains[i].domain, section.domain) == 0)
            return complain_repeated(place, name, builder->domains[i].line);
    }
    domains = reallocarray(builder->domains, builder->domain_count + 1, sizeof *domains);
    if (domains == NULL)
        return no_memory(place);
    builder->domains = domains;
    builder->current = &domains[builder->domain_count++];
    *builder->current = section;
    return XS_OK;
}

/* Says what is wrong with a domain's section as a whole, once it is complete. */
static enum xs_error check_section(const struct builder *builder, struct xs_lines_place place)
{
    const struct section *section = builder->current;

    if (section == NULL || section->rules != domain_rules)
        return XS_OK;
    place.line = section->line;
    if (section->settings[DOMAIN_JID].text == NULL)
        return complain(&place, "jid", "missing in this section");
    if (section->settings[DOMAIN_PASSWORD_FILE].text == NULL)
        return complain(&place, "password_file", "missing in this section");
    place.line = section->settings[DOMAIN_PORT].line;
    if (section->settings[DOMAIN_PORT].text != NULL && section->settings[DOMAIN_HOST].text == NULL)
        return complain(&place, "port", "needs a host, as DNS says the port otherwise");
    return XS_OK;
}

/* Called for each section header. */
static enum xs_error take_section(void *user, const struct xs_lines_place *place, const char *name)
{
    struct builder *builder = user;
    enum xs_error error = check_section(builder, *place);

    if (error != XS_OK)
        return error;
    if (strncmp(name, DOMAIN_PREFIX, strlen(DOMAIN_PREFIX)) == 0)
        return take_domain(builder, place, name);
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        struct section *section = &builder->sections[i];

        if (strcmp(name, section_rules[i].name) != 0)
            continue;
        if (section->line != 0)
            return complain_repeated(place, name, section->line);
        section->line = place->line;
        builder->current = section;
        return XS_OK;
    }
    return complain(place, name, "unknown section");
}

static enum xs_error check_jid(struct section *section, const struct xs_lines_place *place,
                               const char *value)
{
    enum xs_error error = xs_jid_parse(value, strlen(value), &section->jid);

    if (error == XS_ERROR_NOMEM)
        return no_memory(place);
    if (error != XS_OK || strchr(value, '/') != NULL)
        return complain(place, "jid", "not a bare JID");
    if (strcmp(xs_jid_domain(&section->jid), section->domain) != 0)
        return complain(place, "jid", "not in the domain of its section");
    return XS_OK;
}

/* Checks a value that is not empty. */
static enum xs_error check_value(struct section *section, size_t index,
                                 const struct xs_lines_place *place, const char *value)
{
    const struct key_rule *rule = &section->rules[index];
    const char *why = NULL;

    if (section->rules == domain_rules && index == DOMAIN_JID)
        return check_jid(section, place, value);
    if (rule->check != NULL)
        why = rule->check(value);
    else if (!xs_value_parse_number(value, rule->min, rule->max, &section->settings[index].number))
        why = rule->range;
    return why == NULL ? XS_OK : complain(place, rule->key, why);
}

/* Called for each KEY = VALUE. */
static enum xs_error take_setting(void *user, const struct xs_lines_place *place, const char *key,
                                  const char *value)
{
    struct builder *builder = user;
    struct section *section = builder->current;
    struct setting *setting;
    enum xs_error error;
    size_t index = 0;

    if (section == NULL)
        return complain(place, key, "not in any section");
    while (section->rules[index].key != NULL && strcmp(section->rules[index].key, key) != 0)
        index++;
    if (section->rules[index].key == NULL)
        return complain(place, key, "unknown key in this section");
    setting = &section->settings[index];
    if (setting->line != 0)
        return complain_repeated(place, key, setting->line);
    setting->line = place->line;
    if (value[0] == '\0') /* as if it were not there */
        return XS_OK;
    error = check_value(section, index, place, value);
    if (error != XS_OK)
        return error;
    setting->text = keep_text(builder->config, value, strlen(value));
    return setting->text != NULL ? XS_OK : no_memory(place);
}

/* Returns a setting of [redis], or of the program's own section if that has it. */
static const struct setting *redis_setting(const struct builder *builder, int program, size_t index)
{
    const struct setting *own = &builder->sections[SECTION_REDIS_PROGRAM + program].settings[index];

    return own->text != NULL ? own : &builder->sections[SECTION_REDIS].settings[index];
}

/* Keeps the names of the Sentinels. */
static enum xs_error build_sentinel(struct builder *builder, int program, const char *text,
                                    const struct xs_lines_place *place)
{
    struct xs_config *config = builder->config;
    struct xs_sentinel_config *sentinel = &config->sentinel[program];
    struct xs_sentinel_address address = {.master = NULL};

    (void)xs_value_parse_sentinel(text, &address); /* was checked when it was read */
    sentinel->password_file = redis_setting(builder, program, REDIS_SENTINEL_PASSWORD_FILE)->text;
    sentinel->master = keep_text(config, address.master, address.master_len);
    for (size_t i = 0; i < address.peer_count; i++) {
        const struct xs_address *peer = &address.peers[i];

        sentinel->peers[i].host = keep_text(config, peer->host, peer->host_len);
        sentinel->peers[i].port = peer->port;
        if (sentinel->peers[i].host == NULL)
            return no_memory(place);
    }
    sentinel->peer_count = address.peer_count;
    config->redis[program].sentinel = sentinel;
    return sentinel->master != NULL ? XS_OK : no_memory(place);
}

static enum xs_error build_redis(struct builder *builder, int program, struct xs_lines_place place)
{
    struct xs_redis_config *redis = &builder->config->redis[program];
    const struct setting *username = redis_setting(builder, program, REDIS_USERNAME);
    const struct setting *timeout = redis_setting(builder, program, REDIS_TIMEOUT_MS);
    const char *text = redis_setting(builder, program, REDIS_ADDRESS)->text;
    struct xs_address address = {.host = NULL};

    redis->username = username->text;
    redis->password_file = redis_setting(builder, program, REDIS_PASSWORD_FILE)->text;
    redis->timeout_ms = timeout->text != NULL ? timeout->number : 250;
    place.line = username->line;
    if (redis->username != NULL && redis->password_file == NULL)
        return complain(&place, "username", "needs a password_file");
    if (text == NULL)
        text = "/run/redis/redis-server.sock";
    if (xs_value_is_sentinel(text))
        return build_sentinel(builder, program, text, &place);
    (void)xs_value_parse_address(text, &address); /* was checked when it was read */
    redis->port = address.port;
    if (address.host == NULL) {
        redis->path = text;
        return XS_OK;
    }
    redis->host = keep_text(builder->config, address.host, address.host_len);
    return redis->host != NULL ? XS_OK : no_memory(&place);
}

/* Takes the host's name for a bot that was not given one. */
static enum xs_error build_bot_name(struct xs_config *config, const struct xs_lines_place *place)
{
    char name[XS_VALUE_WORD_MAX + 1] = "";

    if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0' ||
        xs_value_check_name(name) != NULL)
        return xs_error_set(place->info, XS_ERROR_INVALID,
                            "%s: name: missing in [bot], and the host's name cannot serve",
                            place->path);
    config->bot_name = keep_text(config, name, strlen(name));
    return config->bot_name != NULL ? XS_OK : no_memory(place);
}

static const char *text_or(const struct setting *setting, const char *otherwise)
{
    return setting->text != NULL ? setting->text : otherwise;
}

static int number_or(const struct setting *setting, int otherwise)
{
    return setting->text != NULL ? setting->number : otherwise;
}

static enum xs_error build_programs(struct builder *builder, const struct xs_lines_place *place)
{
    const struct setting *fcgi = builder->sections[SECTION_FCGI].settings;
    const struct setting *bot = builder->sections[SECTION_BOT].settings;
    struct xs_config *config = builder->config;

    config->fcgi_socket = text_or(&fcgi[FCGI_SOCKET], "/run/xmpp-status/fcgi.sock");
    config->max_age_s = number_or(&fcgi[FCGI_MAX_AGE_S], 1);
    config->cache_entries = number_or(&fcgi[FCGI_CACHE_ENTRIES], 100000);
    config->streams = number_or(&fcgi[FCGI_STREAMS], 1000);
    config->stream_jids = number_or(&fcgi[FCGI_STREAM_JIDS], 100);
    config->replica_cutoff_s = number_or(&fcgi[FCGI_REPLICA_CUTOFF_S], 5);
    config->bot_name = bot[BOT_NAME].text;
    config->forget_days = number_or(&bot[BOT_FORGET_DAYS], 180);
    config->lock_dir = text_or(&bot[BOT_LOCK_DIR], "/run/xmpp-status-bot");
    for (int program = 0; program < XS_PROGRAM_COUNT; program++) {
        enum xs_error error = build_redis(builder, program, *place);

        if (error != XS_OK)
            return error;
    }
    return config->bot_name != NULL ? XS_OK : build_bot_name(config, place);
}

static int first_line(const struct section *section)
{
    int line = 0;

    for (size_t i = 0; i < KEYS_MAX; i++) {
        int candidate = section->settings[i].line;

        if (candidate != 0 && (line == 0 || candidate < line))
            line = candidate;
    }
    return line;
}

static enum xs_error build_domains(struct builder *builder, const struct xs_lines_place *place)
{
    struct xs_config *config = builder->config;

    if (builder->domain_count == 0)
        return XS_OK;
    config->domains = calloc(builder->domain_count, sizeof *config->domains);
    if (config->domains == NULL)
        return no_memory(place);
    config->domain_count = builder->domain_count;
    for (size_t i = 0; i < builder->domain_count; i++) {
        const struct section *section = &builder->domains[i];
        struct xs_domain_config *domain = &config->domains[i];

        strcpy(domain->domain, section->domain);
        domain->jid = section->jid;
        domain->password_file = section->settings[DOMAIN_PASSWORD_FILE].text;
        domain->host = section->settings[DOMAIN_HOST].text;
        domain->port = number_or(&section->settings[DOMAIN_PORT], 5222);
        domain->ca_file = section->settings[DOMAIN_CA_FILE].text;
        domain->line = first_line(section);
    }
    return XS_OK;
}

enum xs_error xs_config_load(const char *path, struct xs_config **ret_config,
                             struct xs_error_info *info)
{
    struct builder builder = {.config = calloc(1, sizeof *builder.config)};
    const struct xs_lines_place place = {.path = path, .info = info};
    const struct xs_lines_handler handler = {take_section, take_setting, &builder};
    enum xs_error error;

    if (builder.config == NULL)
        return no_memory(&place);
    for (size_t i = 0; i < SECTION_COUNT; i++)
        builder.sections[i].rules = section_rules[i].rules;
    error = xs_lines_read(path, XS_CONFIG_LINE_MAX, &handler, info);
    if (error == XS_OK)
        error = check_section(&builder, place);
    if (error == XS_OK)
        error = build_programs(&builder, &place);
    if (error == XS_OK)
        error = build_domains(&builder, &place);
    free(builder.domains);
    if (error != XS_OK) {
        xs_config_free(builder.config);
        return error;
    }
    *ret_config = builder.config;
    return XS_OK;
}

void xs_config_free(struct xs_config *config)
{
    if (config == NULL)
        return;
    while (config->strings != NULL) {
        struct xs_config_strings *next = config->strings->next;

        free(config->strings);
        config->strings = next;
    }
    free(config->domains);
    free(config);
}

const struct xs_domain_config *xs_config_domain(const struct xs_config *config, const char *domain)
{
    for (size_t i = 0; i < config->domain_count; i++) {
        if (strcmp(config->domains[i].domain, domain) == 0)
            return &config->domains[i];
    }
    return NULL;
}
