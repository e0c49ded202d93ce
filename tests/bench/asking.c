#include "asking.h"

#include <arpa/inet.h>
#include <fastcgi.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

void asking_die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

int64_t asking_clock_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int asking_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        asking_die(path);
    return fd;
}

int asking_connect_port(const char *port, uint32_t from)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(from)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)atoi(port)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        asking_die("connect");
    return fd;
}

static size_t add_pair(unsigned char *out, const char *name, const char *value)
{
    size_t name_len = strlen(name), value_len = strlen(value);

    out[0] = (unsigned char)name_len;
    out[1] = (unsigned char)value_len;
    memcpy(out + 2, name, name_len);
    memcpy(out + 2 + name_len, value, value_len);
    return 2 + name_len + value_len;
}

static size_t add_header(unsigned char *out, unsigned type, size_t len)
{
    const FCGI_Header header = {.version = FCGI_VERSION_1,
                                .type = (unsigned char)type,
                                .requestIdB0 = 1,
                                .contentLengthB1 = (unsigned char)(len >> 8),
                                .contentLengthB0 = (unsigned char)len};

    memcpy(out, &header, sizeof header);
    return sizeof header;
}

size_t asking_write(unsigned char ret_request[ASKING_REQUEST_MAX], const char *jid,
                    const char *query, bool is_stream)
{
    const FCGI_BeginRequestBody begin = {.roleB0 = FCGI_RESPONDER,
                                         .flags = is_stream ? 0 : FCGI_KEEP_CONN};
    unsigned char pairs[512];
    char path[128];
    size_t pairs_len, len;

    (void)snprintf(path, sizeof path, "/%s", jid);
    pairs_len = add_pair(pairs, "REQUEST_METHOD", "GET");
    pairs_len += add_pair(pairs + pairs_len, "PATH_INFO", path);
    pairs_len += add_pair(pairs + pairs_len, "QUERY_STRING", query);
    if (is_stream)
        pairs_len += add_pair(pairs + pairs_len, "XMPP_STATUS_STREAMS", "on");
    len = add_header(ret_request, FCGI_BEGIN_REQUEST, sizeof begin);
    memcpy(ret_request + len, &begin, sizeof begin);
    len += sizeof begin;
    len += add_header(ret_request + len, FCGI_PARAMS, pairs_len);
    memcpy(ret_request + len, pairs, pairs_len);
    len += pairs_len;
    len += add_header(ret_request + len, FCGI_PARAMS, 0);
    return len + add_header(ret_request + len, FCGI_STDIN, 0);
}

void asking_send(int fd, const void *bytes, size_t len)
{
    if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        asking_die("send");
}
