#include "out.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "quote.h"
#include "text.h"

static void fail(struct xs_out *out, enum xs_error error)
{
    if (out->error == XS_OK)
        out->error = error;
}

void xs_out_start(struct xs_out *out, FILE *stream, bool json)
{
    *out = (struct xs_out){.stream = stream, .json = json, .error = XS_OK};
    if (!json)
        return;
    out->root = cJSON_CreateObject();
    if (out->root == NULL)
        fail(out, XS_ERROR_NOMEM);
}

void xs_out_restart(struct xs_out *out)
{
    cJSON *old = out->root;

    if (old == NULL)
        return;
    out->root = cJSON_CreateObject();
    if (out->root == NULL)
        fail(out, XS_ERROR_NOMEM);
    cJSON_Delete(old);
}

enum xs_error xs_out_finish(struct xs_out *out)
{
    if (out->root != NULL && out->error == XS_OK) {
        char *text = cJSON_Print(out->root);

        if (text == NULL)
            fail(out, XS_ERROR_NOMEM);
        else if (fprintf(out->stream, "%s\n", text) < 0)
            fail(out, XS_ERROR_SYSTEM);
        cJSON_free(text);
    }
    cJSON_Delete(out->root);
    out->root = NULL;
    if (fflush(out->stream) != 0 || ferror(out->stream))
        fail(out, XS_ERROR_SYSTEM);
    return out->error;
}

cJSON *xs_out_root(struct xs_out *out)
{
    return out->root;
}

/* Passes on what cJSON made, and notes if it made nothing. */
static cJSON *made(struct xs_out *out, cJSON *item)
{
    if (item == NULL)
        fail(out, XS_ERROR_NOMEM);
    return item;
}

cJSON *xs_out_list(struct xs_out *out, cJSON *object, const char *name)
{
    return object == NULL ? NULL : made(out, cJSON_AddArrayToObject(object, name));
}

cJSON *xs_out_object(struct xs_out *out, cJSON *object, const char *name)
{
    return object == NULL ? NULL : made(out, cJSON_AddObjectToObject(object, name));
}

cJSON *xs_out_item(struct xs_out *out, cJSON *list)
{
    cJSON *item;

    if (list == NULL)
        return NULL;
    item = made(out, cJSON_CreateObject());
    if (item != NULL && !cJSON_AddItemToArray(list, item)) {
        cJSON_Delete(item);
        item = made(out, NULL);
    }
    return item;
}

void xs_out_word(struct xs_out *out, cJSON *object, const char *name, const char *word)
{
    if (object == NULL)
        return;
    made(out, word == NULL ? cJSON_AddNullToObject(object, name)
                           : cJSON_AddStringToObject(object, name, word));
}

void xs_out_text(struct xs_out *out, cJSON *object, const char *name, const char *bytes, size_t len)
{
    char *text = NULL;

    if (object == NULL)
        return;
    if (bytes != NULL && (memchr(bytes, '\0', len) != NULL || !xs_text_is_utf8(bytes, len)))
        text = xs_quote(bytes, len);
    else if (bytes != NULL)
        text = strndup(bytes, len);
    if (bytes != NULL && text == NULL)
        fail(out, XS_ERROR_NOMEM);
    else
        xs_out_word(out, object, name, text);
    free(text);
}

void xs_out_number(struct xs_out *out, cJSON *object, const char *name, int64_t number)
{
    if (object != NULL)
        made(out, cJSON_AddNumberToObject(object, name, (double)number));
}

void xs_out_bool(struct xs_out *out, cJSON *object, const char *name, bool value)
{
    if (object != NULL)
        made(out, cJSON_AddBoolToObject(object, name, value));
}

void xs_out_print(struct xs_out *out, const char *format, ...)
{
    va_list args;

    if (out->json)
        return;
    va_start(args, format);
    if (vfprintf(out->stream, format, args) < 0)
        fail(out, XS_ERROR_SYSTEM);
    va_end(args);
}

void xs_out_quoted(struct xs_out *out, const char *bytes, size_t len)
{
    char *text;

    if (out->json)
        return;
    text = xs_quote(bytes, len);
    if (text == NULL)
        fail(out, XS_ERROR_NOMEM);
    else
        xs_out_print(out, "%s", text);
    free(text);
}
