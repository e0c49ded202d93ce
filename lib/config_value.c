#include "config_value.h"

#include <limits.h>
#include <string.h>
#include <sys/un.h>

#define PORT_MAX 65535

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

/* Splits HOST:PORT or [HOST]:PORT; false if it is neither. */
static bool split_address(const char *value, struct xs_address *address, const char **ret_port)
{
    const char *end;

    if (value[0] == '[') {
        address->host = value + 1;
        end = strchr(value, ']');
        if (end == NULL || end[1] != ':')
            return false;
        *ret_port = end + 2;
    } else {
        address->host = value;
        end = strchr(value, ':');
        if (end == NULL)
            return false;
        *ret_port = end + 1;
    }
    address->host_len = (size_t)(end - address->host);
    return address->host_len > 0 && address->host_len <= XS_VALUE_WORD_MAX &&
           is_graphic(address->host, address->host_len);
}

const char *xs_value_parse_address(const char *value, struct xs_address *ret_address)
{
    struct xs_address address = {.host = NULL};
    const char *port;
    const char *why;

    if (value[0] == '/') {
        why = xs_value_check_socket(value);
        if (why == NULL)
            *ret_address = address;
        return why;
    }
    if (!split_address(value, &address, &port) ||
        !xs_value_parse_number(port, 1, PORT_MAX, &address.port))
        return "must be an absolute path, HOST:PORT or [IPV6]:PORT";
    *ret_address = address;
    return NULL;
}
