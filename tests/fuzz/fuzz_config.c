/* The configuration file. The input is its content. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"
#include "config_value.h"
#include "fuzz.h"

/* Writes the bytes into a file in memory. Returns its descriptor. */
static int make_file(const uint8_t *data, size_t size)
{
    int fd = memfd_create("config", MFD_CLOEXEC);

    FUZZ_CHECK(fd >= 0);
    FUZZ_CHECK(size == 0 || write(fd, data, size) == (ssize_t)size);
    return fd;
}

static int count_lines(const uint8_t *data, size_t size)
{
    int lines = 1;

    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    return lines;
}

/* An error says in one line, in which line of the file it is. */
static void check_error(enum xs_error error, const struct xs_error_info *info, const char *path,
                        int lines)
{
    const char *after = info->text + strlen(path);
    char *end;
    long line;

    FUZZ_CHECK(error == XS_ERROR_INVALID || error == XS_ERROR_TOO_LONG);
    FUZZ_CHECK(info->code == error);
    FUZZ_CHECK(memchr(info->text, '\0', sizeof info->text) != NULL);
    FUZZ_CHECK(strchr(info->text, '\n') == NULL);
    FUZZ_CHECK(strncmp(info->text, path, strlen(path)) == 0);
    FUZZ_CHECK(after[0] == ':');
    line = strtol(after + 1, &end, 10);
    FUZZ_CHECK(line >= 1 && line <= lines);
    FUZZ_CHECK(strncmp(end, ": ", 2) == 0 && end[2] != '\0');
}

static bool is_path(const char *value)
{
    return value != NULL && value[0] == '/';
}

static void check_sentinel(const struct xs_sentinel_config *sentinel)
{
    FUZZ_CHECK(sentinel->master[0] != '\0' && strchr(sentinel->master, '@') == NULL);
    FUZZ_CHECK(sentinel->password_file == NULL || is_path(sentinel->password_file));
    FUZZ_CHECK(sentinel->peer_count >= 1 && sentinel->peer_count <= XS_SENTINEL_PEERS_MAX);
    for (size_t i = 0; i < sentinel->peer_count; i++) {
        FUZZ_CHECK(sentinel->peers[i].host[0] != '\0');
        FUZZ_CHECK(strchr(sentinel->peers[i].host, ',') == NULL);
        FUZZ_CHECK(sentinel->peers[i].port >= 1 && sentinel->peers[i].port <= 65535);
    }
}

static void check_redis(const struct xs_redis_config *redis)
{
    FUZZ_CHECK((redis->path != NULL) + (redis->host != NULL) + (redis->sentinel != NULL) == 1);
    if (redis->sentinel != NULL)
        check_sentinel(redis->sentinel);
    else if (redis->path != NULL)
        FUZZ_CHECK(is_path(redis->path) && redis->port == 0);
    else
        FUZZ_CHECK(redis->host[0] != '\0' && redis->port >= 1 && redis->port <= 65535);
    FUZZ_CHECK(redis->username == NULL || redis->password_file != NULL);
    FUZZ_CHECK(redis->password_file == NULL || is_path(redis->password_file));
    FUZZ_CHECK(redis->timeout_ms >= 1 && redis->timeout_ms <= 60000);
}

static void check_domain(const struct xs_config *config, const struct xs_domain_config *domain,
                         int lines)
{
    FUZZ_CHECK(xs_config_domain(config, domain->domain) == domain); /* named once */
    fuzz_check_bare_jid(domain->jid.bare, domain->jid.local_len, domain->jid.domain_len);
    FUZZ_CHECK(strcmp(xs_jid_domain(&domain->jid), domain->domain) == 0);
    FUZZ_CHECK(is_path(domain->password_file));
    FUZZ_CHECK(domain->host == NULL || xs_value_check_name(domain->host) == NULL);
    FUZZ_CHECK(domain->port >= 1 && domain->port <= 65535);
    FUZZ_CHECK(domain->ca_file == NULL || is_path(domain->ca_file));
    FUZZ_CHECK(domain->line >= 1 && domain->line <= lines);
}

static void check_config(const struct xs_config *config, int lines)
{
    for (size_t i = 0; i < XS_PROGRAM_COUNT; i++)
        check_redis(&config->redis[i]);
    FUZZ_CHECK(is_path(config->fcgi_socket));
    FUZZ_CHECK(config->max_age_s >= 0 && config->max_age_s <= 86400);
    FUZZ_CHECK(config->bot_name != NULL && config->bot_name[0] != '\0');
    FUZZ_CHECK(strpbrk(config->bot_name, " /\t\r\n") == NULL);
    FUZZ_CHECK(config->forget_days >= 1 && config->forget_days <= 3650);
    FUZZ_CHECK(is_path(config->lock_dir));
    for (size_t i = 0; i < config->domain_count; i++)
        check_domain(config, &config->domains[i], lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = make_file(data, size);
    int lines = count_lines(data, size);
    struct xs_error_info info = {.code = XS_OK};
    struct xs_config *config = NULL;
    char path[64];
    enum xs_error error;

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    error = xs_config_load(path, &config, &info);
    if (error == XS_OK) {
        check_config(config, lines);
        FUZZ_CHECK(info.code == XS_OK);
    } else {
        FUZZ_CHECK(config == NULL);
        check_error(error, &info, path, lines);
    }
    xs_config_free(config);
    FUZZ_CHECK(close(fd) == 0);
    return 0;
}
