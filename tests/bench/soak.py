"""Runs the system for a long time and looks whether it stays as it is. See `soak`."""

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path += [os.path.join(ROOT, *parts) for parts in (
    ("tests", "faults"), ("deploy",), ("tests", "integration")
)]

from load import TRUTHS, Load  # noqa: E402
from model import Allowance, Model  # noqa: E402
from rig import Rig  # noqa: E402
from sandbox.nginx import Nginx  # noqa: E402
from sandbox.ports import LOOPBACK  # noqa: E402
from sandbox.process import environment  # noqa: E402
from sandbox.system import DOMAIN, LOCATION, Programs  # noqa: E402

OURS = ("bot", "responder 1", "responder 2")
WARM_UP_MINUTES = 2
# What a program of ours may have grown by since it was warm: a page here and there is no leak.
GROWTH_KIB = 256
GROWTH_DESCRIPTORS = 40  # connections that nginx keeps, which come and go
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
    """Memory and descriptors of every process by name."""
    return {name: (memory_kib(process.pid), process.descriptors())
            for name, process in rig.processes().items()}


def take_answers(load):
    """Judges what was answered since the last time, and forgets it; (count, problems, stalest)."""
    answers, load.answers = load.answers, []
    time.sleep(0.1)  # who still holds the old list has put the last answer there
    verdicts = [load.model.judge(answer, Allowance()) for answer in answers]
    problems = [f"{v.answer.user}: {v.problem}" for v in verdicts if v.problem is not None]
    return len(answers), problems, max((v.stale_s for v in verdicts), default=0.0)


def find_growth(first, last):
    """What of ours has grown too much, in words."""
    grown = []
    for name in OURS:
        memory, descriptors = (last[name][i] - first[name][i] for i in (0, 1))
        if memory > GROWTH_KIB:
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
        time.sleep(max(0.0, start + minute * MINUTE_S - time.monotonic()))
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


@contextmanager
def full_load(rig, minutes):
    """wrk asks for a user who is always there, as fast as it can, through an nginx of its own.

    That one has no cache and no limit, so that the responders get it all. Gives a list, to which
    what was wrong is added at the end.
    """
    problems = []
    directory = rig.path("full-load")
    os.mkdir(directory)
    nginx = Nginx(directory, *(r.socket_path for r in rig.responders), workers=1)
    nginx.start()
    try:
        wrk = subprocess.Popen(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{minutes * 60 + 600}s", "--timeout", "10s",
             f"http://{LOOPBACK}:{nginx.port}{LOCATION}{TRUTHS[0]}@{DOMAIN}"],
            stdout=subprocess.PIPE, text=True, env=environment(),
        )
        yield problems
        wrk.send_signal(signal.SIGINT)
        text = wrk.communicate()[0]
        print(text)
        problems += [line.strip() for line in text.splitlines()
                     if "Non-2xx" in line or "Socket err" in line]
    finally:
        nginx.stop()


def main():
    arguments = parse_arguments()
    programs = Programs(*(
        os.path.join(arguments.programs, name, f"xmpp-status-{name}")
        for name in ("fcgi", "bot", "ctl")
    ))
    with Rig(programs) as rig:
        rig.start()
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
