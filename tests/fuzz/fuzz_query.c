/*
 * What a request asks for. The input is six lines: method, path, query, Accept, If-None-Match,
 * SCRIPT_NAME; a line that is missing is a parameter that the web server did not send.
 */
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "etag.h"
#include "fuzz.h"
#include "request.h"

/* The known parameters whose values are words; plain spellings only, see is_plain. */
static const char *const parameters[] = {
    "format=xml", "format=json", "format=text", "format=svg", "format=events",
    "style=flat", "style=dot",   "any",         "any=",       "any=1",
};

#define PARAMETER_COUNT (sizeof parameters / sizeof *parameters)

/* Their names. */
static const char *const names[] = {"format", "style", "any"};

#define NAME_COUNT (sizeof names / sizeof *names)

/* What a plain query says, read in a plainer way. */
struct plain {
    bool is_valid;
    bool is_any;
    bool has_format;
    enum xs_format format;
    size_t jid_count;
};

/* Whether nothing in the query needs decoding, so that reading it again can be plain too. */
static bool is_plain(const char *query)
{
    return strpbrk(query, "%+") == NULL && strstr(query, "label") == NULL;
}

static bool has_name(const char *parameter, const char *name)
{
    size_t len = strlen(name);

    return strncmp(parameter, name, len) == 0 && (parameter[len] == '\0' || parameter[len] == '=');
}

/* Reads one parameter; false if it makes the query invalid. */
static bool read_parameter(const char *parameter, size_t seen[NAME_COUNT], struct plain *plain)
{
    size_t known = 0;
    size_t name = 0;

    if (has_name(parameter, "jid"))
        return ++plain->jid_count <= XS_QUERY_JIDS_MAX;
    while (name < NAME_COUNT && !has_name(parameter, names[name]))
        name++;
    if (name == NAME_COUNT)
        return true;
    while (known < PARAMETER_COUNT && strcmp(parameter, parameters[known]) != 0)
        known++;
    if (known == PARAMETER_COUNT || ++seen[name] > 1)
        return false;
    if (name == 0) {
        plain->has_format = true;
        plain->format = (enum xs_format)known;
    }
    plain->is_any = plain->is_any || strncmp(parameter, "any", 3) == 0;
    return true;
}

static struct plain read_query(const char *query)
{
    static char copy[XS_QUERY_MAX + 1];
    struct plain plain = {.is_valid = false};
    char *rest = copy;
    size_t seen[NAME_COUNT] = {0};
    size_t count = 0;

    if (strlen(query) > XS_QUERY_MAX)
        return plain;
    strcpy(copy, query);
    for (char *parameter; (parameter = strsep(&rest, "&")) != NULL;) {
        if (++count > XS_QUERY_PARAMETERS_MAX && (*parameter != '\0' || rest != NULL))
            return plain;
        if (!read_parameter(parameter, seen, &plain))
            return plain;
    }
    plain.is_valid = true;
    return plain;
}

static void check_label(const struct xs_request *request)
{
    FUZZ_CHECK(strlen(request->label) <= XS_LABEL_MAX);
    FUZZ_CHECK(fuzz_is_xml_text(request->label, strlen(request->label), XS_LABEL_MAX));
    FUZZ_CHECK(strpbrk(request->label, "\t\r\n\x7f") == NULL);
    FUZZ_CHECK(strstr(request->label, "\xE2\x80\xAE") == NULL); /* right-to-left override */
    FUZZ_CHECK(request->has_label || request->label[0] == '\0');
}

static bool is_list(const struct xs_request_params *params)
{
    return params->path == NULL || params->path[0] == '\0';
}

static void check_query(const struct xs_request_params *params, const struct xs_request *request)
{
    const char *query = params->query != NULL ? params->query : "";
    struct plain plain;

    if (!is_plain(query))
        return;
    plain = read_query(query);
    FUZZ_CHECK((plain.is_valid && (!is_list(params) || plain.jid_count > 0)) ==
               (request->flaw != XS_FLAW_QUERY));
    if (request->flaw == XS_FLAW_QUERY)
        return;
    if (!plain.has_format)
        plain.format = xs_accept_choose(params->accept);
    FUZZ_CHECK(request->is_stream == (plain.format == XS_FORMAT_EVENTS && params->streams != NULL));
    FUZZ_CHECK(request->format ==
               (plain.format == XS_FORMAT_EVENTS ? XS_FORMAT_JSON : plain.format));
    if (!is_list(params))
        return;
    FUZZ_CHECK(request->jid_count == plain.jid_count);
    FUZZ_CHECK(request->is_any == (plain.is_any || request->format == XS_FORMAT_SVG));
}

