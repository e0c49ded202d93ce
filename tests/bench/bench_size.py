"""Measures what more users cost. See `size`."""

import os
import random
import re
import tempfile
import time
from contextlib import ExitStack

from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.redis_server import RedisServer
from speed import cpu, footprint
from speed.command import new_parser, say
from speed.load import drive, write_targets
from speed.peers.ours import Ours, OursCold
from speed.population import HOT, SEED, available, fill, jid_of
from speed.results import Results
from speed.table import print_rows
from speed.upkeep import Lease
from speed.workload import SEQUENCE

# What the responder remembers, and how it is made.
KINDS = (("nothing", OursCold), ("100000 at most", Ours))
HEADINGS = (
    "remembers", "users", "asked of Redis", "requests/s", "CPU µs", "to the fewest", "nginx",
    "responder", "Redis", "its memory", "start",
)


def parse_arguments():
    parser = new_parser("size")
    parser.add_argument("--users", default="1000,100000,1000000", help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=int, default=2, help="of each round, default: 2")
    parser.add_argument("--parts-users", type=int, default=100000,
                        help="for the table of the parts of a user, default: %(default)s")
    return parser.parse_args()


def started_redis(directory, name, stack):
    path = os.path.join(directory, name)
    os.mkdir(path)
    redis = RedisServer(path)
    stack.callback(redis.stop)
    redis.start()
    return redis


def measure_start(peer):
    """Starts the responder and nginx before it; returns the ms to the first right answer."""
    peer.nginx.start()
    begin = time.monotonic()
    peer.responder.process.start()
    wait_until(lambda: peer.get(HOT).status == 200, "an answer from the responder")
    return (time.monotonic() - begin) * 1e3


class Size:
    """A Redis with `count` users, and before it a responder of each kind, all started."""

    def __init__(self, directory, arguments, count, stack):
        self.count = count
        self.redis = started_redis(directory, f"redis{count}", stack)
        fill(self.redis.store, 0)
        empty = footprint.used_memory(self.redis.store)
        footprint.fill_twice(self.redis.store, count, available)
        self.bytes_each = (footprint.used_memory(self.redis.store) - empty) / count
        stack.enter_context(Lease(self.redis.store))
        self.peers = {}
        self.start_ms = {}
        self._asked = {}  # in all, by kind
        for number, (kind, make) in enumerate(KINDS):
            own = os.path.join(directory, f"ours{count}-{number}")
            os.mkdir(own)
            program = os.path.join(arguments.programs, "fcgi", "xmpp-status-fcgi")
            peer = self.peers[kind] = make(own, program, self.redis)
            stack.callback(peer.stop)
            self.start_ms[kind] = measure_start(peer)
        self.path = os.path.join(directory, f"targets{count}")
        chance = random.Random(SEED)
        write_targets(self.path, (
            peer.target(jid_of(chance.randrange(count))) for _ in range(SEQUENCE)
        ))

    def _drive(self, kind, seconds):
        """Goes on where it was, so that who was asked for last is asked for again last."""
        asked = self._asked.get(kind, 0)
        result = drive(self.peers[kind].port, self.path, seconds, 200, asked)
        self._asked[kind] = asked + result["requests"]
        return result

    def warm_up(self, kind):
        """Has everybody who is asked for asked for once, which fills what can be remembered."""
        while self._asked.get(kind, 0) < SEQUENCE:
            self._drive(kind, 1)

    def measure(self, kind, seconds):
        """One round; returns what wrk found, the cost by role, and how much Redis was asked."""
        processes = {**self.peers[kind].processes(), "redis": [self.redis.process.pid]}
        meter = cpu.Meter(processes)
        lookups = self._lookups()
        result = self._drive(kind, seconds)
        result["cpu_us"] = meter.us_per(result["requests"])
        result["asked"] = (self._lookups() - lookups) / result["requests"]
        return result

    def _lookups(self):
        """How many Redis has had: each asks for one lease."""
        info = self.redis.store.command("INFO", "commandstats").decode()
        return int(re.search(r"^cmdstat_get:calls=(\d+)", info, re.M).group(1))

    def memory_bytes(self, kind):
        return cpu.memory_bytes(self.peers[kind].responder.process.pid)


def compare(sizes, arguments):
    """Takes all sizes and kinds in turn; returns what was measured, kinds as workloads."""
    results = Results()
    for kind, _ in KINDS:
        for size in sizes:
            say(f"{size.count} users, remembered: {kind}")
            size.warm_up(kind)
        for number in range(arguments.rounds):
            say(f"round {number + 1} of {arguments.rounds}")
            for size in sizes:
                results.add(kind, size.count, size.measure(kind, arguments.seconds))
    return results


def row(kind, size, fewest, results):
    parts = [results.cpu_us(kind, size.count, role) for role in ("nginx", "server", "redis")]
    return (
        kind, size.count, f"{results.median(kind, size.count, 'asked'):.0%}",
        f"{results.rate(kind, size.count):.0f}", f"{results.cpu_us(kind, size.count):.1f}",
        f"{results.cpu_ratio(kind, size.count, fewest):.2f}", *(f"{part:.1f}" for part in parts),
        f"{size.memory_bytes(kind) / 2**20:.1f} MiB", f"{size.start_ms[kind]:.0f} ms",
    )


def run(directory, arguments, stack):
    say(f"{arguments.parts_users} users, part by part")
    parts = footprint.measure_parts(
        started_redis(directory, "parts", stack), arguments.parts_users
    )
    counts = sorted(int(count) for count in arguments.users.split(","))
    say("filling")
    sizes = [Size(directory, arguments, count, stack) for count in counts]
    results = compare(sizes, arguments)
    print_rows(footprint.HEADINGS, parts + [
        (f"all of a user online, of {size.count} users", f"{size.bytes_each:.0f}")
        for size in sizes
    ])
    print()
    print_rows(HEADINGS, [
        row(kind, size, counts[0], results) for kind, _ in KINDS for size in sizes
    ])


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="xmpp-status-bench-") as directory:
        try:
            with ExitStack() as stack:
                run(directory, arguments, stack)
        except SandboxError as error:
            raise SystemExit(f"size: {error}") from None


if __name__ == "__main__":
    main()
