/*
 * redis.h: one connection to Redis with deadlines, used by all programs.
 *
 * Connects when first needed and again after an error, with a bounded back-off; exchanges
 * pipelined commands within the configured time, however the peer behaves. Does I/O and reads the
 * monotonic clock, for its deadlines only. Descriptors are close-on-exec. Not shared between
 * threads. Writing to a connection that Redis has closed raises SIGPIPE: programs must ignore it.
 *
 *     struct xs_redis *redis = xs_redis_new(&config);
 *     redisReply *replies[1];
 *
 *     if (redis == NULL)
 *         return XS_ERROR_NOMEM;
 *     error = xs_redis_open(redis);
 *     if (error == XS_OK)
 *         error = xs_redis_append(redis, 1, (const char *[]){"PING"}, (const size_t[]){4});
 *     if (error == XS_OK)
 *         error = xs_redis_exchange(redis, replies, 1);
 *     if (error != XS_OK)
 *         fprintf(stderr, "%s\n", xs_redis_error(redis));
 */
#ifndef XS_REDIS_H
#define XS_REDIS_H

#include <hiredis/hiredis.h>
#include <stdint.h>

#include "error.h"
#include "redis_config.h"

/* Longest pause before the next attempt to connect, in milliseconds. */
#define XS_REDIS_BACKOFF_MAX_MS 1000

/* Bytes of replies that one exchange may bring; beyond it the connection is given up. */
#define XS_REDIS_REPLIES_MAX (64u * 1024 * 1024)

/* Elements that one array may announce; more would not fit the bytes above, at four for each. */
#define XS_REDIS_ELEMENTS_MAX (XS_REDIS_REPLIES_MAX / 4)

struct xs_redis;

/*
 * Makes a connection object; does not connect. `config` is copied, its strings are not. Owned by
 * the caller, freed with xs_redis_free. NULL if out of memory.
 */
struct xs_redis *xs_redis_new(const struct xs_redis_config *config);

/* Closes and frees. NULL is allowed. */
void xs_redis_free(struct xs_redis *redis);

/*
 * Makes sure there is a connection, authenticated if the configuration says so. Does nothing if
 * there is one, unless Redis has closed it meanwhile or sent something unasked: then it connects
 * anew. After a failure, of this or of an exchange, it fails at once, without trying, until a pause
 * has passed that starts at 50 ms and doubles to XS_REDIS_BACKOFF_MAX_MS, with jitter, until an
 * exchange succeeds. A host name, not an address, is resolved outside of the deadline.
 *
 * With Sentinels, every connect asks them where the master is and makes sure that it is one, all
 * within the same time: timeout_ms must be enough for asking one after the other.
 *
 * Returns XS_OK; XS_ERROR_UNAVAILABLE (refused, a wrong password, or still in the pause);
 * XS_ERROR_TIMEOUT; XS_ERROR_PROTOCOL; XS_ERROR_SYSTEM (the password file cannot be read, or the
 * socket not be set up); XS_ERROR_NOMEM.
 */
enum xs_error xs_redis_open(struct xs_redis *redis);

/*
 * Queues a command, binary-safe, on an open connection; sends nothing yet. Returns XS_OK,
 * XS_ERROR_UNAVAILABLE if there is no open connection, or XS_ERROR_NOMEM (the connection is
 * closed, as a part of a pipeline may be queued).
 */
enum xs_error xs_redis_append(struct xs_redis *redis, int argc, const char *const argv[],
                              const size_t argv_len[]);

/*
 * Sends all queued commands and reads `count` replies, which must be the number of commands queued
 * since the last exchange, within `timeout_ms` altogether.
 *
 * On success `ret_replies[0..count)` are not NULL, owned by the caller, freed with
 * freeReplyObject; a reply may be an error reply of Redis. With Sentinels, one that says that the
 * server does not take writes (READONLY, NOREPLICAS, MASTERDOWN) closes the connection too, so that
 * the next open looks for the master anew. On failure (XS_ERROR_TIMEOUT,
 * XS_ERROR_UNAVAILABLE, XS_ERROR_PROTOCOL, XS_ERROR_NOMEM) they are all NULL and the connection is
 * closed: commands may or may not have been carried out.
 */
enum xs_error xs_redis_exchange(struct xs_redis *redis, redisReply *ret_replies[], size_t count);

/*
 * Sends all queued commands and waits for no reply, for a connection on which Redis speaks on its
 * own, in subscriptions; see xs_redis_receive. Returns XS_OK; XS_ERROR_TIMEOUT or
 * XS_ERROR_UNAVAILABLE, after which the connection is closed.
 */
enum xs_error xs_redis_send(struct xs_redis *redis);

/*
 * Takes the next message that has come, or reads once what there is to read, without waiting.
 *
 * On success `ret_reply` is the message, owned by the caller, freed with freeReplyObject, or NULL
 * if none is there whole. On failure (XS_ERROR_UNAVAILABLE, XS_ERROR_PROTOCOL, XS_ERROR_NOMEM) it
 * is untouched and the connection is closed.
 */
enum xs_error xs_redis_receive(struct xs_redis *redis, redisReply **ret_reply);

/* Returns the descriptor of the connection, to wait on and for nothing else; -1 if closed. */
int xs_redis_fd(const struct xs_redis *redis);

/* Closes the connection, for a caller that no longer trusts it. The next open reconnects. */
void xs_redis_close(struct xs_redis *redis);

/* Counts the connections made so far: a changed number means that server-side state is gone. */
uint64_t xs_redis_generation(const struct xs_redis *redis);

/*
 * Describes the last failure: what was tried, on what, and why. Borrowed until the next call on
 * `redis`. Never NULL; "" if nothing has failed yet. May quote the peer's words unescaped.
 */
const char *xs_redis_error(const struct xs_redis *redis);

#endif
