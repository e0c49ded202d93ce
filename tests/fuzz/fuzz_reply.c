/*
 * What Redis says about a JID, to what is published. The input is the bytes of the three replies of
 * a lookup, one after another: flags, lease, record.
 */
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "fuzz.h"
#include "presence_xml.h"
#include "redis_reader.h"

/* The leases of the seeds end at 1700000030. */
#define NOW_S INT64_C(1700000000)

enum { FLAGS, LEASE, RECORD, REPLY_COUNT };

/* What the flags allow, read again from their bytes. */
struct permission {
    bool may_publish;
    bool may_show_status;
    bool may_show_last;
};

static bool flag_is_yes(const redisReply *flag)
{
    return flag->type == REDIS_REPLY_STRING &&
           (strcmp(flag->str, "yes") == 0 || strncmp(flag->str, "yes ", 4) == 0);
}

static bool flag_has(const redisReply *flag, const char *option)
{
    return flag_is_yes(flag) && strstr(flag->str, option) != NULL;
}

static struct permission read_permission(const redisReply *flags)
{
    struct permission permission = {false, false, false};
    const redisReply *domain, *user, *governing;

    if (flags->type != REDIS_REPLY_ARRAY)
        return permission;
    domain = flags->element[0];
    user = flags->element[1];
    governing = user->type == REDIS_REPLY_NIL ? domain : user;
    permission.may_publish = flag_is_yes(domain) && flag_is_yes(governing);
    permission.may_show_status = flag_has(governing, " status");
    permission.may_show_last = !flag_has(domain, " nolast") && !flag_has(user, " nolast");
    return permission;
}

static void check_status(const struct xs_presence *presence)
{
    if (presence->status == NULL) {
        FUZZ_CHECK(presence->lang == NULL);
        return;
    }
    FUZZ_CHECK(presence->status[0] != '\0');
    FUZZ_CHECK(fuzz_is_xml_text(presence->status, strlen(presence->status), XS_STATUS_MAX_CHARS));
    if (presence->lang != NULL) {
        FUZZ_CHECK(strlen(presence->lang) <= XS_LANG_MAX);
        FUZZ_CHECK(xs_lang_is_well_formed(presence->lang));
    }
}

/* Values out of their sets must not come out, whatever went in. */
static void check_presence(const struct xs_presence *presence)
{
    FUZZ_CHECK((unsigned)presence->show < XS_SHOW_COUNT);
    FUZZ_CHECK(presence->available || presence->show == XS_SHOW_NONE);
    FUZZ_CHECK(presence->last_s >= XS_LAST_UNKNOWN && presence->last_s <= XS_LAST_MAX);
    check_status(presence);
}

/* The bytes of the answer must not have what is withheld; a text cannot forge it, "<" is escaped.*/
static void check_bytes(const struct xs_presence *presence, struct permission permission)
{
    struct xs_xml *xml = xs_xml_new();
    const char *bytes;
    size_t len;

    FUZZ_CHECK(xml != NULL);
    FUZZ_CHECK(xs_xml_write_presence(xml, "a@example.org", presence, NOW_S) == XS_OK);
    bytes = xs_xml_bytes(xml, &len);
    FUZZ_CHECK(permission.may_show_last || strstr(bytes, "<query") == NULL);
    FUZZ_CHECK(permission.may_show_status || strstr(bytes, "<status") == NULL);
    FUZZ_CHECK(strstr(bytes, "seconds=\"-") == NULL);
    xs_xml_free(xml);
}

static void check_answer(const struct xs_facts *facts, const redisReply *replies[REPLY_COUNT])
{
    struct permission permission = read_permission(replies[FLAGS]);
    struct xs_presence presence;
    struct xs_presence untouched;
    enum xs_answer answer;
    const redisReply *lease = replies[LEASE];

    memset(&presence, 0x5a, sizeof presence);
    untouched = presence;
    answer = xs_facts_decide(facts, NOW_S, &presence);
    FUZZ_CHECK((unsigned)answer < XS_ANSWER_COUNT);
    if (answer != XS_ANSWER_PRESENCE) {
        FUZZ_CHECK(memcmp(&presence, &untouched, sizeof presence) == 0);
        return;
    }
    FUZZ_CHECK(permission.may_publish);
    FUZZ_CHECK(lease->type == REDIS_REPLY_STRING);
    FUZZ_CHECK(strtoll(lease->str, NULL, 10) > NOW_S);
    FUZZ_CHECK(strtoll(lease->str, NULL, 10) <= NOW_S + XS_LEASE_AHEAD_MAX_S);
    check_presence(&presence);
    FUZZ_CHECK(permission.may_show_status || presence.status == NULL);
    FUZZ_CHECK(permission.may_show_last || presence.last_s == XS_LAST_UNKNOWN);
    check_bytes(&presence, permission);
}

/* Leaving what is withheld unread must not change any answer. */
static void check_published(redisReply *replies[REPLY_COUNT], const struct xs_facts *facts)
{
    struct xs_presence presences[2];
    struct xs_facts published;
    enum xs_answer answer;

    memset(presences, 0x5a, sizeof presences);
    FUZZ_CHECK(xs_facts_parse_published(replies[FLAGS], replies[LEASE], replies[RECORD],
                                        &published) == XS_OK);
    answer = xs_facts_decide(facts, NOW_S, &presences[0]);
    FUZZ_CHECK(xs_facts_decide(&published, NOW_S, &presences[1]) == answer);
    if (answer == XS_ANSWER_PRESENCE)
        FUZZ_CHECK(presences[0].show == presences[1].show &&
                   presences[0].last_s == presences[1].last_s &&
                   presences[0].available == presences[1].available);
    FUZZ_CHECK((unsigned)published.damage < XS_DAMAGE_COUNT);
}

static void check_replies(redisReply *replies[REPLY_COUNT])
{
    struct xs_facts facts;
    struct xs_facts untouched;
    enum xs_error error;

    memset(&facts, 0x5a, sizeof facts);
    untouched = facts;
    error = xs_facts_parse(replies[FLAGS], replies[LEASE], replies[RECORD], &facts);
    if (error != XS_OK) {
        FUZZ_CHECK(error == XS_ERROR_UNAVAILABLE || error == XS_ERROR_PROTOCOL);
        FUZZ_CHECK(memcmp(&facts, &untouched, sizeof facts) == 0);
        return;
    }
    if (facts.record == XS_RECORD_SOUND)
        check_presence(&facts.presence);
    check_published(replies, &facts);
    check_answer(&facts, (const redisReply *[]){replies[FLAGS], replies[LEASE], replies[RECORD]});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xs_redis_reader bound;
    redisReader *reader = redisReaderCreate();
    redisReply *replies[REPLY_COUNT] = {NULL};
    bool ok;

    FUZZ_CHECK(reader != NULL);
    xs_redis_reader_bound(reader, &bound);
    ok = redisReaderFeed(reader, (const char *)data, size) == REDIS_OK;
    for (size_t i = 0; ok && i < REPLY_COUNT; i++) {
        void *reply = NULL;

        ok = redisReaderGetReply(reader, &reply) == REDIS_OK && reply != NULL;
        replies[i] = reply;
    }
    if (ok)
        check_replies(replies);
    for (size_t i = 0; i < REPLY_COUNT; i++)
        freeReplyObject(replies[i]);
    redisReaderFree(reader);
    return 0;
}
