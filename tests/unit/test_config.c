#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

static char path[64];

static int make_file(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/xs-test-config-XXXXXX");
    fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* Loads a file with these bytes. */
static enum xs_error load_bytes(const char *bytes, size_t len, struct xs_config **ret_config,
                                struct xs_error_info *info)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return xs_config_load(path, ret_config, info);
}

/* Loads a file that must be valid. */
static struct xs_config *load(const char *text)
{
    struct xs_error_info info = {.code = XS_OK};
    struct xs_config *config = NULL;

    if (load_bytes(text, strlen(text), &config, &info) != XS_OK)
        fail_msg("%s", info.text);
    assert_non_null(config);
    return config;
}

static void config_load__gives_defaults__for_an_empty_file(void **state)
{
    struct xs_config *config = load("");
    char host[256] = "";

    (void)state;
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    for (int i = 0; i < XS_PROGRAM_COUNT; i++) {
        assert_string_equal(config->redis[i].path, "/run/redis/redis-server.sock");
        assert_null(config->redis[i].host);
        assert_null(config->redis[i].sentinel);
        assert_int_equal(config->redis[i].port, 0);
        assert_null(config->redis[i].username);
        assert_null(config->redis[i].password_file);
        assert_int_equal(config->redis[i].timeout_ms, 250);
    }
    assert_string_equal(config->fcgi_socket, "/run/xmpp-status/fcgi.sock");
    assert_int_equal(config->max_age_s, 1);
    assert_int_equal(config->replica_cutoff_s, 5);
    assert_int_equal(config->cache_entries, 100000);
    assert_int_equal(config->streams, 1000);
    assert_int_equal(config->stream_jids, 100);
    assert_string_equal(config->bot_name, host);
    assert_int_equal(config->forget_days, 180);
    assert_string_equal(config->lock_dir, "/run/xmpp-status-bot");
    assert_int_equal(config->domain_count, 0);
    assert_null(xs_config_domain(config, "example.org"));
    xs_config_free(config);
}

/* Every key there is, written in every way there is. */
static const char every_key[] = "# a comment\n"
                                "[redis]\n"
                                "address = 127.0.0.1:6380   ; a comment\n"
                                "username = panel\n"
                                "password_file = /etc/p\n"
                                "timeout_ms=60000\n"
                                "\n"
                                "  [fcgi] ; a comment\n"
                                "  socket = /run/f.sock\r\n"
                                "max_age_s = 0\n"
                                "cache_entries = 0\n"
                                "streams = 10000\n"
                                "stream_jids = 1\n"
                                "replica_cutoff_s = 3600\n"
                                "[bot]\n"
                                "name = bot-1.example.org\n"
                                "forget_days = 3650\n"
                                "lock_dir = /run/l\n"
                                "[domain XN--mnchen-3ya.de]\n"
                                "jid = Presence@M\xC3\xBCnchen.de\n"
                                "password_file = /etc/m\n"
                                "host = 127.0.0.1\n"
                                "port = 5223\n"
                                "ca_file = /etc/ca.pem\n"
                                "[domain example.org]\n"
                                "\n"
                                "password_file = /etc/e\n"
                                "jid = presence@example.org";

