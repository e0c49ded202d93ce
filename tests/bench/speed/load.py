"""Load: as much as there can be, from wrk, or at a steady rate, from h2load."""

import json
import os
import statistics
import subprocess

from sandbox.errors import SandboxError
from sandbox.ports import LOOPBACK

CONNECTIONS = 32
# Of all answers; on a busy machine Redis now and then misses its deadline, which makes a 503.
BAD_SHARE_MAX = 0.001
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


def hold(port, target, rate, seconds, log_path):
    """Asks for one target `rate` times a second; returns the rate there was, p50 and p99 in ms.

    Raises SandboxError if an answer was not 200.
    """
    _run([
        "h2load", "--h1", "-t", "1", "-c", str(CONNECTIONS), "-D", str(seconds),
        f"--rps={rate / CONNECTIONS:.3f}", f"--log-file={log_path}",
        f"http://{LOOPBACK}:{port}{target}",
    ])
    with open(log_path, encoding="ascii") as file:
        rows = [line.split() for line in file]
    os.unlink(log_path)
    if not rows or any(status != "200" for _, status, _ in rows):
        raise SandboxError(f"not every answer to {target} was a 200")
    percentiles = statistics.quantiles([int(taken_us) / 1e3 for _, _, taken_us in rows], n=100)
    return {"rate": len(rows) / seconds, "p50_ms": percentiles[49], "p99_ms": percentiles[98]}
