#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ctl.h"
#include "evidence.h"
#include "state.h"

/* Bytes of "9999-12-31T23:59:59Z", terminator included. */
#define TIME_SIZE 21

/* What is shown of one user. Borrowed but for the plain values. */
struct view {
    const struct xs_jid *jid;
    const struct xs_evidence *evidence;
    enum xs_answer answer;
    enum xs_reason reason;
    struct xs_presence presence; /* what is published; meaningful only with XS_ANSWER_PRESENCE */
    int64_t now_s;
};

static int http_status(enum xs_answer answer)
{
    switch (answer) {
    case XS_ANSWER_PRESENCE:
        return 200;
    case XS_ANSWER_UNTRUSTED:
        return 503;
    case XS_ANSWER_NOT_FOUND:
    case XS_ANSWER_COUNT:
        break;
    }
    return 404;
}

/* Writes an instant up to XS_LAST_MAX as UTC, with the seconds that have passed since. */
static void print_instant(struct xs_out *out, int64_t at_s, int64_t now_s)
{
    time_t time = (time_t)at_s;
    char text[TIME_SIZE] = "";
    struct tm parts;

    if (gmtime_r(&time, &parts) != NULL)
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    xs_out_print(out, "%s, %" PRId64 " s ago", text, xs_last_elapsed_s(at_s, now_s));
}

static void print_status(struct xs_out *out, const struct xs_presence *presence)
{
    xs_out_print(out, "\"");
    xs_out_quoted(out, presence->status, strlen(presence->status));
    xs_out_print(out, "\"");
    if (presence->lang != NULL)
        xs_out_print(out, " (%s)", presence->lang);
}

/* The content of a 200, and what of the record it withholds. */
static void print_published(struct xs_out *out, const struct view *view)
{
    const struct xs_presence *known = &view->evidence->facts.presence;
    bool sound = view->evidence->facts.record == XS_RECORD_SOUND;

    xs_out_print(out, "  last activity  ");
    if (view->presence.last_s != XS_LAST_UNKNOWN)
        print_instant(out, view->presence.last_s, view->now_s);
    else
        xs_out_print(out, "%s",
                     sound && known->last_s != XS_LAST_UNKNOWN ? "withheld by the option nolast"
                                                               : "not known");
    xs_out_print(out, "\n  status         ");
    if (view->presence.status != NULL)
        print_status(out, &view->presence);
    else
        xs_out_print(out, "%s",
                     sound && known->status != NULL ? "withheld, as the option status is not set"
                                                    : "none");
    xs_out_print(out, "\n");
}

static void print_flag(struct xs_out *out, const char *label, struct xs_raw flag, bool flawed)
{
    xs_out_print(out, "  %-15s", label);
    if (flag.bytes == NULL)
        xs_out_print(out, flawed ? "in a key of the wrong type" : "absent");
    else
        xs_out_quoted(out, flag.bytes, flag.len);
    xs_out_print(out, "%s\n", flawed ? " (not valid, counts as no)" : "");
}

static void print_lease(struct xs_out *out, const struct view *view)
{
    struct xs_raw raw = xs_evidence_lease(view->evidence);
    struct xs_lease lease = view->evidence->facts.lease;

    xs_out_print(out, "  lease          ");
    if (raw.bytes == NULL) {
        xs_out_print(out, view->evidence->flaws.lease ? "a key of the wrong type\n" : "absent\n");
        return;
    }
    if (xs_lease_is_valid(lease, view->now_s))
        xs_out_print(out, "valid for %" PRId64 " s: ", lease.until_s - view->now_s);
    else
        xs_out_print(out, "not valid: ");
    xs_out_quoted(out, raw.bytes, raw.len);
    xs_out_print(out, "\n");
}

static void print_record(struct xs_out *out, const struct view *view)
{
    const struct xs_presence *presence = &view->evidence->facts.presence;

    xs_out_print(out, "  record         ");
    if (view->evidence->facts.record != XS_RECORD_SOUND) {
        xs_out_print(out,
                     view->evidence->facts.record == XS_RECORD_ABSENT ? "absent\n" : "damaged\n");
        return;
    }
    xs_out_print(out, "%s", xs_state_word(xs_state_of(presence)));
    if (presence->last_s != XS_LAST_UNKNOWN) {
        xs_out_print(out, "; last activity ");
        print_instant(out, presence->last_s, view->now_s);
    }
    if (presence->status != NULL) {
        xs_out_print(out, "; status ");
        print_status(out, presence);
    }
    xs_out_print(out, "\n");
}

