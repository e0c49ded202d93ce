/*
 * bot.h: the bot's wheel: one domain, one session, one connection to Redis.
 *
 * Wait; take every presence that is there; one pipelined round trip to Redis for all of it. The bot
 * is connected only while it holds the domain's lease, and renews the lease only while its server
 * answers and everything it knows is written.
 */
#ifndef XS_BOT_H
#define XS_BOT_H

#include <stdbool.h>

#include "config.h"
#include "error.h"

struct xs_bot;

/*
 * Makes a bot for a domain of the configuration; connects to nothing yet. Both are borrowed for its
 * life. Freed with xs_bot_free. NULL if out of memory or without randomness.
 */
struct xs_bot *xs_bot_new(const struct xs_config *config, const struct xs_domain_config *domain);

/* Frees the bot and ends its connections. NULL is allowed. */
void xs_bot_free(struct xs_bot *bot);

/*
 * Does one turn: waits for up to `timeout_ms` for the server, then does all that is due. Logs.
 * Never fails: whatever goes wrong is tried again, with pauses that grow.
 */
void xs_bot_turn(struct xs_bot *bot, unsigned timeout_ms);

/* Ends the session and gives the lease up, for a clean stop. */
void xs_bot_stop(struct xs_bot *bot);

#endif
