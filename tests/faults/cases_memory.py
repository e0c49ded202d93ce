"""Programs that get no memory for their own code, by memory.c."""

import time
from contextlib import contextmanager

from fault import fault
from preloaded import Preloaded

ENOUGH, BOT, RESPONDERS = b"\0\0", b"\1\0", b"\0\1"
MEMORY = Preloaded("memory", ENOUGH)


@contextmanager
def withheld(rig, whose):
    MEMORY.steer(rig, whose)
    try:
        yield
    finally:
        MEMORY.steer(rig, ENOUGH)


@fault("no memory for the bot's own code; a user leaves meanwhile for good", 12, outage=True, stale=True,
       hold_s=4, long_s=60, back_long_s=45)
def bot_without_memory(rig, load, hold_s):
    with withheld(rig, BOT):
        load.leave("leaver")
        time.sleep(hold_s)


@fault("no memory for the responders' own code", 2, outage=True, hold_s=4, long_s=30)
def responders_without_memory(rig, load, hold_s):
    load.return_all()
    with withheld(rig, RESPONDERS):
        time.sleep(hold_s)
