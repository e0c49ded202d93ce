"""Waiting for a condition, never for a length of time."""

import time

from sandbox.errors import SandboxError

INTERVAL_S = 0.01


def wait_until(check, what, seconds=10.0):
    """Calls check() until it returns something true, and returns that.

    Raises SandboxError naming `what` if that takes longer than `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() >= end:
            raise SandboxError(f"waited {seconds:g} s in vain for: {what}")
        time.sleep(INTERVAL_S)
