"""Disks that are full."""

import errno
import os
import time
from contextlib import contextmanager

from fault import fault

BLOCK = 4096


@fault("no space for anybody's log", 1, hold_s=3, long_s=30)
def logs_full(rig, load, hold_s):
    with full(rig.path("logs")):
        rig.store.command("CLIENT", "KILL", "USER", "xmpp-bot")  # something to log
        time.sleep(hold_s)


@fault("no space for nginx's cache: what it would keep, it cuts", 1, refusal=True, hold_s=3, long_s=30)
def cache_full(rig, load, hold_s):
    with full(rig.path("nginx", "cache")):
        time.sleep(hold_s)


@fault("no space for Redis's data", 6, outage=True, stale=True, hold_s=3, long_s=45)
def data_full(rig, load, hold_s):
    with full(rig.redis.directory):
        time.sleep(hold_s)


@contextmanager
def full(directory):
    """Within it there is no space on the file system of `directory`."""
    path = os.path.join(directory, "ballast")
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * BLOCK)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        try:
            yield
        finally:
            os.unlink(path)
