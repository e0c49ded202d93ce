/*
 * redis_peer.h: a scripted peer in the place of Redis or of a Sentinel, on a unix socket in a
 * directory of its own or on a loopback port.
 *
 * It runs in a thread and serves one connection after the other, each by the same script. For
 * tests of what a real server does not do on demand: being silent, slow, wordy or wrong.
 */
#ifndef XS_REDIS_PEER_H
#define XS_REDIS_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* What the peer does at the end of the script. */
enum peer_end {
    PEER_HOLD,    /* stays silent until the client leaves */
    PEER_CLOSE,   /* closes */
    PEER_TRICKLE, /* sends a byte of an endless reply every 20 ms */
    PEER_FLOOD    /* sends an endless reply as fast as it is read */
};

/* One step: reads exactly the bytes expected, then sends an answer. */
struct peer_step {
    const char *expect; /* NULL: the end of the script */
    const char *send;
};

struct peer {
    char dir[32];  /* "" with a port */
    char path[48]; /* likewise */
    int port;      /* 0 with a path */
    const struct peer_step *steps;
    enum peer_end end;
    int listen_fd;
    int stop_fds[2]; /* a pipe; its end is closed to stop the thread */
    bool mismatch;   /* the client sent something else; read it after peer_stop */
    int accepted;    /* connections; likewise */
    pthread_t thread;
};

/* Starts a peer. `steps` must outlive it. Fails the test if it cannot. */
void peer_start(struct peer *peer, const struct peer_step *steps, enum peer_end end);

/* Likewise, on a free port of 127.0.0.1. */
void peer_start_on_port(struct peer *peer, const struct peer_step *steps, enum peer_end end);

/* Stops the peer, waits for its thread and removes its directory. */
void peer_stop(struct peer *peer);

#endif
