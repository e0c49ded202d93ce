"""Runs faults and prints the table. See `run`."""

import argparse
import os
import sys
import tempfile
import time
from contextlib import contextmanager

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path += [HERE, os.path.join(ROOT, "deploy"), os.path.join(ROOT, "tests", "integration")]

import cases_clock  # noqa: E402
import cases_disk  # noqa: E402,F401
import cases_memory  # noqa: E402
import cases_network  # noqa: E402,F401
import cases_processes  # noqa: E402,F401
import cases_redis  # noqa: E402,F401
import cases_server  # noqa: E402,F401
import preloaded  # noqa: E402
from built import programs_of  # noqa: E402
from fault import explain, inflict, registry, table, wait_for_calm  # noqa: E402
from load import Load  # noqa: E402
from model import Model  # noqa: E402
from rig import Rig, mount, unmount  # noqa: E402
from sandbox.system import Programs  # noqa: E402

START_S = 20.0
MEMORY_SIZE = 1 << 30  # in bytes
NGINX_LINES = 15
OPTIONS = {"network": {"proxied": True}, "disk": {"disks": True}}
PRELOADED = {"clock": cases_clock.CLOCK, "memory": cases_memory.MEMORY}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="faults", description=__doc__.splitlines()[0])
    parser.add_argument("--programs", help="build directory")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*", metavar="CASE")
    return parser.parse_args()


def choose(names, is_long):
    """The faults that are named, by their own names or their groups'; all if none are."""
    known = {fault.name for fault in registry} | {fault.group for fault in registry}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"faults: there is no {unknown[0]}; --list shows what there is")
    return [
        fault for fault in registry
        if (not names and (is_long or not fault.only_long))
        or fault.name in names
        or (fault.group in names and (is_long or not fault.only_long))
    ]


def say(text):
    print(text, flush=True)


@contextmanager
def files_in_memory():
    """Within it everything lies in memory: on a disk that others keep busy nginx hangs with its log."""
    with tempfile.TemporaryDirectory(prefix="xmpp-status-faults-") as directory:
        mount(directory, MEMORY_SIZE)
        tempfile.tempdir = directory
        try:
            yield
        finally:
            tempfile.tempdir = None
            unmount(directory)


def run_group(programs, group, faults, is_long):
    """Runs the faults of one group; returns the outcomes. One that broke a system gets it renewed."""
    outcomes = []
    while len(outcomes) < len(faults):
        outcomes += run_on_one(programs, group, faults[len(outcomes):], is_long)
    return outcomes


def run_on_one(programs, group, faults, is_long):
    """Runs faults on one system, up to the first that does not go as promised."""
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="preloaded-") as directory:
        options = dict(OPTIONS.get(group, {}))
        if group in PRELOADED:
            options["preload"] = PRELOADED[group].environment(directory)
        with Rig(programs, **options) as rig:
            rig.start()
            load = Load(rig, Model())
            load.start()
            wait_for_calm(load, START_S)
            for fault in faults:
                outcomes.append(inflict(fault, rig, load, is_long))
                report(outcomes[-1], rig)
                if not outcomes[-1].passed:
                    break
            load.stop()
    return outcomes


def report(outcome, rig):
    say(f"{'ok  ' if outcome.passed else 'FAIL'} {outcome.fault.group}/{outcome.fault.name} "
        f"({outcome.answers} answers)")
    if not outcome.passed:
        say(explain(outcome))
        say(rig.logs())
        say("\n".join(rig.nginx.error_log().splitlines()[-NGINX_LINES:]))


def main():
    arguments = parse_arguments()
    faults = choose(arguments.names, arguments.long)
    if arguments.list:
        for fault in faults:
            say(f"{fault.group}/{fault.name}: {fault.text}")
        return
    if arguments.programs is None:
        programs = Programs.from_environment()
    else:
        programs = programs_of(arguments.programs)
        os.environ[preloaded.DIRECTORY] = os.path.join(arguments.programs, "tests", "faults")
    begin = time.monotonic()
    outcomes = []
    with files_in_memory():
        for group in dict.fromkeys(fault.group for fault in faults):
            outcomes += run_group(
                programs, group, [fault for fault in faults if fault.group == group], arguments.long
            )
    say("\n" + table(outcomes))
    failed = sum(not outcome.passed for outcome in outcomes)
    say(f"\n{len(outcomes)} faults, {sum(o.answers for o in outcomes)} answers, {failed} not as "
        f"promised, {time.monotonic() - begin:.0f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
