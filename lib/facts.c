#include "facts.h"

#include <hiredis/hiredis.h>
#include <string.h>

#include "reply.h"
#include "text.h"

/* Decimal digits of `last` at most; XS_LAST_MAX has as many. */
#define LAST_DIGITS_MAX 12

/* The places of the fields in a record's reply, as in XS_RECORD_FIELDS. */
enum record_field { FIELD_TYPE, FIELD_SHOW, FIELD_LAST, FIELD_STATUS, FIELD_LANG };

static bool is_string_or_nil(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_NIL;
}

/* Says whether the reply is one that HMGET of `count` fields can have. */
static enum xs_error check_values(const redisReply *reply, size_t count)
{
    if (reply->type == REDIS_REPLY_ERROR)
        return xs_reply_is_wrong_type(reply) ? XS_OK : XS_ERROR_UNAVAILABLE;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count)
        return XS_ERROR_PROTOCOL;
    for (size_t i = 0; i < count; i++) {
        if (!is_string_or_nil(reply->element[i]))
            return XS_ERROR_PROTOCOL;
    }
    return XS_OK;
}

/* Says whether the reply is one that GET can have. */
static enum xs_error check_value(const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR)
        return xs_reply_is_wrong_type(reply) ? XS_OK : XS_ERROR_UNAVAILABLE;
    return is_string_or_nil(reply) ? XS_OK : XS_ERROR_PROTOCOL;
}

/* Returns the bytes of a string, NULL for nil. */
static char *value_bytes(const redisReply *value)
{
    return value->type == REDIS_REPLY_STRING ? value->str : NULL;
}

static struct xs_publish parse_flag(const redisReply *flags, size_t index)
{
    const redisReply *value;

    if (flags->type != REDIS_REPLY_ARRAY) /* a key of the wrong type: closed */
        return (struct xs_publish){.setting = XS_PUBLISH_NO};
    value = flags->element[index];
    return xs_publish_parse(value_bytes(value), value->len);
}

static bool value_is(const redisReply *value, const char *word)
{
    return value->len == strlen(word) && memcmp(value->str, word, value->len) == 0;
}

/* Each of the following reads one field; false if the field makes the record a damaged one. */
static bool parse_type(const redisReply *value, struct xs_presence *presence)
{
    if (value->type == REDIS_REPLY_NIL)
        return false;
    presence->available = value_is(value, "available");
    return presence->available || value_is(value, "unavailable");
}

static bool parse_show(const redisReply *value, struct xs_presence *presence)
{
    enum xs_show show;

    if (value->type == REDIS_REPLY_NIL)
        return true;
    show = xs_show_from_word(value->str, value->len);
    if (presence->available)
        presence->show = show;
    return show != XS_SHOW_NONE;
}

static bool parse_last(const redisReply *value, struct xs_presence *presence)
{
    int64_t last_s = 0;

    if (value->type == REDIS_REPLY_NIL)
        return true;
    if (value->len < 1 || value->len > LAST_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < value->len; i++) {
        if (value->str[i] < '0' || value->str[i] > '9')
            return false;
        last_s = last_s * 10 + (value->str[i] - '0');
    }
    if (last_s > XS_LAST_MAX)
        return false;
    presence->last_s = last_s;
    return true;
}

static bool parse_status(redisReply *value, struct xs_presence *presence)
{
    if (value->type == REDIS_REPLY_NIL)
        return true;
    if (!xs_text_is_utf8(value->str, value->len))
        return false;
    value->len = xs_text_clean(value->str, value->len, XS_STATUS_MAX_CHARS);
    presence->status = value->len > 0 ? value->str : NULL;
    return true;
}

/* A language that is not one is dropped: the status is right without it. */
static void parse_lang(const redisReply *value, struct xs_presence *presence)
{
    if (value->type == REDIS_REPLY_NIL || presence->status == NULL)
        return;
    if (strlen(value->str) == value->len && xs_lang_is_well_formed(value->str))
        presence->lang = value->str;
}

static enum xs_record_state parse_record(redisReply *record, struct xs_presence *ret_presence)
{
    struct xs_presence presence = {.last_s = XS_LAST_UNKNOWN};
    bool empty = true;

    if (record->type != REDIS_REPLY_ARRAY) /* a key of the wrong type */
        return XS_RECORD_DAMAGED;
    for (size_t i = 0; i < XS_RECORD_FIELD_COUNT; i++)
        empty = empty && record->element[i]->type == REDIS_REPLY_NIL;
    if (empty)
        return XS_RECORD_ABSENT;
    if (!parse_type(record->element[FIELD_TYPE], &presence) ||
        !parse_show(record->element[FIELD_SHOW], &presence) ||
        !parse_last(record->element[FIELD_LAST], &presence) ||
        !parse_status(record->element[FIELD_STATUS], &presence))
        return XS_RECORD_DAMAGED;
    parse_lang(record->element[FIELD_LANG], &presence);
    *ret_presence = presence;
    return XS_RECORD_SOUND;
}

