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
    "format=xml", "format=json", "format=text", "format=svg", "style=flat", "style=dot",
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

/* Reads a plain query again, in a plainer way; false if it has a flaw. */
static bool read_query(const char *query, const char **ret_format)
{
    static char copy[XS_QUERY_MAX + 1];
    char *rest = copy;
    size_t seen[2] = {0, 0};
    size_t count = 0;

    if (strlen(query) > XS_QUERY_MAX)
        return false;
    strcpy(copy, query);
    for (char *parameter; (parameter = strsep(&rest, "&")) != NULL;) {
        size_t known = 0;
        bool is_format = has_name(parameter, "format");

        if (++count > XS_QUERY_PARAMETERS_MAX && (*parameter != '\0' || rest != NULL))
            return false;
        if (!is_format && !has_name(parameter, "style"))
            continue;
        while (known < 6 && strcmp(parameter, parameters[known]) != 0)
            known++;
        if (known == 6 || ++seen[is_format] > 1)
            return false;
        if (is_format)
            *ret_format = parameters[known];
    }
    return true;
}

static void check_label(const struct xs_request *request)
{
    FUZZ_CHECK(strlen(request->label) <= XS_LABEL_MAX);
    FUZZ_CHECK(fuzz_is_xml_text(request->label, strlen(request->label), XS_LABEL_MAX));
    FUZZ_CHECK(strpbrk(request->label, "\t\r\n\x7f") == NULL);
    FUZZ_CHECK(strstr(request->label, "\xE2\x80\xAE") == NULL); /* right-to-left override */
    FUZZ_CHECK(request->has_label || request->label[0] == '\0');
}

static void check_query(const struct xs_request_params *params, const struct xs_request *request)
{
    const char *query = params->query != NULL ? params->query : "";
    const char *format = NULL;

    if (!is_plain(query))
        return;
    FUZZ_CHECK(read_query(query, &format) == (request->flaw != XS_FLAW_QUERY));
    if (request->flaw != XS_FLAW_QUERY && format != NULL)
        FUZZ_CHECK(strcmp(format, parameters[request->format]) == 0);
    if (request->flaw != XS_FLAW_QUERY && format == NULL)
        FUZZ_CHECK(request->format == xs_accept_choose(params->accept));
}

static void check_lookup(const struct xs_request_params *params, const struct xs_request *request,
                         const struct xs_jid *jid)
{
    struct xs_jid expected;

    check_query(params, request);
    check_label(request);
    if (request->flaw == XS_FLAW_QUERY)
        return;
    if (params->path == NULL || params->path[0] != '/' ||
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

    check(&(struct xs_request_params){.method = method,
                                      .script = script,
                                      .path = path,
                                      .query = query,
                                      .accept = accept,
                                      .if_none_match = if_none_match});
    free(script);
    free(method);
    free(path);
    free(query);
    free(accept);
    free(if_none_match);
    return 0;
}
