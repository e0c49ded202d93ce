#include "config_value.h"

#include <limits.h>
#include <string.h>
#include <sys/un.h>

/* Bytes of a port's digits, terminator included. */
#define PORT_SIZE 6

#define SENTINEL_SCHEME "sentinel://"
#define SENTINEL_FORM   SENTINEL_SCHEME "MASTER@HOST:PORT,HOST:PORT,..."

static bool is_graphic(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    return true;
}

const char *xs_value_check_path(const char *value)
{
    return value[0] == '/' ? NULL : "must be an absolute path";
}

const char *xs_value_check_socket(const char *value)
{
    if (value[0] != '/')
        return "must be an absolute path";
    if (strlen(value) >= sizeof((struct sockaddr_un *)0)->sun_path)
        return "must be shorter than 108 bytes, as the path of a socket";
    return NULL;
}

const char *xs_value_check_word(const char *value)
{
    size_t len = strlen(value);

    if (len > XS_VALUE_WORD_MAX)
        return "must not be longer than 255 bytes";
    return is_graphic(value, len) ? NULL : "must be printable ASCII without spaces";
}

const char *xs_value_check_name(const char *value)
{
    const char *why = xs_value_check_word(value);

    if (why == NULL && strchr(value, '/') != NULL)
        why = "must not contain '/'";
    return why;
}

bool xs_value_parse_number(const char *value, int min, int max, int *ret_number)
{
    int number = 0;

    if (value[0] == '\0')
        return false;
    for (const char *digit = value; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9' || number > (INT_MAX - 9) / 10)
            return false;
        number = number * 10 + (*digit - '0');
    }
    if (number < min || number > max)
        return false;
    *ret_number = number;
    return true;
}

/* Reads HOST:PORT or [HOST]:PORT, `len` bytes; false if it is neither. */
static bool parse_host_port(const char *text, size_t len, struct xs_address *ret_address)
{
    bool bracketed = len > 0 && text[0] == '[';
    const char *host = bracketed ? text + 1 : text;
    const char *end = memchr(text, bracketed ? ']' : ':', len);
    const char *port = end != NULL ? end + (bracketed ? 2 : 1) : NULL;
    struct xs_address address = {.host = host};
    char digits[PORT_SIZE] = "";

    if (end == NULL || port > text + len || port[-1] != ':' ||
        (size_t)(text + len - port) >= sizeof digits)
        return false;
    memcpy(digits, port, (size_t)(text + len - port));
    address.host_len = (size_t)(end - host);
    if (address.host_len == 0 || address.host_len > XS_VALUE_WORD_MAX ||
        !is_graphic(host, address.host_len) ||
        !xs_value_parse_number(digits, 1, XS_VALUE_PORT_MAX, &address.port))
        return false;
    *ret_address = address;
    return true;
}

const char *xs_value_parse_address(const char *value, struct xs_address *ret_address)
{
    const char *why;

    if (value[0] == '/') {
        why = xs_value_check_socket(value);
        if (why == NULL)
            *ret_address = (struct xs_address){.host = NULL};
        return why;
    }
    return parse_host_port(value, strlen(value), ret_address)
               ? NULL
               : "must be an absolute path, HOST:PORT, [IPV6]:PORT or " SENTINEL_FORM;
}

bool xs_value_is_sentinel(const char *value)
{
    return strncmp(value, SENTINEL_SCHEME, strlen(SENTINEL_SCHEME)) == 0;
}

/* Says whether Sentinel would take it for the name of a master. */
static bool is_master_name(const char *name, size_t len)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

    return len > 0 && len <= XS_VALUE_WORD_MAX && strspn(name, letters) == len;
}

const char *xs_value_parse_sentinel(const char *value, struct xs_sentinel_address *ret_address)
{
    static const char form[] = "must be " SENTINEL_FORM;
    struct xs_sentinel_address address = {.master = value + strlen(SENTINEL_SCHEME)};
    const char *next = strchr(address.master, '@');

    if (next == NULL)
        return form;
    address.master_len = (size_t)(next - address.master);
    if (!is_master_name(address.master, address.master_len))
        return "must name a master, of letters, digits, '.', '-' and '_', before the '@'";
    while (*next != '\0') {
        size_t len = strcspn(++next, ",");

        if (address.peer_count == XS_SENTINEL_PEERS_MAX)
            return "must not name more than 9 Sentinels";
        if (!parse_host_port(next, len, &address.peers[address.peer_count++]))
            return form;
        next += len;
    }
    *ret_address = address;
    return NULL;
}
