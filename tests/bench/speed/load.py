"""Load: as much as there can be, from wrk, or at a steady rate, from pacer.c."""

import json
import os
import subprocess

from sandbox.errors import SandboxError
from sandbox.ports import LOOPBACK

CONNECTIONS = 32
# Of all answers; on a busy machine Redis now and then misses its deadline, which makes a 503.
BAD_SHARE_MAX = 0.001
# By how much of what was wanted the rate there was may be less.
MISSED_SHARE_MAX = 0.03
WRK_LUA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wrk.lua")


def _run(argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SandboxError(f"{argv[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def write_targets(path, targets):
    """Writes a file for drive(): what is to be asked for, one after the other."""
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(target + "\n" for target in targets)


def drive(port, targets_path, seconds, status, begin=0, etag=None):
    """Asks for the targets as fast as answers come; returns what wrk.lua prints.

    Raises SandboxError unless the answers were of the kind that `status` is, but for a few.
    """
    url = f"http://{LOOPBACK}:{port}/"
    output = _run([
        "wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", WRK_LUA, url, "--",
        targets_path, str(begin), *([etag] if etag else []),
    ])
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    result = json.loads(line.partition(" ")[2])
    if status >= 400:
        result["bad_statuses"] = result["requests"] - result["bad_statuses"]
    bad = result["failures"] + result["bad_statuses"]
    if not result["requests"] or bad > result["requests"] * BAD_SHARE_MAX:
        raise SandboxError(f"not every answer was a {status}: {line}")
    return result


def hold(pacer, port, target, rate, seconds):
    """Asks for one target `rate` times a second; returns that, the rate there was, p50 and p99 in ms.

    The times are from when a request was due. Raises SandboxError if an answer was not 200.
    """
    output = _run([pacer, str(port), target, f"{rate:.3f}", str(seconds), str(CONNECTIONS)])
    return {"requested": rate, **json.loads(output)}


def is_held(measured):
    """Whether what hold() returned is of the rate that was wanted."""
    return measured["rate"] >= measured["requested"] * (1 - MISSED_SHARE_MAX)
