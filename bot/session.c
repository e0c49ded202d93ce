#include "session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allowance.h"
#include "answer.h"
#include "clock.h"
#include "secret.h"
#include "wiping.h"

#define NS_PING "urn:xmpp:ping"
#define PING_ID "ping-"

/*
 * The bot's resource. Always the same, so that the server ends a dead session of ours at once when
 * we come back.
 */
#define RESOURCE "xmpp-status"

/* Turns of libstrophe's loop within one run at most, so that a flood cannot starve the caller. */
#define TURNS_MAX 64

#define CAUSE_SIZE 256

struct xs_session {
    const struct xs_domain_config *config;
    struct xs_session_takers takers;
    xmpp_log_t log; /* libstrophe keeps a pointer to it */
    xmpp_ctx_t *strophe;
    xmpp_conn_t *conn;
    enum xs_session_state state;
    bool secured;        /* TLS was up at some time of this connection */
    bool opened;         /* logged in at some time of this connection */
    unsigned activity;   /* stanzas handled since the turn began */
    unsigned ping_count; /* of pings sent, for their ids */
    unsigned last_pong;
    struct xs_allowance allowance; /* for answers to strangers */
    char words[CAUSE_SIZE];        /* libstrophe's latest words about TLS or an error */
    char cause[2 * CAUSE_SIZE];
    char own_jid[sizeof(((struct xs_jid *)NULL)->bare) + sizeof("/" RESOURCE)];
};

/*
 * Keeps what libstrophe says about TLS and about errors, for the cause. Its other debug messages
 * are dropped unread: they contain whole stanzas, authentication included.
 */
static void on_log(void *userdata, xmpp_log_level_t level, const char *area, const char *message)
{
    struct xs_session *session = userdata;

    /* What could not be queued is told with the whole stanza, authentication included. */
    if (strncmp(message, "DROPPED", strlen("DROPPED")) == 0)
        return;
    if (level >= XMPP_LEVEL_WARN || strcmp(area, "tls") == 0)
        snprintf(session->words, sizeof(session->words), "%s", message);
}

struct xs_session *xs_session_new(const struct xs_domain_config *config,
                                  const struct xs_session_takers *takers)
{
    struct xs_session *session = calloc(1, sizeof(*session));

    if (session == NULL)
        return NULL;
    session->config = config;
    session->log = (xmpp_log_t){.handler = on_log, .userdata = session};
    session->takers = *takers;
    session->allowance = xs_allowance_full(xs_clock_monotonic_ms());
    snprintf(session->own_jid, sizeof(session->own_jid), "%s/" RESOURCE, config->jid.bare);
    session->strophe = xmpp_ctx_new(&xs_wiping_memory, &session->log);
    if (session->strophe == NULL) {
        free(session);
        return NULL;
    }
    return session;
}

/* Ends the connection without a word. The handler's DISCONNECT that this causes is not news. */
static void drop(struct xs_session *session)
{
    session->state = XS_SESSION_CLOSED;
    if (session->conn != NULL)
        xmpp_conn_release(session->conn);
    session->conn = NULL;
}

void xs_session_free(struct xs_session *session)
{
    if (session == NULL)
        return;
    drop(session);
    xmpp_ctx_free(session->strophe);
    free(session);
}

