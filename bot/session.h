/*
 * session.h: the bot's session with its XMPP server, through libstrophe.
 *
 * Logs in as an ordinary account with TLS required, hands on what arrives, answers requests: all of
 * the server's, and of others' what allowance.h allows. Never reconnects by itself. Everything that
 * knows libstrophe's connection is in this one module. Does I/O; not shared between threads.
 */
#ifndef XS_SESSION_H
#define XS_SESSION_H

#include <stdbool.h>
#include <strophe.h>

#include "config.h"
#include "error.h"

enum xs_session_state {
    XS_SESSION_CLOSED,  /* not connected, or lost; xs_session_cause says why */
    XS_SESSION_OPENING, /* connecting, securing, logging in */
    XS_SESSION_OPEN     /* logged in: stanzas flow */
};

/* Takes a stanza. It is borrowed for the call. `context` is the caller's. */
typedef void xs_stanza_taker(void *context, xmpp_stanza_t *stanza);

/*
 * Who takes what arrives. All are called from within xs_session_run, none may be NULL. The takers
 * of `iq` and `message` get only what comes from where it says: answers to our requests from
 * anybody (check who answers), roster pushes and messages from our own server or account.
 */
struct xs_session_takers {
    xs_stanza_taker *presence;
    xs_stanza_taker *iq;      /* with type and id: results, errors, acknowledged roster pushes */
    xs_stanza_taker *message; /* of the server itself: what privileges we have */
    void *context;
};

struct xs_session;

/*
 * Makes a session for a domain; does not connect. `config` is borrowed for its life, `takers` is
 * copied. Freed with xs_session_free. NULL if out of memory.
 */
struct xs_session *xs_session_new(const struct xs_domain_config *config,
                                  const struct xs_session_takers *takers);

/* Closes and frees. NULL is allowed. */
void xs_session_free(struct xs_session *session);

/*
 * Starts to connect; xs_session_run carries it on. A session that is not closed is closed first.
 * Blocks for as long as the name lookup takes. Returns XS_OK; XS_ERROR_SYSTEM if the password
 * cannot be read or the connection not begun; XS_ERROR_NOMEM. See xs_session_cause.
 */
enum xs_error xs_session_open(struct xs_session *session);

/* Closes at once, with a polite end of stream if that can be sent without waiting. */
void xs_session_close(struct xs_session *session, const char *cause);

/*
 * Waits for up to `timeout_ms` for something to happen and handles what is there, in bounded
 * steps. A server that goes silent within the TLS handshake blocks it for as long as it is silent.
 */
void xs_session_run(struct xs_session *session, unsigned timeout_ms);

enum xs_session_state xs_session_state(const struct xs_session *session);

/* Returns libstrophe's context, to make stanzas in. Borrowed; never NULL. */
xmpp_ctx_t *xs_session_strophe(const struct xs_session *session);

/* Sends a stanza and releases it. NULL, from a maker that ran out of memory, sends nothing. */
void xs_session_send(struct xs_session *session, xmpp_stanza_t *stanza);

/*
 * Sends the bot's own presence, with priority -1: no messages, please. If it was available before,
 * it goes unavailable first, so that the server takes it as a new beginning. RFC 6121 section 4.2.
 */
void xs_session_send_presence(struct xs_session *session, bool again);

/* Sends presence of a type to a JID: `subscribed`, for example. RFC 6121 section 3. */
void xs_session_send_subscription(struct xs_session *session, const char *type, const char *jid);

/* Asks for the roster; the answer has the id XS_SESSION_ROSTER_ID. RFC 6121 section 2.2. */
void xs_session_send_roster_request(struct xs_session *session);

#define XS_SESSION_ROSTER_ID "roster"

/* Sends a ping to the server, XEP-0199, and returns its number, counted from 1. */
unsigned xs_session_send_ping(struct xs_session *session);

/* Returns the number of the latest ping that was answered, in whatever way; 0 if none was. */
unsigned xs_session_last_pong(const struct xs_session *session);

/* Says in words why the session is closed. Never NULL; "" if it never was open. Unescaped. */
const char *xs_session_cause(const struct xs_session *session);

#endif