static void print_view(struct xs_out *out, const struct view *view)
{
    const struct xs_evidence *evidence = view->evidence;
    bool published = view->answer == XS_ANSWER_PRESENCE;

    xs_out_print(out, "%s\n  answer         %d", view->jid->bare, http_status(view->answer));
    xs_out_print(out, " %s\n  why            %s\n",
                 xs_state_word(published ? xs_state_of(&view->presence) : XS_STATE_UNKNOWN),
                 xs_reason_text(view->reason));
    if (published)
        print_published(out, view);
    print_flag(out, "domain's flag", xs_evidence_domain_flag(evidence),
               evidence->flaws.flags || evidence->flaws.domain_flag);
    print_flag(out, "user's flag", xs_evidence_user_flag(evidence),
               evidence->flaws.flags || evidence->flaws.user_flag);
    print_lease(out, view);
    print_record(out, view);
}

static void add_presence(struct xs_out *out, cJSON *object, const struct xs_presence *presence)
{
    xs_out_word(out, object, "state", xs_state_word(xs_state_of(presence)));
    if (presence->last_s != XS_LAST_UNKNOWN)
        xs_out_number(out, object, "last", presence->last_s);
    if (presence->status != NULL)
        xs_out_word(out, object, "status", presence->status);
    if (presence->lang != NULL)
        xs_out_word(out, object, "lang", presence->lang);
}

static void add_facts(struct xs_out *out, cJSON *object, const struct view *view)
{
    static const char *const conditions[] = {[XS_RECORD_ABSENT] = "absent",
                                             [XS_RECORD_DAMAGED] = "damaged",
                                             [XS_RECORD_SOUND] = "sound"};
    struct xs_raw domain = xs_evidence_domain_flag(view->evidence);
    struct xs_raw user = xs_evidence_user_flag(view->evidence);
    struct xs_raw lease = xs_evidence_lease(view->evidence);
    const struct xs_facts *facts = &view->evidence->facts;
    cJSON *record;

    xs_out_text(out, object, "domain_flag", domain.bytes, domain.len);
    xs_out_text(out, object, "user_flag", user.bytes, user.len);
    xs_out_text(out, object, "lease", lease.bytes, lease.len);
    xs_out_bool(out, object, "lease_valid", xs_lease_is_valid(facts->lease, view->now_s));
    record = xs_out_object(out, object, "record");
    xs_out_word(out, record, "condition", conditions[facts->record]);
    if (facts->record == XS_RECORD_SOUND)
        add_presence(out, record, &facts->presence);
}

static void add_view(struct xs_out *out, cJSON *item, const struct view *view)
{
    xs_out_word(out, item, "jid", view->jid->bare);
    xs_out_number(out, item, "answer", http_status(view->answer));
    if (view->answer == XS_ANSWER_PRESENCE)
        add_presence(out, item, &view->presence);
    xs_out_word(out, item, "reason", xs_reason_word(view->reason));
    xs_out_word(out, item, "why", xs_reason_text(view->reason));
    add_facts(out, xs_out_object(out, item, "facts"), view);
}

enum xs_error xs_ctl_show(struct xs_ctl *ctl, const struct xs_targets *targets)
{
    cJSON *list = xs_out_list(ctl->out, xs_out_root(ctl->out), "users");

    for (size_t i = 0; i < targets->count; i++) {
        struct view view = {.jid = &targets->items[i].jid, .now_s = ctl->now_s};
        struct xs_evidence evidence;
        enum xs_error error = xs_evidence_get(ctl->redis, view.jid, &evidence, ctl->info);

        if (error != XS_OK)
            return error;
        view.evidence = &evidence;
        view.answer = xs_facts_decide(&evidence.facts, view.now_s, &view.presence);
        view.reason = xs_explain(&evidence.facts, &evidence.flaws, view.now_s);
        print_view(ctl->out, &view);
        add_view(ctl->out, xs_out_item(ctl->out, list), &view);
        xs_evidence_free(&evidence);
    }
    return XS_OK;
}