static void set_cause(struct xs_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void set_cause(struct xs_session *session, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(session->cause, sizeof(session->cause), format, args);
    va_end(args);
}

/* Tells from how far the connection came why it ended: libstrophe often gives no other hint. */
static void explain_end(struct xs_session *session, int error,
                        const xmpp_stream_error_t *stream_error)
{
    const char *stage = session->opened    ? "the session ended"
                        : session->secured ? "login failed (wrong password or no such account?)"
                                           : "no secured connection";
    const char *condition = NULL;
    xmpp_stanza_t *child;

    if (stream_error != NULL) {
        child = xmpp_stanza_get_children(stream_error->stanza);
        condition = child == NULL ? NULL : xmpp_stanza_get_name(child);
        set_cause(session, "%s: stream error %s %s", stage, condition == NULL ? "" : condition,
                  stream_error->text == NULL ? "" : stream_error->text);
    } else if (session->words[0] != '\0' && !session->opened) {
        set_cause(session, "%s: %s", stage, session->words);
    } else if (error != 0) {
        set_cause(session, "%s: %s", stage, strerror(error));
    } else {
        set_cause(session, "%s: refused or closed by the server", stage);
    }
}

static void on_connection(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
                          xmpp_stream_error_t *stream_error, void *userdata)
{
    struct xs_session *session = userdata;

    session->activity++;
    /* The password has done its work, or failed. The next connection reads it from its file. */
    xmpp_conn_set_pass(conn, "");
    if (event == XMPP_CONN_CONNECT) {
        session->state = XS_SESSION_OPEN;
        session->opened = true;
    } else if (session->state != XS_SESSION_CLOSED) {
        session->state = XS_SESSION_CLOSED;
        explain_end(session, error, stream_error);
    }
}

static int on_presence(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *userdata)
{
    struct xs_session *session = userdata;

    (void)conn;
    session->activity++;
    session->takers.presence(session->takers.context, stanza);
    return 1;
}

/* Says whether a stanza comes from our server itself or from our own account: nobody else counts.
 */
static bool is_from_server(const struct xs_session *session, xmpp_stanza_t *stanza)
{
    const char *from = xmpp_stanza_get_from(stanza);

    return from == NULL || strcmp(from, session->config->domain) == 0 ||
           strcmp(from, session->config->jid.bare) == 0;
}

/* Notes the answer to a ping. */
static void note_pong(struct xs_session *session, const char *number)
{
    unsigned long value = strtoul(number, NULL, 10);

    if (value > session->last_pong && value <= session->ping_count)
        session->last_pong = (unsigned)value;
}

/*
 * Sends an answer to somebody who is not the server, if that may be; releases it. RFC 6120 section
 * 8.2.3 wants every request answered. But anybody can send as many as they like, the answers share
 * a queue with our pings, and the server takes only so much per second from us: answering a flood
 * would make the pings late and the lease lapse. Whoever asks too much is not answered; a dropped
 * answer does nobody harm, a lapsed lease the whole domain.
 */
static void answer_stranger(struct xs_session *session, xmpp_stanza_t *answer)
{
    char *text = NULL;
    size_t size;

    if (answer == NULL)
        return;
    if (xmpp_stanza_to_text(answer, &text, &size) == XMPP_EOK &&
        xs_allowance_spend(&session->allowance, size, xs_clock_monotonic_ms()))
        xmpp_send_raw(session->conn, text, size);
    xmpp_free(session->strophe, text);
    xmpp_stanza_release(answer);
}

static int on_iq(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *userdata)
{
    struct xs_session *session = userdata;
    const char *type = xmpp_stanza_get_type(stanza);
    const char *id = xmpp_stanza_get_id(stanza);
    bool is_set = type != NULL && strcmp(type, "set") == 0;
    bool from_server = is_from_server(session, stanza);

    (void)conn;
    session->activity++;
    if (type == NULL || id == NULL)
        return 1;
    if (is_set || strcmp(type, "get") == 0) {
        if (from_server)
            xs_session_send(session, xs_answer_make(stanza));
        else
            answer_stranger(session, xs_answer_make(stanza));
        if (is_set && from_server)
            session->takers.iq(session->takers.context, stanza);
    } else if (strncmp(id, PING_ID, strlen(PING_ID)) == 0 && from_server) {
        note_pong(session, id + strlen(PING_ID));
    } else if (from_server || strcmp(id, XS_SESSION_ROSTER_ID) != 0) {
        session->takers.iq(session->takers.context, stanza);
    }
    return 1;
}

/* Messages are ignored, but for what the server itself has to say. */
static int on_message(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *userdata)
{
    struct xs_session *session = userdata;

    (void)conn;
    session->activity++;
    if (xmpp_stanza_get_from(stanza) != NULL && is_from_server(session, stanza))
        session->takers.message(session->takers.context, stanza);
    return 1;
}

/* Gives the password to libstrophe, which keeps a copy until on_connection takes it away. */
static enum xs_error set_password(struct xs_session *session)
{
    struct xs_secret secret;
    enum xs_error error = xs_secret_read(session->config->password_file, &secret);

    if (error != XS_OK) {
        set_cause(session, "cannot read the password from %s: %s", session->config->password_file,
                  error == XS_ERROR_SYSTEM ? strerror(errno) : xs_error_string(error));
        return XS_ERROR_SYSTEM;
    }
    xmpp_conn_set_pass(session->conn, secret.bytes);
    xs_secret_wipe(&secret);
    return XS_OK;
}

static enum xs_error begin_connect(struct xs_session *session)
{
    const struct xs_domain_config *config = session->config;

    xmpp_conn_set_sockopt_callback(session->conn, xmpp_sockopt_cb_keepalive);
    xmpp_conn_set_jid(session->conn, session->own_jid);
    if (config->ca_file != NULL)
        xmpp_conn_set_cafile(session->conn, config->ca_file);
    xmpp_handler_add(session->conn, on_presence, NULL, "presence", NULL, session);
    xmpp_handler_add(session->conn, on_iq, NULL, "iq", NULL, session);
    xmpp_handler_add(session->conn, on_message, NULL, "message", NULL, session);
    /* TLS is only opportunistic without the flag; stream management would resume without a sync. */
    if (xmpp_conn_set_flags(session->conn,
                            XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_DISABLE_SM) != XMPP_EOK ||
        xmpp_connect_client(session->conn, config->host,
                            config->host == NULL ? 0 : (unsigned short)config->port, on_connection,
                            session) != XMPP_EOK) {
        set_cause(session, "cannot begin to connect: %s",
                  session->words[0] == '\0' ? "no address or refused" : session->words);
        return XS_ERROR_SYSTEM;
    }
    return XS_OK;
}

enum xs_error xs_session_open(struct xs_session *session)
{
    enum xs_error error;

    drop(session);
    session->secured = session->opened = false;
    session->words[0] = session->cause[0] = '\0';
    session->ping_count = session->last_pong = 0;
    session->conn = xmpp_conn_new(session->strophe);
    if (session->conn == NULL)
        return XS_ERROR_NOMEM;
    error = set_password(session);
    if (error == XS_OK) {
        session->state = XS_SESSION_OPENING;
        error = begin_connect(session);
    }
    if (error != XS_OK)
        drop(session);
    return error;
}

void xs_session_close(struct xs_session *session, const char *cause)
{
    if (session->state == XS_SESSION_OPEN) {
        xmpp_disconnect(session->conn);
        xmpp_run_once(session->strophe, 0);
    }
    drop(session);
    set_cause(session, "%s", cause);
}

/* What libstrophe said before TLS was up does not explain what fails after it. */
static void note_secured(struct xs_session *session)
{
    if (session->state != XS_SESSION_OPENING || session->secured ||
        !xmpp_conn_is_secured(session->conn))
        return;
    session->secured = true;
    session->words[0] = '\0';
}

void xs_session_run(struct xs_session *session, unsigned timeout_ms)
{
    /*
     * Bytes that wait in the TLS buffer do not wake libstrophe's select: after a turn that had
     * something, look again without waiting.
     */
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        session->activity = 0;
        xmpp_run_once(session->strophe, turn == 0 ? timeout_ms : 0);
        note_secured(session);
        if (session->activity == 0)
            break;
    }
    if (session->state == XS_SESSION_CLOSED)
        drop(session);
}