/* Says whether a flag is closed by something else than a plain no. */
static bool flag_is_damaged(const redisReply *flags, size_t index)
{
    const redisReply *value;

    if (flags->type != REDIS_REPLY_ARRAY)
        return true;
    value = flags->element[index];
    return value->type == REDIS_REPLY_STRING && !value_is(value, "no") &&
           parse_flag(flags, index).setting == XS_PUBLISH_NO;
}

static enum xs_damage find_damage(const redisReply *flags, const redisReply *lease,
                                  const struct xs_facts *facts)
{
    if (flag_is_damaged(flags, 0) || flag_is_damaged(flags, 1))
        return XS_DAMAGE_FLAGS;
    if (lease->type != REDIS_REPLY_NIL && !facts->lease.exists)
        return XS_DAMAGE_LEASE;
    return facts->record == XS_RECORD_DAMAGED ? XS_DAMAGE_RECORD : XS_DAMAGE_NONE;
}

/* Checks that the replies have shapes that their commands can have. */
static enum xs_error check_replies(const redisReply *flags, const redisReply *lease,
                                   const redisReply *record)
{
    enum xs_error error = check_values(flags, 2);

    if (error == XS_OK)
        error = check_value(lease);
    if (error == XS_OK)
        error = check_values(record, XS_RECORD_FIELD_COUNT);
    return error;
}

/* Reads flags and lease; the record comes after. */
static struct xs_facts parse_basis(const redisReply *flags, const redisReply *lease)
{
    return (struct xs_facts){
        .domain_publish = parse_flag(flags, 0),
        .user_publish = parse_flag(flags, 1),
        .lease = xs_lease_parse(value_bytes(lease), lease->len),
        .record = XS_RECORD_UNREAD,
        .presence = {.last_s = XS_LAST_UNKNOWN},
    };
}

enum xs_error xs_facts_parse(const struct redisReply *flags, const struct redisReply *lease,
                             struct redisReply *record, struct xs_facts *ret_facts)
{
    enum xs_error error = check_replies(flags, lease, record);
    struct xs_facts facts;

    if (error != XS_OK)
        return error;
    facts = parse_basis(flags, lease);
    facts.record = parse_record(record, &facts.presence);
    facts.damage = find_damage(flags, lease, &facts);
    *ret_facts = facts;
    return XS_OK;
}

enum xs_error xs_facts_parse_published(const struct redisReply *flags,
                                       const struct redisReply *lease, struct redisReply *record,
                                       struct xs_facts *ret_facts)
{
    enum xs_error error = check_replies(flags, lease, record);
    struct xs_facts facts;

    if (error != XS_OK)
        return error;
    facts = parse_basis(flags, lease);
    if (xs_publish_combine(facts.domain_publish, facts.user_publish).setting == XS_PUBLISH_YES)
        facts.record = parse_record(record, &facts.presence);
    facts.damage = find_damage(flags, lease, &facts);
    *ret_facts = facts;
    return XS_OK;
}

void xs_facts_withhold(struct xs_publish publish, struct xs_presence *presence)
{
    if (publish.nolast)
        presence->last_s = XS_LAST_UNKNOWN;
    if (!publish.status) {
        presence->status = NULL;
        presence->lang = NULL;
    }
}

enum xs_answer xs_facts_decide(const struct xs_facts *facts, int64_t now_s,
                               struct xs_presence *ret_presence)
{
    struct xs_presence presence = {.last_s = XS_LAST_UNKNOWN};
    struct xs_publish publish = xs_publish_combine(facts->domain_publish, facts->user_publish);

    if (facts->domain_publish.setting != XS_PUBLISH_YES)
        return XS_ANSWER_NOT_FOUND;
    if (!xs_lease_is_valid(facts->lease, now_s))
        return XS_ANSWER_UNTRUSTED;
    if (publish.setting != XS_PUBLISH_YES || facts->record == XS_RECORD_DAMAGED)
        return XS_ANSWER_NOT_FOUND;
    if (facts->record == XS_RECORD_ABSENT && facts->user_publish.setting != XS_PUBLISH_YES)
        return XS_ANSWER_NOT_FOUND;
    if (facts->record == XS_RECORD_SOUND)
        presence = facts->presence;
    xs_facts_withhold(publish, &presence);
    *ret_presence = presence;
    return XS_ANSWER_PRESENCE;
}
