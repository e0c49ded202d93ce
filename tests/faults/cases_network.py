"""The network between the bot and its server, and between programs and Redis."""

import time

from fault import fault

BACK_S = 12.0
# After a long fault, as the pauses of the bot between logins have grown by then.
BACK_LONG_S = 45.0
# The same if a login is on its way into the dead network, which takes half a minute more.
BACK_DEAD_S = 75.0
# How long a silent Redis connection is believed in: the timeout, and a pause before the next.
REDIS_BACK_S = 5.0


@fault("the bot and its server: cut", BACK_S, outage=True, stale=True, hold_s=2, long_s=45,
       back_long_s=BACK_LONG_S)
def server_cut(rig, load, hold_s):
    rig.bot_server.cut()
    time.sleep(hold_s)
    rig.bot_server.join()


@fault("the bot and its server: half-open, then well", BACK_S, outage=True, stale=True, hold_s=4,
       long_s=75, back_long_s=BACK_DEAD_S)
def server_half_open(rig, load, hold_s):
    rig.bot_server.go_dead()
    time.sleep(hold_s)
    rig.bot_server.revive()


@fault("the bot and its server: half-open, then cut", BACK_S, outage=True, stale=True, hold_s=4,
       long_s=50, back_long_s=BACK_LONG_S, only_long=True)
def server_half_open_cut(rig, load, hold_s):
    rig.bot_server.go_dead()
    time.sleep(hold_s)
    rig.bot_server.cut()
    rig.bot_server.join()


@fault("the bot and its server: 0.3 s more for everything", 2, hold_s=3, long_s=30)
def server_slow(rig, load, hold_s):
    rig.bot_server.delay_s = 0.3
    time.sleep(hold_s)
    rig.bot_server.delay_s = 0.0


@fault("the bot and Redis: cut", REDIS_BACK_S, outage=True, stale=True, hold_s=2, long_s=45)
def bot_redis_cut(rig, load, hold_s):
    rig.bot_redis.cut()
    time.sleep(hold_s)
    rig.bot_redis.join()


@fault("the bot and Redis: half-open", REDIS_BACK_S, outage=True, stale=True, hold_s=3, long_s=45)
def bot_redis_half_open(rig, load, hold_s):
    rig.bot_redis.go_dead()
    time.sleep(hold_s)
    rig.bot_redis.revive()


@fault("the bot and Redis: 0.1 s more for everything", 2, stale=True, hold_s=3, long_s=30)
def bot_redis_slow(rig, load, hold_s):
    rig.bot_redis.delay_s = 0.1
    time.sleep(hold_s)
    rig.bot_redis.delay_s = 0.0


@fault("the responders and Redis: cut", REDIS_BACK_S, outage=True, hold_s=2, long_s=30)
def responders_redis_cut(rig, load, hold_s):
    rig.fcgi_redis.cut()
    time.sleep(hold_s)
    rig.fcgi_redis.join()


@fault("the responders and Redis: half-open", REDIS_BACK_S, outage=True, hold_s=3, long_s=30)
def responders_redis_half_open(rig, load, hold_s):
    rig.fcgi_redis.go_dead()
    time.sleep(hold_s)
    rig.fcgi_redis.revive()


@fault("the responders and Redis: 0.05 s more for everything", 2, hold_s=3, long_s=30)
def responders_redis_slow(rig, load, hold_s):
    rig.fcgi_redis.delay_s = 0.05
    time.sleep(hold_s)
    rig.fcgi_redis.delay_s = 0.0
