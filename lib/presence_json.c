#include "presence_json.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <string.h>

#include "state.h"

/* Adds a member whose text is borrowed until the object is gone. NULL is left out. */
static bool add_text(cJSON *object, const char *name, const char *text)
{
    cJSON *item;

    if (text == NULL)
        return true;
    item = cJSON_CreateStringReference(text);
    if (item != NULL && cJSON_AddItemToObjectCS(object, name, item))
        return true;
    cJSON_Delete(item);
    return false;
}

/* A second before the year 9999 is over is far below 2^53, so a double holds it exactly. */
static bool add_last(cJSON *object, int64_t last_s)
{
    return last_s == XS_LAST_UNKNOWN ||
           cJSON_AddNumberToObject(object, "last", (double)last_s) != NULL;
}

/* Prints the object and frees it. NULL is allowed. */
static enum xs_error print(cJSON *object, bool ok, char ret_bytes[XS_JSON_SIZE], size_t *ret_len)
{
    ok = ok && cJSON_PrintPreallocated(object, ret_bytes, XS_JSON_SIZE - 1, false);
    cJSON_Delete(object);
    if (!ok)
        return XS_ERROR_NOMEM;
    *ret_len = strlen(ret_bytes);
    ret_bytes[(*ret_len)++] = '\n';
    ret_bytes[*ret_len] = '\0';
    return XS_OK;
}

enum xs_error xs_json_write_presence(const char *jid, const struct xs_presence *presence,
                                     char ret_bytes[XS_JSON_SIZE], size_t *ret_len)
{
    cJSON *object = cJSON_CreateObject();
    bool ok = object != NULL && add_text(object, "jid", jid) &&
              add_text(object, "state", xs_state_word(xs_state_of(presence))) &&
              add_last(object, presence->last_s) && add_text(object, "status", presence->status) &&
              add_text(object, "lang", presence->lang);

    return print(object, ok, ret_bytes, ret_len);
}

enum xs_error xs_json_write_error(const char *jid, enum xs_condition condition,
                                  char ret_bytes[XS_JSON_SIZE], size_t *ret_len)
{
    cJSON *object = cJSON_CreateObject();
    bool ok = object != NULL && add_text(object, "jid", jid) &&
              add_text(object, "error", xs_condition_word(condition));

    return print(object, ok, ret_bytes, ret_len);
}