static void config_load__reads__every_key(void **state)
{
    struct xs_config *config = load(every_key);
    const struct xs_domain_config *domain = xs_config_domain(config, "m\xC3\xBCnchen.de");

    (void)state;
    assert_string_equal(config->redis[XS_PROGRAM_BOT].host, "127.0.0.1");
    assert_null(config->redis[XS_PROGRAM_BOT].path);
    assert_int_equal(config->redis[XS_PROGRAM_BOT].port, 6380);
    assert_string_equal(config->redis[XS_PROGRAM_BOT].username, "panel");
    assert_string_equal(config->redis[XS_PROGRAM_BOT].password_file, "/etc/p");
    assert_int_equal(config->redis[XS_PROGRAM_BOT].timeout_ms, 60000);
    assert_string_equal(config->fcgi_socket, "/run/f.sock");
    assert_int_equal(config->max_age_s, 0);
    assert_int_equal(config->cache_entries, 0);
    assert_int_equal(config->streams, 10000);
    assert_int_equal(config->stream_jids, 1);
    assert_int_equal(config->replica_cutoff_s, 3600);
    assert_string_equal(config->bot_name, "bot-1.example.org");
    assert_int_equal(config->forget_days, 3650);
    assert_string_equal(config->lock_dir, "/run/l");
    assert_int_equal(config->domain_count, 2);
    assert_non_null(domain);
    assert_string_equal(domain->domain, "m\xC3\xBCnchen.de");
    assert_string_equal(domain->jid.bare, "presence@m\xC3\xBCnchen.de");
    assert_string_equal(domain->password_file, "/etc/m");
    assert_string_equal(domain->host, "127.0.0.1");
    assert_int_equal(domain->port, 5223);
    assert_string_equal(domain->ca_file, "/etc/ca.pem");
    assert_int_equal(domain->line, 20);
    domain = xs_config_domain(config, "example.org");
    assert_non_null(domain);
    assert_null(domain->host);
    assert_null(domain->ca_file);
    assert_int_equal(domain->port, 5222);
    assert_int_equal(domain->line, 27);
    assert_null(xs_config_domain(config, "example.net"));
    xs_config_free(config);
}

static void config_load__reads__sentinels(void **state)
{
    struct xs_config *config = load("[redis]\n"
                                    "address = sentinel://xmpp-status.1@10.0.0.1:26379,[fd00::2]:1,"
                                    "sentinel-3.example.org:65535\n"
                                    "sentinel_password_file = /etc/s\n"
                                    "[redis fcgi]\n"
                                    "address = /run/replica.sock\n");
    const struct xs_sentinel_config *sentinel = config->redis[XS_PROGRAM_BOT].sentinel;

    (void)state;
    assert_non_null(sentinel);
    assert_null(config->redis[XS_PROGRAM_BOT].path);
    assert_null(config->redis[XS_PROGRAM_BOT].host);
    assert_string_equal(sentinel->master, "xmpp-status.1");
    assert_string_equal(sentinel->password_file, "/etc/s");
    assert_int_equal(sentinel->peer_count, 3);
    assert_string_equal(sentinel->peers[0].host, "10.0.0.1");
    assert_int_equal(sentinel->peers[0].port, 26379);
    assert_string_equal(sentinel->peers[1].host, "fd00::2");
    assert_int_equal(sentinel->peers[1].port, 1);
    assert_string_equal(sentinel->peers[2].host, "sentinel-3.example.org");
    assert_int_equal(sentinel->peers[2].port, 65535);
    assert_non_null(config->redis[XS_PROGRAM_CTL].sentinel);
    assert_null(config->redis[XS_PROGRAM_FCGI].sentinel);
    assert_string_equal(config->redis[XS_PROGRAM_FCGI].path, "/run/replica.sock");
    xs_config_free(config);
}

static void config_load__overrides_single_keys__in_any_order(void **state)
{
    struct xs_config *config = load("[redis ctl]\n"
                                    "address = [::1]:7000\n"
                                    "[redis]\n"
                                    "address = /run/a.sock\n"
                                    "password_file = /etc/p\n"
                                    "timeout_ms = 300\n"
                                    "[redis fcgi]\n"
                                    "timeout_ms = 100\n"
                                    "[redis bot]\n"
                                    "username = bot\n"
                                    "password_file = /etc/b\n"
                                    "address =\n");
    const struct xs_redis_config *redis = config->redis;

    (void)state;
    assert_string_equal(redis[XS_PROGRAM_FCGI].path, "/run/a.sock");
    assert_string_equal(redis[XS_PROGRAM_FCGI].password_file, "/etc/p");
    assert_null(redis[XS_PROGRAM_FCGI].username);
    assert_int_equal(redis[XS_PROGRAM_FCGI].timeout_ms, 100);
    assert_string_equal(redis[XS_PROGRAM_BOT].path, "/run/a.sock");
    assert_string_equal(redis[XS_PROGRAM_BOT].password_file, "/etc/b");
    assert_string_equal(redis[XS_PROGRAM_BOT].username, "bot");
    assert_int_equal(redis[XS_PROGRAM_BOT].timeout_ms, 300);
    assert_null(redis[XS_PROGRAM_CTL].path);
    assert_string_equal(redis[XS_PROGRAM_CTL].host, "::1");
    assert_int_equal(redis[XS_PROGRAM_CTL].port, 7000);
    xs_config_free(config);
}