/* There are as many JIDs as announced, and each comes from what the client wrote. */
static void check_list(const struct xs_request *request)
{
    const char *pos = request->query;
    struct xs_jid jid;

    FUZZ_CHECK(request->is_list);
    FUZZ_CHECK(request->jid_count >= 1 && request->jid_count <= XS_QUERY_JIDS_MAX);
    for (size_t i = 0; i < request->jid_count; i++) {
        const char *before = pos;
        enum xs_error error = xs_query_next_jid(&pos, &jid);

        FUZZ_CHECK(pos > before && pos <= request->query + strlen(request->query));
        FUZZ_CHECK(error == XS_OK || error == XS_ERROR_INVALID || error == XS_ERROR_TOO_LONG);
        if (error == XS_OK)
            fuzz_check_bare_jid(jid.bare, jid.local_len, jid.domain_len);
    }
    FUZZ_CHECK(xs_query_next_jid(&pos, &jid) == XS_ERROR_NOT_FOUND);
}

static void check_lookup(const struct xs_request_params *params, const struct xs_request *request,
                         const struct xs_jid *jid)
{
    struct xs_jid expected;

    check_query(params, request);
    check_label(request);
    FUZZ_CHECK((request->jid_count > 0) == (request->flaw == XS_FLAW_NONE));
    if (request->flaw == XS_FLAW_QUERY)
        return;
    if (is_list(params)) {
        check_list(request);
        return;
    }
    FUZZ_CHECK(!request->is_list && !request->is_any && request->jid_count <= 1);
    if (params->path[0] != '/' ||
        xs_jid_parse(params->path + 1, strlen(params->path) - 1, &expected) != XS_OK) {
        FUZZ_CHECK(request->flaw == XS_FLAW_JID);
        return;
    }
    FUZZ_CHECK(request->flaw == XS_FLAW_NONE);
    fuzz_check_bare_jid(jid->bare, jid->local_len, jid->domain_len);
    FUZZ_CHECK(strcmp(jid->bare, expected.bare) == 0);
}

static void check_request(const struct xs_request_params *params, const struct xs_request *request,
                          const struct xs_jid *jid)
{
    bool reads = strcmp(params->method, "GET") == 0 || strcmp(params->method, "HEAD") == 0;

    FUZZ_CHECK((request->method == XS_METHOD_GET || request->method == XS_METHOD_HEAD) == reads);
    FUZZ_CHECK((request->method == XS_METHOD_OPTIONS) == (strcmp(params->method, "OPTIONS") == 0));
    if (request->target != XS_TARGET_STATUS) {
        FUZZ_CHECK(params->script != NULL && strncmp(params->script, "/xmpp/", 6) == 0);
        FUZZ_CHECK(!xs_request_is_lookup(request));
        return;
    }
    FUZZ_CHECK(xs_request_is_lookup(request) == (reads && request->flaw == XS_FLAW_NONE));
    if (reads)
        check_lookup(params, request, jid);
    else
        FUZZ_CHECK(request->flaw == XS_FLAW_NONE);
}

static void check(const struct xs_request_params *params)
{
    struct xs_request request[2];
    struct xs_jid jid[2];
    enum xs_error error[2];

    memset(request, 0x5a, sizeof request);
    memset(jid, 0x5a, sizeof jid);
    for (size_t i = 0; i < 2; i++)
        error[i] = xs_request_parse(params, &request[i], &jid[i]);
    FUZZ_CHECK(error[0] == error[1]);
    FUZZ_CHECK(memcmp(&request[0], &request[1], sizeof *request) == 0);
    FUZZ_CHECK(memcmp(&jid[0], &jid[1], sizeof *jid) == 0);
    if (params->method == NULL || params->method[0] == '\0') {
        FUZZ_CHECK(error[0] == XS_ERROR_INVALID);
        return;
    }
    FUZZ_CHECK(error[0] == XS_OK);
    check_request(params, &request[0], &jid[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *method = fuzz_take_line(&input);
    char *path = fuzz_take_line(&input);
    char *query = fuzz_take_line(&input);
    char *accept = fuzz_take_line(&input);
    char *if_none_match = fuzz_take_line(&input);
    char *script = fuzz_take_line(&input);

    for (int i = 0; i < 2; i++)
        check(&(struct xs_request_params){.method = method,
                                          .script = script,
                                          .path = path,
                                          .query = query,
                                          .accept = accept,
                                          .if_none_match = if_none_match,
                                          .streams = i == 0 ? NULL : "on"});
    free(script);
    free(method);
    free(path);
    free(query);
    free(accept);
    free(if_none_match);
    return 0;
}
