"""Runs the system for a long time and looks whether it stays as it is. See `soak`."""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path += [os.path.join(ROOT, *parts) for parts in (
    ("tests", "faults"), ("deploy",), ("tests", "integration"), ("tests", "bench")
)]

from built import programs_of  # noqa: E402
from cases_processes import children  # noqa: E402
from load import TRUTHS, Load  # noqa: E402
from model import Allowance, Model  # noqa: E402
from rig import Rig  # noqa: E402
from sandbox.nginx import Nginx  # noqa: E402
from sandbox.ports import LOOPBACK  # noqa: E402
from sandbox.process import environment  # noqa: E402
from sandbox.store import presence_key  # noqa: E402
from sandbox.system import DOMAIN, LOCATION  # noqa: E402
from speed.load import WRK_LUA, write_targets  # noqa: E402

WARM_UP_MINUTES = 2
# What a program may have grown by since it was warm, in KiB: a page here and there is no leak. A
# responder's memory of users stays full of texts of all lengths that come and go; Redis writes its
# append-only file anew now and then, and nginx has more or fewer requests under way.
GROWTH_KIB = {"bot": 256, "responder 1": 2048, "responder 2": 2048, "redis": 8192, "workers": 4096}
GROWTH_DESCRIPTORS = 40  # connections that nginx keeps, which come and go
# More users than a responder remembers, each with a record, who are asked for in turn.
CROWD = 150000
CROWD_BATCH = 5000
# Writes the records ARGV[2] to ARGV[3], every other one with a text, of up to so many bytes.
WRITE_CROWD = """
for n = ARGV[2], ARGV[3] do
  local key = KEYS[1] .. string.format('crowd%06d', n)
  redis.call('HSET', key, 'type', 'unavailable', 'last', ARGV[1])
  if n % 2 == 0 then redis.call('HSET', key, 'status', string.rep('x', n % 300 + 1)) end
end
"""
LEAVE_S = 3.0  # how often a session is lost, which comes back
# Their answers are judged, one by one; the full load is wrk's, which looks at the status only.
ASKERS = 4
PAUSE_S = 0.01
CONNECTIONS = 16
MINUTE_S = 60.0


def parse_arguments():
    parser = argparse.ArgumentParser(prog="soak", description=__doc__.splitlines()[0])
    parser.add_argument("--programs", required=True, help="build directory")
    parser.add_argument("minutes", type=int)
    return parser.parse_args()


def memory_kib(pid):
    """What a process has allocated, in KiB: its share of libraries changes with who else is there."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Anonymous:"))


def measure(rig):
    """Memory and descriptors of every process by name, of nginx's workers together."""
    pids = {name: [process.pid] for name, process in rig.processes().items()}
    pids["workers"] = children(rig.nginx.process.pid)
    return {name: (sum(memory_kib(pid) for pid in them),
                   sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in them))
            for name, them in pids.items()}


def take_answers(load):
    """Judges what was answered since the last time, and forgets it; (count, problems, stalest)."""
    answers, load.answers = load.answers, []
    time.sleep(0.1)  # who still holds the old list has put the last answer there
    verdicts = [load.model.judge(answer, Allowance()) for answer in answers]
    problems = [f"{v.answer.user}: {v.problem}" for v in verdicts if v.problem is not None]
    return len(answers), problems, max((v.stale_s for v in verdicts), default=0.0)


def find_growth(first, last):
    """What has grown too much, in words."""
    grown = []
    for name, growth_kib in GROWTH_KIB.items():
        memory, descriptors = (last[name][i] - first[name][i] for i in (0, 1))
        if memory > growth_kib:
            grown.append(f"{name} has {memory} KiB more than when it was warm")
        if descriptors > GROWTH_DESCRIPTORS:
            grown.append(f"{name} has {descriptors} descriptors more")
    return grown


def soak(rig, load, minutes):
    """Returns everything that was wrong."""
    problems = []
    warm = None
    total = 0
    start = time.monotonic()
    for minute in range(1, minutes + 1):
        while time.monotonic() < start + minute * MINUTE_S:
            time.sleep(LEAVE_S)
            load.leave(random.choice(TRUTHS))
            load.return_all()
        count, wrong, stale_s = take_answers(load)
        load.model.forget(time.monotonic() - MINUTE_S)
        now = measure(rig)
        total += count
        problems += wrong + load.problems
        print(f"{minute:4} min {count:7} answers {len(wrong):4} wrong, stalest {stale_s:.1f} s, "
              f"{load.changes} changes; KiB/descriptors: " + ", ".join(
                  f"{name} {memory}/{fds}" for name, (memory, fds) in now.items()), flush=True)
        if minute == min(WARM_UP_MINUTES, minutes):
            warm = now
    print(f"{total} answers, {load.changes} changes of presence")
    return problems + find_growth(warm, now)


def write_crowd(rig):
    """Gives everybody in the crowd a record. The bot knows of none of them, and leaves it as it is."""
    prefix = presence_key(f"@{DOMAIN}")
    for first in range(0, CROWD, CROWD_BATCH):
        rig.store.command("EVAL", WRITE_CROWD, "1", prefix, int(time.time()) - 60, first,
                          first + CROWD_BATCH - 1)


@contextmanager
def full_load(rig, minutes):
    """wrk asks for a user who is always there, and another one for the crowd, as fast as they can.

    Through an nginx of their own, without cache and limit, so that the responders get it all. Gives
    a list, to which what was wrong is added at the end.
    """
    problems = []
    directory = rig.path("full-load")
    os.mkdir(directory)
    crowd = os.path.join(directory, "crowd")
    write_targets(crowd, [f"{LOCATION}crowd{number:06}@{DOMAIN}" for number in range(CROWD)])
    nginx = Nginx(directory, *(r.socket_path for r in rig.responders), workers=1)
    nginx.start()
    try:
        with ExitStack() as stack:
            for target, *script in ((f"{LOCATION}{TRUTHS[0]}@{DOMAIN}",),
                                    ("", "-s", WRK_LUA, "--", crowd, "0")):
                url = f"http://{LOOPBACK}:{nginx.port}{target}"
                stack.enter_context(wrk(url, script, minutes, problems))
            yield problems
    finally:
        nginx.stop()


@contextmanager
def wrk(url, script, minutes, problems):
    """Within it wrk asks, at most ten minutes longer; what was wrong is added to `problems`."""
    options, arguments = script[:2], script[2:]
    process = subprocess.Popen(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{minutes * 60 + 600}s", "--timeout", "10s",
         *options, url, *arguments],
        stdout=subprocess.PIPE, text=True, env=environment(),
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        text = process.communicate()[0]
    print(text)
    problems += [line.strip() for line in text.splitlines()
                 if "Non-2xx" in line or "Socket err" in line]


def main():
    arguments = parse_arguments()
    with Rig(programs_of(arguments.programs)) as rig:
        rig.start()
        write_crowd(rig)
        load = Load(rig, Model(), askers=ASKERS, pause_s=PAUSE_S, change_s=0.02)
        load.start()
        with full_load(rig, arguments.minutes) as problems:
            problems += soak(rig, load, arguments.minutes)
        load.stop()
    for problem in problems[:20]:
        print(f"  {problem}")
    print(f"verdict: {'flat and right' if not problems else f'{len(problems)} problems'}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