static void config_load__takes_empty_values__as_not_set(void **state)
{
    struct xs_config *config = load("[redis]\naddress =\nusername =\npassword_file=\ntimeout_ms =\n"
                                    "[fcgi]\nsocket =  ; default\nmax_age_s =\ncache_entries =\n"
                                    "[bot]\nname =   \nforget_days =\nlock_dir =\n"
                                    "[domain a.b]\njid = x@a.b\npassword_file = /p\n"
                                    "host =\nport =\nca_file =\n");

    (void)state;
    assert_string_equal(config->redis[0].path, "/run/redis/redis-server.sock");
    assert_null(config->redis[0].username);
    assert_int_equal(config->redis[0].timeout_ms, 250);
    assert_string_equal(config->fcgi_socket, "/run/xmpp-status/fcgi.sock");
    assert_int_equal(config->max_age_s, 1);
    assert_int_equal(config->cache_entries, 100000);
    assert_string_not_equal(config->bot_name, "");
    assert_int_equal(config->forget_days, 180);
    assert_null(config->domains[0].host);
    assert_int_equal(config->domains[0].port, 5222);
    assert_null(config->domains[0].ca_file);
    xs_config_free(config);
}

/* Loads a file that must be refused and compares what is said behind its path. */
static void assert_refused(const char *bytes, size_t len, enum xs_error error, const char *why)
{
    struct xs_error_info info = {.code = XS_OK};
    struct xs_config *config = NULL;
    enum xs_error got = load_bytes(bytes, len, &config, &info);

    assert_null(config);
    assert_string_equal(strncmp(info.text, path, strlen(path)) == 0 ? info.text + strlen(path) : "",
                        why);
    assert_int_equal(got, error);
    assert_int_equal(info.code, error);
    assert_int_equal(load_bytes(bytes, len, &config, NULL), error);
}

#define D             "[domain a.b]\njid = x@a.b\npassword_file = /p\n"
#define TIMEOUT_RANGE ": timeout_ms: must be a number from 1 to 60000"
#define MASTER_NAME                                                                                \
    ": address: must name a master, of letters, digits, '.', '-' and '_', before the '@'"
#define CUTOFF_RANGE  ": replica_cutoff_s: must be a number from 4 to 3600"
#define SENTINEL_FORM "sentinel://MASTER@HOST:PORT,HOST:PORT,..."
#define ADDRESS_FORM  ": address: must be an absolute path, HOST:PORT, [IPV6]:PORT or " SENTINEL_FORM
#define WORD_FORM     "must be printable ASCII without spaces"
#define PATH_100                                                                                   \
    "/23456789/123456789/123456789/123456789/123456789"                                            \
    "/123456789/123456789/123456789/123456789/123456789/"

