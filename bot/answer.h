/*
 * answer.h: what the bot answers when it is asked something.
 *
 * Request stanza in, reply stanza out. Pure; no I/O.
 */
#ifndef XS_ANSWER_H
#define XS_ANSWER_H

#include <strophe.h>

/*
 * Makes the reply to an iq of type get or set: pings (XEP-0199), service discovery (XEP-0030) and
 * the version (XEP-0092) are answered, roster pushes acknowledged, everything else is refused.
 *
 * Returns a stanza that the caller releases; NULL if the request has no id or there is no memory.
 */
xmpp_stanza_t *xs_answer_make(xmpp_stanza_t *request);

#endif
