"""Measures one core against two. See `cores`."""

import os
import random
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager

from sandbox.errors import SandboxError
from sandbox.redis_server import RedisServer
from speed import cpu
from speed.command import new_parser, say
from speed.load import drive, write_targets
from speed.peers.ours import Ours, OursTwo
from speed.population import SEED, fill, jid_of
from speed.results import Results
from speed.table import print_rows
from speed.upkeep import Lease

USERS = 10000
LIST_JIDS = 100
LISTS = 1000
WARM_UP_S = 2
# To each responder, so that it never waits for the next request.
CONNECTIONS = 32
HEADINGS = (
    "asked for", "cores", "responders", "requests/s", "to one core", "CPU µs", "nginx",
    "responders", "Redis",
)


def parse_arguments():
    parser = new_parser("cores")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=int, default=2, help="of each round, default: 2")
    return parser.parse_args()


class ThroughNginx:
    """Asks the peer's nginx for what is in a file, on the cores that all of it may use."""

    def __init__(self, path):
        self._path = path

    def __call__(self, peer, cores, seconds):
        for pid in cpu.family(peer.processes()["nginx"][0]):
            os.sched_setaffinity(pid, cores)
        with running_on(cores):
            return drive(peer.port, self._path, seconds, 200)


class Straight:
    """Asks the peer's responders themselves, each from its own core with the program `askers`."""

    def __init__(self, program):
        self._program = program

    def __call__(self, peer, cores, seconds):
        askers = []
        for path, core in zip(peer.socket_paths, sorted(cores)):
            with running_on({core}):
                askers.append(subprocess.Popen(
                    [self._program, str(seconds), str(CONNECTIONS), str(USERS), path],
                    stdout=subprocess.PIPE, text=True,
                ))
        outputs = [asker.communicate()[0] for asker in askers]
        if any(asker.returncode != 0 for asker in askers):
            raise SandboxError("askers has failed")
        counts = [tuple(map(int, output.split())) for output in outputs]
        return {"requests": sum(answers for answers, _ in counts),
                "seconds": max(taken_ns for _, taken_ns in counts) / 1e9}


@contextmanager
def running_on(cores):
    """What is started meanwhile runs on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def measure(peer, cores, redis, ask, seconds):
    """One round, with each responder on a core of its own; all else has all of `cores`."""
    pids = peer.processes()["server"]
    for number, pid in enumerate(pids):
        os.sched_setaffinity(pid, {sorted(cores)[number]})
    os.sched_setaffinity(redis.process.pid, cores)
    meter = cpu.Meter({**peer.processes(), "redis": [redis.process.pid]})
    result = ask(peer, cores, seconds)
    result["cpu_us"] = meter.us_per(result["requests"])
    return result


def write_both_targets(directory):
    """Writes what wrk asks for: users, and lists of users; returns the two paths."""
    chance = random.Random(SEED)
    jids = [jid_of(chance.randrange(USERS)) for _ in range(LISTS * LIST_JIDS)]
    lists = [jids[first:first + LIST_JIDS] for first in range(0, len(jids), LIST_JIDS)]
    paths = [os.path.join(directory, name) for name in ("ones", "lists")]
    write_targets(paths[0], (f"/xmpp/status/{jid}" for jid in jids))
    write_targets(paths[1], (
        "/xmpp/status?" + "&".join(f"jid={jid}" for jid in jids) for jids in lists
    ))
    return paths


def start_peers(directory, arguments, redis, stack):
    """One responder, and two, by their number, all started; each with an nginx of its own."""
    fcgi = os.path.join(arguments.programs, "fcgi", "xmpp-status-fcgi")
    peers = {}
    for count, make in ((1, Ours), (2, OursTwo)):
        own = os.path.join(directory, f"{count}-responders")
        os.mkdir(own)
        peers[count] = make(own, fcgi, redis)
        stack.callback(peers[count].stop)
        peers[count].start()
    return peers


def cases(directory, arguments):
    """What to ask for, how, and with how many cores and responders, first with one each."""
    ones, lists = write_both_targets(directory)
    straight = Straight(os.path.join(arguments.programs, "tests", "bench", "askers"))
    return (
        ("one user, straight", straight, ((1, 1), (2, 2))),
        ("one user, through nginx", ThroughNginx(ones), ((1, 1), (2, 1), (2, 2))),
        (f"a list of {LIST_JIDS}, through nginx", ThroughNginx(lists), ((1, 1), (2, 1), (2, 2))),
    )


def compare(peers, ask, sizes, redis, arguments):
    """Takes the sizes in turn; returns what was measured, as one workload."""
    cores = sorted(os.sched_getaffinity(0))
    results = Results()
    for number in range(-1, arguments.rounds):
        for size in sizes:
            own = set(cores[:size[0]])
            seconds = WARM_UP_S if number < 0 else arguments.seconds
            measured = measure(peers[size[1]], own, redis, ask, seconds)
            if number >= 0:
                results.add("", size, measured)
    return results


def row(name, size, first, results):
    parts = [results.cpu_us("", size, role) for role in ("nginx", "server", "redis")]
    return (
        name, *size, f"{results.rate('', size):.0f}", f"{results.rate_ratio('', size, first):.2f}",
        f"{results.cpu_us('', size):.1f}", *(f"{part:.1f}" for part in parts),
    )


def run(directory, arguments, stack):
    if len(os.sched_getaffinity(0)) < 2:
        raise SandboxError("there is only one core")
    redis = RedisServer(directory)
    stack.callback(redis.stop)
    redis.start()
    fill(redis.store, USERS)
    peers = start_peers(directory, arguments, redis, stack)
    stack.enter_context(Lease(redis.store))
    rows = []
    for name, ask, sizes in cases(directory, arguments):
        say(name)
        results = compare(peers, ask, sizes, redis, arguments)
        rows += [row(name, size, sizes[0], results) for size in sizes]
    print_rows(HEADINGS, rows)


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="xmpp-status-bench-") as directory:
        try:
            with ExitStack() as stack:
                run(directory, arguments, stack)
        except SandboxError as error:
            raise SystemExit(f"cores: {error}") from None


if __name__ == "__main__":
    main()