static void config_load__refuses__structure(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"\n\nnonsense\n", ":3: neither [SECTION] nor KEY = VALUE"},
        {"[redis]\nnonsense\nbad = 1\n", ":2: neither [SECTION] nor KEY = VALUE"},
        {"[redis\n", ":1: a section without ']'"},
        {"[redis] x\n", ":1: text after the section's ']'"},
        {"a = 1\n", ":1: a: not in any section"},
        {"[]\n", ":1: : unknown section"},
        {"[Redis]\n", ":1: Redis: unknown section"},
        {"[redis other]\n", ":1: redis other: unknown section"},
        {"[ redis]\n", ":1:  redis: unknown section"},
        {"[domain]\n", ":1: domain: unknown section"},
        {"[redis]\n\n[redis]\n", ":3: redis: repeated, first on line 1"},
        {"[bot]\n[fcgi]\n[bot]\n", ":3: bot: repeated, first on line 1"},
        {"[redis]\nadress = /x\n", ":2: adress: unknown key in this section"},
        {"[redis]\n= x\n", ":2: : unknown key in this section"},
        {"[fcgi]\naddress = /x\n", ":2: address: unknown key in this section"},
        {"[redis]\ntimeout_ms = 1\ntimeout_ms = 1\n", ":3: timeout_ms: repeated, first on line 2"},
        {"[redis]\ntimeout_ms =\ntimeout_ms = 1\n", ":3: timeout_ms: repeated, first on line 2"},
        {"[domain ]\n", ":1: domain : not a domain name"},
        {"[domain a..b]\n", ":1: domain a..b: not a domain name"},
        {"[domain x@a.b]\n", ":1: domain x@a.b: not a domain name"},
        {"[domain  a.b]\n", ":1: domain  a.b: not a domain name"},
        {D "[domain a.b]\n", ":4: domain a.b: repeated, first on line 1"},
        {D "[domain A.B.]\n", ":4: domain A.B.: repeated, first on line 1"},
        {"[domain xn--mnchen-3ya.de]\njid=a@xn--mnchen-3ya.de\npassword_file=/p\n"
         "[domain m\xC3\xBCnchen.de]\n",
         ":4: domain m\xC3\xBCnchen.de: repeated, first on line 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(rows[i].text, strlen(rows[i].text), XS_ERROR_INVALID, rows[i].why);
}

/* A value that must be refused, and why; NULL if it must not. */
struct value_row {
    const char *text;
    const char *why;
};

