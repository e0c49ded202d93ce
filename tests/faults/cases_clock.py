"""The machine's clock is set, for every process of the system at once, by clock.c."""

import struct
import time

from fault import fault
from preloaded import Preloaded
from sandbox.errors import SandboxError

HOUR_S = 3600
NEAR_S = 5
OFFSET_S = "=q"
CLOCK = Preloaded("clock", struct.pack(OFFSET_S, 0))


def set_clock(rig, offset_s):
    """Sets the clock so many seconds off what is true, and sees that it is set."""
    CLOCK.steer(rig, struct.pack(OFFSET_S, offset_s))
    shown_s = int(rig.store.command("TIME")[0]) - time.time()
    if abs(shown_s - offset_s) > NEAR_S:
        raise SandboxError(f"Redis's clock is {shown_s:.0f} s off")


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
