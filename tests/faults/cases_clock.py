"""The machine's clock is set, for every process of the system at once, by clock.c."""

import mmap
import os
import struct
import time

from fault import fault
from sandbox.errors import SandboxError

HOUR_S = 3600
VARIABLE = "XS_CLOCK_FILE"
LIBRARY = "XMPP_STATUS_CLOCK"
BUILT = os.path.join("tests", "faults", "libfaults_clock.so")


def preload(directory):
    """The environment of processes that have the clock of a file in `directory`."""
    library = os.environ.get(LIBRARY, "")
    if not os.path.exists(library):
        raise SandboxError(f"{LIBRARY} does not name the library of clock.c")
    path = os.path.join(directory, "clock")
    with open(path, "wb") as file:
        file.write(struct.pack("=q", 0))
    # Ours, under sanitizers, want to be the first that is loaded, and can do without.
    sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return [f"LD_PRELOAD={library}", f"{VARIABLE}={path}", f"ASAN_OPTIONS={sanitizers}"]


def set_clock(rig, offset_s):
    """Sets the clock so many seconds off what is true."""
    path = next(word for word in rig.preload if word.startswith(VARIABLE)).partition("=")[2]
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 8) as mapped:
        mapped[:] = struct.pack("=q", offset_s)


@fault("clock set forward by an hour", 15, outage=True, stale=True)
def clock_forward(rig, load, hold_s):
    set_clock(rig, HOUR_S)
    time.sleep(hold_s)


@fault("clock set back by an hour, to the right time", 15, outage=True, stale=True)
def clock_back(rig, load, hold_s):
    set_clock(rig, 0)
    time.sleep(hold_s)


@fault("clock set back by another hour", 15, outage=True, stale=True, only_long=True)
def clock_behind(rig, load, hold_s):
    set_clock(rig, -HOUR_S)
    time.sleep(hold_s)