static const struct value_row value_rows[] = {
    {"[redis]\ntimeout_ms = 0\n", ":2" TIMEOUT_RANGE},
    {"[redis]\ntimeout_ms = 60001\n", ":2" TIMEOUT_RANGE},
    {"[redis]\ntimeout_ms = -1\n", ":2" TIMEOUT_RANGE},
    {"[redis]\ntimeout_ms = 1s\n", ":2" TIMEOUT_RANGE},
    {"[redis]\ntimeout_ms = 4294967297\n", ":2" TIMEOUT_RANGE},
    {"[redis fcgi]\ntimeout_ms = 0x10\n", ":2" TIMEOUT_RANGE},
    {"[redis]\naddress = redis\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = run/x.sock\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = :6379\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = a:\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = a:0\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = a:65536\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = ::1:6379\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = [::1]\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = [::1:6379\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = []:6379\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = a b:6379\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = [::1]6379\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = [::1]:\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = a:006379\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = a:6379,b:6379\n", ":2" ADDRESS_FORM},
    {"[redis]\naddress = sentinel://m\n", ":2: address: must be " SENTINEL_FORM},
    {"[redis]\naddress = sentinel://m@\n", ":2: address: must be " SENTINEL_FORM},
    {"[redis]\naddress = sentinel://m@a\n", ":2: address: must be " SENTINEL_FORM},
    {"[redis]\naddress = sentinel://m@a:1,\n", ":2: address: must be " SENTINEL_FORM},
    {"[redis]\naddress = sentinel://m@,a:1\n", ":2: address: must be " SENTINEL_FORM},
    {"[redis]\naddress = sentinel://m@a:1,/b\n", ":2: address: must be " SENTINEL_FORM},
    {"[redis]\naddress = sentinel://m@[::1],a:1\n", ":2: address: must be " SENTINEL_FORM},
    {"[redis]\naddress = sentinel://@a:1\n", ":2" MASTER_NAME},
    {"[redis]\naddress = sentinel://m m@a:1\n", ":2" MASTER_NAME},
    {"[redis]\naddress = sentinel://m/@a:1\n", ":2" MASTER_NAME},
    {"[redis]\naddress = sentinel://m@a:1,a:2,a:3,a:4,a:5,a:6,a:7,a:8,a:9\n", NULL},
    {"[redis]\naddress = sentinel://m@a:1,a:2,a:3,a:4,a:5,a:6,a:7,a:8,a:9,a:10\n",
     ":2: address: must not name more than 9 Sentinels"},
    {"[redis]\nsentinel_password_file = p\n",
     ":2: sentinel_password_file: must be an absolute path"},
    {"[fcgi]\nreplica_cutoff_s = 3\n", ":2" CUTOFF_RANGE},
    {"[fcgi]\nreplica_cutoff_s = 3601\n", ":2" CUTOFF_RANGE},
    {"[redis]\naddress = " PATH_100 "1234567\n", NULL}, /* 107 bytes just fit */
    {"[redis]\naddress = " PATH_100 "12345678\n",
     ":2: address: must be shorter than 108 bytes, as the path of a socket"},
    {"[redis]\nusername = a b\n", ":2: username: " WORD_FORM},
    {"[redis]\nusername = \xC3\xA4\n", ":2: username: " WORD_FORM},
    {"[redis]\nusername = a\n", ":2: username: needs a password_file"},
    {"[redis bot]\nusername = a\n", ":2: username: needs a password_file"},
    {"[redis]\npassword_file = p\n", ":2: password_file: must be an absolute path"},
    {"[fcgi]\nsocket = x.sock\n", ":2: socket: must be an absolute path"},
    {"[fcgi]\nsocket = " PATH_100 "12345678\n",
     ":2: socket: must be shorter than 108 bytes, as the path of a socket"},
    {"[fcgi]\nstreams = 100001\n", ":2: streams: must be a number from 0 to 100000"},
    {"[fcgi]\nstream_jids = 0\n", ":2: stream_jids: must be a number from 1 to 100"},
    {"[fcgi]\nstream_jids = 101\n", ":2: stream_jids: must be a number from 1 to 100"},
    {"[fcgi]\ncache_entries = 10000001\n",
     ":2: cache_entries: must be a number from 0 to 10000000"},
    {"[fcgi]\nmax_age_s = 86401\n", ":2: max_age_s: must be a number from 0 to 86400"},
    {"[bot]\nname = a/b\n", ":2: name: must not contain '/'"},
    {"[bot]\nname = a b\n", ":2: name: " WORD_FORM},
    {"[bot]\nforget_days = 0\n", ":2: forget_days: must be a number from 1 to 3650"},
    {"[bot]\nforget_days = 3651\n", ":2: forget_days: must be a number from 1 to 3650"},
    {"[bot]\nlock_dir = .\n", ":2: lock_dir: must be an absolute path"},
    {"[domain a.b]\n", ":1: jid: missing in this section"},
    {"[domain a.b]\njid =\n", ":1: jid: missing in this section"},
    {"[domain a.b]\njid = x@a.b\n", ":1: password_file: missing in this section"},
    {"[domain a.b]\n[domain c.d]\nbad = 1\n", ":1: jid: missing in this section"},
    {"[domain a.b]\njid = a.b\n", ":2: jid: not a bare JID"},
    {"[domain a.b]\njid = x@a.b/bot\n", ":2: jid: not a bare JID"},
    {"[domain a.b]\njid = x@c.d\n", ":2: jid: not in the domain of its section"},
    {"[domain a.b]\njid = x@sub.a.b\n", ":2: jid: not in the domain of its section"},
    {D "port = 5222\n", ":4: port: needs a host, as DNS says the port otherwise"},
    {D "host = h\nport = 0\n", ":5: port: must be a number from 1 to 65535"},
    {D "host = h\nport = 65536\n", ":5: port: must be a number from 1 to 65535"},
    {D "host = a b\n", ":4: host: " WORD_FORM},
    {D "host = h/x\n", ":4: host: must not contain '/'"},
    {D "ca_file = ca.pem\n", ":4: ca_file: must be an absolute path"},
};