enum xs_session_state xs_session_state(const struct xs_session *session)
{
    return session->state;
}

xmpp_ctx_t *xs_session_strophe(const struct xs_session *session)
{
    return session->strophe;
}

void xs_session_send(struct xs_session *session, xmpp_stanza_t *stanza)
{
    if (stanza == NULL)
        return;
    xmpp_send(session->conn, stanza);
    xmpp_stanza_release(stanza);
}

void xs_session_send_presence(struct xs_session *session, bool again)
{
    if (again)
        xmpp_send_raw_string(session->conn, "<presence type='unavailable'/>");
    xmpp_send_raw_string(session->conn, "<presence><priority>-1</priority></presence>");
}

void xs_session_send_subscription(struct xs_session *session, const char *type, const char *jid)
{
    xmpp_stanza_t *presence = xmpp_presence_new(session->strophe);

    if (presence == NULL)
        return;
    xmpp_stanza_set_type(presence, type);
    xmpp_stanza_set_to(presence, jid);
    xs_session_send(session, presence);
}

/* Sends an iq of type get with an empty child. `to` may be NULL: our own account. */
static void send_get(struct xs_session *session, const char *id, const char *to, const char *name,
                     const char *ns)
{
    xmpp_stanza_t *iq = xmpp_iq_new(session->strophe, "get", id);
    xmpp_stanza_t *child = xmpp_stanza_new(session->strophe);

    if (iq != NULL && child != NULL) {
        if (to != NULL)
            xmpp_stanza_set_to(iq, to);
        xmpp_stanza_set_name(child, name);
        xmpp_stanza_set_ns(child, ns);
        xmpp_stanza_add_child(iq, child);
        xmpp_send(session->conn, iq);
    }
    if (child != NULL)
        xmpp_stanza_release(child);
    if (iq != NULL)
        xmpp_stanza_release(iq);
}

void xs_session_send_roster_request(struct xs_session *session)
{
    send_get(session, XS_SESSION_ROSTER_ID, NULL, "query", XMPP_NS_ROSTER);
}

unsigned xs_session_send_ping(struct xs_session *session)
{
    char id[24];

    snprintf(id, sizeof(id), PING_ID "%u", ++session->ping_count);
    send_get(session, id, session->config->domain, "ping", NS_PING);
    return session->ping_count;
}

unsigned xs_session_last_pong(const struct xs_session *session)
{
    return session->last_pong;
}

const char *xs_session_cause(const struct xs_session *session)
{
    return session->cause;
}
