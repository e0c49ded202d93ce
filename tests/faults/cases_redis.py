"""What Redis can do to those who depend on it."""

import os
import shutil
import time
from contextlib import contextmanager

from fault import fault
from load import TOGGLED
from rig import HeldStore
from sandbox.redis_server import BOT, RESPONDER
from sandbox.system import DOMAIN

# How many keys, and for how long each holds up the start, so that loading takes seconds.
FILLER_KEYS, FILLER_DELAY_US = 3000, 1000


@fault("Redis killed, started again", 5, outage=True, stale=True)
def redis_killed(rig, load, hold_s):
    rig.redis.process.kill()
    time.sleep(hold_s)
    rig.redis.start()


@fault("Redis restarted just after a block", 5, outage=True, stale=True, hold_s=2.5)
def redis_restarted(rig, load, hold_s):
    with load.panel_resting():
        load.set_flag(TOGGLED, False)
        rig.redis.stop()
        rig.redis.start()
        time.sleep(hold_s)


@fault("Redis frozen", 5, outage=True, stale=True, long_s=45)
def redis_frozen(rig, load, hold_s):
    rig.redis.process.freeze()
    time.sleep(hold_s)
    rig.redis.process.thaw()


@fault("Redis full: no memory, no eviction", 5, outage=True, stale=True, hold_s=3, long_s=45)
def redis_full(rig, load, hold_s):
    rig.store.command("CONFIG", "SET", "maxmemory", "1")
    time.sleep(hold_s)
    rig.store.command("CONFIG", "SET", "maxmemory", "0")


@fault("Redis read-only, the replica of a master that is gone", 5, outage=True, stale=True,
       hold_s=3, long_s=45)
def redis_read_only(rig, load, hold_s):
    rig.store.command("REPLICAOF", "127.0.0.1", "1")
    time.sleep(hold_s)
    rig.store.command("REPLICAOF", "NO", "ONE")


@fault("Redis loading its data", 5, outage=True, stale=True)
def redis_loading(rig, load, hold_s):
    store = HeldStore(rig.store)
    for number in range(FILLER_KEYS):
        store.command("SET", f"filler:{number}", "x" * 1000)
    store.command("CONFIG", "SET", "loading-process-events-interval-bytes", "1024")
    store.command("CONFIG", "SET", "key-load-delay", str(FILLER_DELAY_US))
    with load.panel_resting():  # what is written while it saves itself is not in what it loads
        store.command("DEBUG", "RELOAD")
    store.command("CONFIG", "SET", "key-load-delay", "0")
    for number in range(FILLER_KEYS):
        store.command("UNLINK", f"filler:{number}")
    store.close()


@fault("Redis hangs again and again, for longer than its timeout", 5, outage=True, stale=True, only_long=True)
def redis_hanging(rig, load, hold_s):
    store = HeldStore(rig.store)
    for _ in range(3):
        store.command("DEBUG", "SLEEP", str(hold_s / 2))
        time.sleep(0.3)
    store.close()


@fault("Redis slow: every answer takes 0.15 s", 2, hold_s=3, long_s=30)
def redis_slow(rig, load, hold_s):
    store = HeldStore(rig.store)
    end = time.monotonic() + hold_s
    while time.monotonic() < end:
        store.command("DEBUG", "SLEEP", "0.15")
        time.sleep(0.02)
    store.close()


@fault("Redis out of connections, and all cut", 5, outage=True, stale=True)
def redis_out_of_connections(rig, load, hold_s):
    store = HeldStore(rig.store)
    store.command("CONFIG", "SET", "maxclients", "1")
    store.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    time.sleep(hold_s)
    store.command("CONFIG", "SET", "maxclients", "10000")
    store.close()


@fault("Redis's data flushed; the panel writes its flags again", 5, outage=True)
def redis_flushed(rig, load, hold_s):
    with flags_lost(rig, load):
        rig.store.command("FLUSHALL")
        time.sleep(hold_s)


@fault("Redis started again without its data", 6, outage=True)
def redis_emptied(rig, load, hold_s):
    with flags_lost(rig, load):
        rig.redis.stop()
        rig.redis.forget_everything()
        time.sleep(hold_s)
        rig.redis.start()


@fault("Redis started again with data of some seconds ago", 6, outage=True, stale=True)
def redis_set_back(rig, load, hold_s):
    data = os.path.join(rig.redis.directory, "appendonlydir")
    old = os.path.join(rig.redis.directory, "old")
    with load.panel_resting():
        shutil.copytree(data, old)
        time.sleep(max(hold_s, 3))
        rig.redis.stop()
        shutil.rmtree(data)
        os.rename(old, data)
        rig.redis.start()


@contextmanager
def flags_lost(rig, load):
    """Within it Redis loses its flags; afterwards the panel has written all of them again."""
    with load.panel_resting():
        load.model.begin_unflagged()
        yield
        # Users before the domain: until that one is there, nobody is published.
        for user, is_open in (("hidden", False), ("toggled", True)):
            if not is_open:
                rig.panel.publish(f"{user}@{DOMAIN}", "no")
            else:
                load.set_flag(user, True)
        rig.publish()
        load.model.end_unflagged()


@fault("the responders' password changed, the file only later", 3, outage=True)
def responder_password_rotated(rig, load, hold_s):
    rotate(rig, RESPONDER, hold_s)


@fault("the bot's password in Redis changed, the file only later", 5, outage=True, stale=True)
def bot_password_rotated(rig, load, hold_s):
    rotate(rig, BOT, hold_s)


def rotate(rig, user, hold_s):
    """Changes a password in Redis, ends the user's connections, and later writes the file."""
    new = f"new password of {user}"
    rig.store.command("ACL", "SETUSER", user, "resetpass", f">{new}")
    rig.store.command("CLIENT", "KILL", "USER", user)
    time.sleep(hold_s)
    path = rig.redis.password_file(user)
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(new + "\n")
    os.rename(path + ".new", path)