static void config_load__refuses__values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof value_rows / sizeof *value_rows; i++) {
        const struct value_row *row = &value_rows[i];

        if (row->why != NULL)
            assert_refused(row->text, strlen(row->text), XS_ERROR_INVALID, row->why);
        else
            xs_config_free(load(row->text));
    }
}

static void config_load__refuses__nul(void **state)
{
    static const char text[] = "[redis]\naddress = /a\0b\n";

    (void)state;
    assert_refused(text, sizeof text - 1, XS_ERROR_INVALID, ":2: contains a NUL byte");
}

static void config_load__bounds__a_line(void **state)
{
    char text[2 * XS_CONFIG_LINE_MAX] = "[bot]\nlock_dir = /";
    size_t len = strlen(text);
    struct xs_config *config;

    (void)state;
    memset(text + len, 'x', 6 + XS_CONFIG_LINE_MAX - len); /* the second line is full */
    config = load(text);
    assert_int_equal(strlen(config->lock_dir), XS_CONFIG_LINE_MAX - strlen("lock_dir = "));
    xs_config_free(config);
    text[6 + XS_CONFIG_LINE_MAX] = 'x';
    assert_refused(text, strlen(text), XS_ERROR_TOO_LONG, ":2: the line is too long");
}

static void config_load__bounds__a_word(void **state)
{
    char text[512] = "[bot]\nname = ";
    size_t len = strlen(text);
    struct xs_config *config;

    (void)state;
    memset(text + len, 'x', 255);
    config = load(text);
    assert_int_equal(strlen(config->bot_name), 255);
    xs_config_free(config);
    text[len + 255] = 'x';
    assert_refused(text, strlen(text), XS_ERROR_INVALID,
                   ":2: name: must not be longer than 255 bytes");
}

static void config_load__accepts__a_long_domain(void **state)
{
    char domain[256] = "";
    char text[1024];
    struct xs_config *config;

    (void)state;
    for (int i = 0; i < 5; i++) /* longer than inih itself would keep of it */
        strcat(domain, "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl.");
    strcat(domain, "org");
    snprintf(text, sizeof text, "[domain %s]\njid = a@%s\npassword_file = /p\n", domain, domain);
    config = load(text);
    assert_non_null(xs_config_domain(config, domain));
    xs_config_free(config);
}

static void config_load__says_why__if_the_file_cannot_be_read(void **state)
{
    struct xs_error_info info = {.code = XS_OK};
    struct xs_config *config = NULL;

    (void)state;
    assert_int_equal(xs_config_load("/nonexistent/x.conf", &config, &info), XS_ERROR_NOT_FOUND);
    assert_string_equal(info.text,
                        "/nonexistent/x.conf: cannot be opened: No such file or directory");
    info.code = XS_OK;
    assert_int_equal(xs_config_load("/tmp", &config, &info), XS_ERROR_NOT_FOUND);
    assert_string_equal(info.text, "/tmp: cannot be read: Is a directory");
    assert_null(config);
    xs_config_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_load__gives_defaults__for_an_empty_file),
        cmocka_unit_test(config_load__reads__every_key),
        cmocka_unit_test(config_load__overrides_single_keys__in_any_order),
        cmocka_unit_test(config_load__reads__sentinels),
        cmocka_unit_test(config_load__takes_empty_values__as_not_set),
        cmocka_unit_test(config_load__refuses__structure),
        cmocka_unit_test(config_load__refuses__values),
        cmocka_unit_test(config_load__refuses__nul),
        cmocka_unit_test(config_load__bounds__a_line),
        cmocka_unit_test(config_load__bounds__a_word),
        cmocka_unit_test(config_load__accepts__a_long_domain),
        cmocka_unit_test(config_load__says_why__if_the_file_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
