/* Presence stanzas, to what the bot makes of them. The input is the stanza's XML. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "stanza.h"

#define DOMAIN "example.org"

/* The stamps of the seeds lie around 2026-11-22T19:19:05Z. */
#define NOW_S INT64_C(1795375145)

static void check_texts(const struct xs_report *report)
{
    const struct xs_presence *presence = &report->presence;

    FUZZ_CHECK(memchr(report->resource, '\0', sizeof report->resource) != NULL);
    if (presence->status == NULL) {
        FUZZ_CHECK(presence->lang == NULL);
        return;
    }
    FUZZ_CHECK(presence->status == report->status);
    FUZZ_CHECK(memchr(report->status, '\0', sizeof report->status) != NULL);
    FUZZ_CHECK(report->status[0] != '\0');
    FUZZ_CHECK(fuzz_is_xml_text(report->status, strlen(report->status), XS_STATUS_MAX_CHARS));
    if (presence->lang != NULL) {
        FUZZ_CHECK(presence->lang == report->lang);
        FUZZ_CHECK(memchr(report->lang, '\0', sizeof report->lang) != NULL);
        FUZZ_CHECK(xs_lang_is_well_formed(report->lang));
    }
}

static void check_report(const struct xs_report *report)
{
    const struct xs_presence *presence = &report->presence;

    fuzz_check_bare_jid(report->jid.bare, report->jid.local_len, report->jid.domain_len);
    FUZZ_CHECK(strcmp(xs_jid_domain(&report->jid), DOMAIN) == 0);
    FUZZ_CHECK(!presence->available || report->resource[0] != '\0');
    FUZZ_CHECK(report->priority >= -128 && report->priority <= 127);
    FUZZ_CHECK(report->sent_s >= 0 && report->sent_s <= NOW_S);
    FUZZ_CHECK(report->delayed || report->sent_s == NOW_S);
    FUZZ_CHECK((unsigned)presence->show < XS_SHOW_COUNT);
    FUZZ_CHECK(presence->available || presence->show == XS_SHOW_NONE);
    FUZZ_CHECK(presence->last_s >= XS_LAST_UNKNOWN && presence->last_s <= NOW_S);
    check_texts(report);
}

static void check_stanza(xmpp_stanza_t *stanza)
{
    static struct xs_report report;
    const char *type = xmpp_stanza_get_type(stanza);
    const char *from = xmpp_stanza_get_from(stanza);

    memset(&report, 0x5a, sizeof report); /* nothing may be left as it was */
    if (!xs_stanza_read_presence(stanza, DOMAIN, NOW_S, &report))
        return;
    FUZZ_CHECK(from != NULL);
    FUZZ_CHECK(type == NULL || strcmp(type, "unavailable") == 0);
    FUZZ_CHECK(report.presence.available == (type == NULL));
    check_report(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static xmpp_ctx_t *strophe;
    char *text = fuzz_take_rest(&(struct fuzz_input){data, size});
    xmpp_stanza_t *stanza;

    if (strophe == NULL)
        strophe = xmpp_ctx_new(NULL, NULL);
    FUZZ_CHECK(strophe != NULL);
    stanza = xmpp_stanza_new_from_string(strophe, text);
    if (stanza != NULL) {
        check_stanza(stanza);
        xmpp_stanza_release(stanza);
    }
    free(text);
    return 0;
}
