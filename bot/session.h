/*
 * session.h: the bot's session with its XMPP server, through libstrophe.
 *
 * Logs in as an ordinary account with TLS required, hands on presence stanzas, answers pings. Never
 * reconnects by itself. Everything that knows libstrophe's connection is in this one module. Does
 * I/O; not shared between threads.
 */
#ifndef XS_SESSION_H
#define XS_SESSION_H

#include <stdint.h>
#include <strophe.h>

#include "config.h"
#include "error.h"

enum xs_session_state {
    XS_SESSION_CLOSED,  /* not connected, or lost; xs_session_cause says why */
    XS_SESSION_OPENING, /* connecting, securing, logging in */
    XS_SESSION_OPEN     /* logged in: stanzas flow */
};

/* Takes a presence stanza. It is borrowed for the call. `context` is the caller's. */
typedef void xs_presence_taker(void *context, xmpp_stanza_t *stanza);

struct xs_session;

/*
 * Makes a session for a domain; does not connect. `config` is borrowed for its life. `take` is
 * called for each presence stanza from within xs_session_run. Freed with xs_session_free. NULL if
 * out of memory.
 */
struct xs_session *xs_session_new(const struct xs_domain_config *config, xs_presence_taker *take,
                                  void *context);

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

/* Sends the bot's own presence, with priority -1: no messages, please. RFC 6121 section 4.2. */
void xs_session_send_presence(struct xs_session *session);

/* Sends a ping to the server, XEP-0199. The session must be open. */
void xs_session_send_ping(struct xs_session *session);

/* Counts the answers to pings, of any kind, since the session was opened last. */
unsigned xs_session_pong_count(const struct xs_session *session);

/* Says in words why the session is closed. Never NULL; "" if it never was open. Unescaped. */
const char *xs_session_cause(const struct xs_session *session);

#endif
