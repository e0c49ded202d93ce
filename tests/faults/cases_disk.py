"""Disks that are full."""

import errno
import tempfile
import time

from fault import fault

BLOCK = bytes(4096)
REFILL_S = 0.1


@fault("no space for anybody's log", 1, hold_s=3, long_s=30)
def logs_full(rig, load, hold_s):
    def make_bot_log():
        rig.store.command("CLIENT", "KILL", "USER", "xmpp-bot")

    keep_full(rig.path("logs"), hold_s, make_bot_log)


@fault("no space for nginx's cache: what it would keep, it cuts", 1, refusal=True, hold_s=3, long_s=30)
def cache_full(rig, load, hold_s):
    keep_full(rig.path("nginx", "cache"), hold_s)


@fault("no space for Redis's data", 6, outage=True, stale=True, hold_s=3, long_s=45)
def data_full(rig, load, hold_s):
    keep_full(rig.redis.directory, hold_s)


def keep_full(directory, hold_s, once_full=lambda: None):
    """Leaves no space on the file system of `directory` for so long, also none that gets free.

    The file that takes it has no name: nginx deletes what it does not know from its cache.
    """
    with tempfile.TemporaryFile(dir=directory, buffering=0) as ballast:
        take_what_is_free(ballast)
        once_full()
        end = time.monotonic() + hold_s
        while time.monotonic() < end:
            time.sleep(REFILL_S)
            take_what_is_free(ballast)


def take_what_is_free(file):
    try:
        while True:
            file.write(BLOCK)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
