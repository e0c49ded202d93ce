#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_lines.h"
#include "config_sections.h"
#include "config_value.h"

/* Returns a setting of [redis], or of the program's own section if that has it. */
static const struct xs_setting *redis_setting(const struct xs_sections *sections, int program,
                                              size_t index)
{
    const struct xs_setting *own =
        &sections->once[XS_SECTION_REDIS_PROGRAM + program].settings[index];

    return own->text != NULL ? own : &sections->once[XS_SECTION_REDIS].settings[index];
}

/* Keeps the names of the Sentinels. */
static enum xs_error build_sentinel(struct xs_config *config, const struct xs_sections *sections,
                                    int program, const char *text,
                                    const struct xs_lines_place *place)
{
    struct xs_sentinel_config *sentinel = &config->sentinel[program];
    struct xs_sentinel_address address = {.master = NULL};

    (void)xs_value_parse_sentinel(text, &address); /* was checked when it was read */
    sentinel->password_file =
        redis_setting(sections, program, XS_KEY_REDIS_SENTINEL_PASSWORD_FILE)->text;
    sentinel->master = xs_config_strings_keep(&config->strings, address.master, address.master_len);
    for (size_t i = 0; i < address.peer_count; i++) {
        const struct xs_address *peer = &address.peers[i];

        sentinel->peers[i].host =
            xs_config_strings_keep(&config->strings, peer->host, peer->host_len);
        sentinel->peers[i].port = peer->port;
        if (sentinel->peers[i].host == NULL)
            return xs_lines_no_memory(place);
    }
    sentinel->peer_count = address.peer_count;
    config->redis[program].sentinel = sentinel;
    return sentinel->master != NULL ? XS_OK : xs_lines_no_memory(place);
}

static enum xs_error build_redis(struct xs_config *config, const struct xs_sections *sections,
                                 int program, struct xs_lines_place place)
{
    struct xs_redis_config *redis = &config->redis[program];
    const struct xs_setting *username = redis_setting(sections, program, XS_KEY_REDIS_USERNAME);
    const struct xs_setting *timeout = redis_setting(sections, program, XS_KEY_REDIS_TIMEOUT_MS);
    const char *text = redis_setting(sections, program, XS_KEY_REDIS_ADDRESS)->text;
    struct xs_address address = {.host = NULL};

    redis->username = username->text;
    redis->password_file = redis_setting(sections, program, XS_KEY_REDIS_PASSWORD_FILE)->text;
    redis->timeout_ms = timeout->text != NULL ? timeout->number : 250;
    place.line = username->line;
    if (redis->username != NULL && redis->password_file == NULL)
        return xs_lines_complain(&place, "username", "needs a password_file");
    if (text == NULL)
        text = "/run/redis/redis-server.sock";
    if (xs_value_is_sentinel(text))
        return build_sentinel(config, sections, program, text, &place);
    (void)xs_value_parse_address(text, &address); /* was checked when it was read */
    redis->port = address.port;
    if (address.host == NULL) {
        redis->path = text;
        return XS_OK;
    }
    redis->host = xs_config_strings_keep(&config->strings, address.host, address.host_len);
    return redis->host != NULL ? XS_OK : xs_lines_no_memory(&place);
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
    config->bot_name = xs_config_strings_keep(&config->strings, name, strlen(name));
    return config->bot_name != NULL ? XS_OK : xs_lines_no_memory(place);
}

static const char *text_or(const struct xs_setting *setting, const char *otherwise)
{
    return setting->text != NULL ? setting->text : otherwise;
}

static int number_or(const struct xs_setting *setting, int otherwise)
{
    return setting->text != NULL ? setting->number : otherwise;
}

static enum xs_error build_programs(struct xs_config *config, const struct xs_sections *sections,
                                    const struct xs_lines_place *place)
{
    const struct xs_setting *fcgi = sections->once[XS_SECTION_FCGI].settings;
    const struct xs_setting *bot = sections->once[XS_SECTION_BOT].settings;

    config->fcgi_socket = text_or(&fcgi[XS_KEY_FCGI_SOCKET], "/run/xmpp-status/fcgi.sock");
    config->max_age_s = number_or(&fcgi[XS_KEY_FCGI_MAX_AGE_S], 1);
    config->cache_entries = number_or(&fcgi[XS_KEY_FCGI_CACHE_ENTRIES], 100000);
    config->streams = number_or(&fcgi[XS_KEY_FCGI_STREAMS], 1000);
    config->stream_jids = number_or(&fcgi[XS_KEY_FCGI_STREAM_JIDS], 100);
    config->replica_cutoff_s = number_or(&fcgi[XS_KEY_FCGI_REPLICA_CUTOFF_S], 5);
    config->bot_name = bot[XS_KEY_BOT_NAME].text;
    config->forget_days = number_or(&bot[XS_KEY_BOT_FORGET_DAYS], 180);
    config->lock_dir = text_or(&bot[XS_KEY_BOT_LOCK_DIR], "/run/xmpp-status-bot");
    for (int program = 0; program < XS_PROGRAM_COUNT; program++) {
        enum xs_error error = build_redis(config, sections, program, *place);

        if (error != XS_OK)
            return error;
    }
    return config->bot_name != NULL ? XS_OK : build_bot_name(config, place);
}

static int first_line(const struct xs_section *section)
{
    int line = 0;

    for (size_t i = 0; i < XS_SECTION_KEYS_MAX; i++) {
        int candidate = section->settings[i].line;

        if (candidate != 0 && (line == 0 || candidate < line))
            line = candidate;
    }
    return line;
}

static enum xs_error build_domains(struct xs_config *config, const struct xs_sections *sections,
                                   const struct xs_lines_place *place)
{

    if (sections->domain_count == 0)
        return XS_OK;
    config->domains = calloc(sections->domain_count, sizeof *config->domains);
    if (config->domains == NULL)
        return xs_lines_no_memory(place);
    config->domain_count = sections->domain_count;
    for (size_t i = 0; i < sections->domain_count; i++) {
        const struct xs_section *section = &sections->domains[i];
        struct xs_domain_config *domain = &config->domains[i];

        strcpy(domain->domain, section->domain);
        domain->jid = section->jid;
        domain->password_file = section->settings[XS_KEY_DOMAIN_PASSWORD_FILE].text;
        domain->host = section->settings[XS_KEY_DOMAIN_HOST].text;
        domain->port = number_or(&section->settings[XS_KEY_DOMAIN_PORT], 5222);
        domain->ca_file = section->settings[XS_KEY_DOMAIN_CA_FILE].text;
        domain->line = first_line(section);
    }
    return XS_OK;
}

enum xs_error xs_config_load(const char *path, struct xs_config **ret_config,
                             struct xs_error_info *info)
{
    const struct xs_lines_place place = {.path = path, .info = info};
    struct xs_config *config = calloc(1, sizeof *config);
    struct xs_sections sections = {.domains = NULL};
    enum xs_error error;

    if (config == NULL)
        return xs_lines_no_memory(&place);
    error = xs_sections_read(path, &sections, info);
    config->strings = sections.strings;
    sections.strings = NULL;
    if (error == XS_OK)
        error = build_programs(config, &sections, &place);
    if (error == XS_OK)
        error = build_domains(config, &sections, &place);
    xs_sections_free(&sections);
    if (error != XS_OK) {
        xs_config_free(config);
        return error;
    }
    *ret_config = config;
    return XS_OK;
}

void xs_config_free(struct xs_config *config)
{
    if (config == NULL)
        return;
    xs_config_strings_free(config->strings);
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
