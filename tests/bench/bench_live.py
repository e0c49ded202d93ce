"""Measures streams of events. See `live`."""

import os
import resource
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack

from sandbox.configuration import Configuration
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.nginx import Nginx
from sandbox.redis_server import RedisServer
from sandbox.responder import Responder
from speed import cpu
from speed.command import new_parser, say
from speed.load import drive, write_targets
from speed.population import DOMAIN, Writer, jid_of
from speed.table import print_rows
from speed.upkeep import Changes, Lease

LOCATION = "/xmpp/status/"
# Two comments for each, so that their cost is in it.
IDLE_S = 40
LOAD_S = 3
ROUNDS = 5
CHANGES = 20
CHANGES_PER_S = 50
POLL_S = 5
# For the responder, who has one descriptor for each watcher, and for those who have the others.
DESCRIPTORS = 20000
# What it has open when nobody watches, at most.
DESCRIPTORS_ALONE = 1200
# sizeof(struct xs_connection), which is there from the start.
POOL_PLACE_BYTES = 128
OPEN_S = 120.0


def parse_arguments():
    parser = new_parser("live")
    parser.add_argument("--watchers", type=int, default=10000, help="default: 10000")
    parser.add_argument("--users", type=int, default=1000, help="default: 1000")
    arguments = parser.parse_args()
    if arguments.watchers < arguments.users or arguments.watchers % arguments.users:
        parser.error("each user must have as many watchers, and one at least")
    return arguments


def kernel_bytes():
    """What the kernel has in its slabs, of whatever kind and for whomever."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Slab:"))


class Watchers:
    """The program `watchers`, as a context manager."""

    def __init__(self, program, place, count, users):
        self.process = subprocess.Popen(
            [program, str(place), str(count), str(users)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        self._read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(OPEN_S)

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SandboxError("the watchers have ended")
        return line.strip()

    def _order(self, count):
        self.process.stdin.write(f"{count}\n")
        return self._read()

    def ended(self):
        return int(self._order(0))

    def measure(self, count, change):
        """Calls change(); returns the ms until the first and the last of so many events."""
        self._order(count)
        start_ns = time.monotonic_ns()
        change()
        first_ns, last_ns = map(int, self._read().split())
        return (first_ns - start_ns) / 1e6, (last_ns - start_ns) / 1e6


class Bench:
    def __init__(self, stack, arguments):
        self.watchers, self.users = arguments.watchers, arguments.users
        self.program = os.path.join(arguments.programs, "tests", "bench", "watchers")
        self.directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        self.redis = RedisServer(self._make("redis"))
        stack.callback(self.redis.stop)
        self.redis.start()
        self.redis.store.publish(DOMAIN)
        stack.enter_context(Lease(self.redis.store))
        self.writer = Writer(self.redis.store)
        self.writer.write((jid_of(number), self._record("dnd")) for number in range(self.users))
        self._start_responder(stack, arguments)
        self.nginx = Nginx(self._make("nginx"), self.socket, workers=2, spread=True,
                           connections=DESCRIPTORS)
        stack.callback(self.nginx.stop)
        self.nginx.start()
        self.targets = os.path.join(self.directory, "targets")
        write_targets(self.targets, (LOCATION + jid_of(number) for number in range(self.users)))
        self.rows = []
        self.shows = {}  # of those who have been changed

    def _make(self, name):
        path = os.path.join(self.directory, name)
        os.mkdir(path)
        return path

    @staticmethod
    def _record(show):
        return {"type": "available", "show": show, "last": str(int(time.time()) - 60)}

    def _start_responder(self, stack, arguments):
        self.socket = os.path.join(self.directory, "fcgi.sock")
        configuration = Configuration(
            self._make("conf"), self.redis.socket_path, self.socket, redis_timeout_ms=2000,
            redis_users=self.redis.users(),
        )
        # Those of the last phase may not have ended when the next one opens its own.
        configuration.fcgi_keys["streams"] = 2 * self.watchers
        configuration.write()
        self.responder = Responder(
            os.path.join(arguments.programs, "fcgi", "xmpp-status-fcgi"), configuration.path,
            self.socket, os.path.join(self.directory, "responder.log"),
        )
        stack.callback(self.responder.stop)
        self.responder.start()

    @property
    def pid(self):
        return self.responder.process.pid

    def row(self, what, value):
        say(f"{what}: {value}")
        self.rows.append((what, value))

    def watch(self, place, users):
        say(f"opening {self.watchers} streams for {users} users at {place}")
        return Watchers(self.program, place, self.watchers, users)

    def cpu_s(self):
        return cpu.seconds([self.pid])

    def change(self, number):
        """Makes the user's show another one than it was: what stays the same is no event."""
        show = self.shows[number] = "xa" if self.shows.get(number) == "away" else "away"
        self.writer.write([(jid_of(number), self._record(show))])

    def measure_changes(self, watchers, count, users):
        """Each change is for `count` watchers; returns the ms to the last event, of each."""
        return [
            watchers.measure(count, lambda: self.change(number % users))
            for number in range(CHANGES)
        ]

    def rate(self):
        """Ordinary requests per second through nginx, and the responder's CPU for each."""
        before = self.cpu_s()
        result = drive(self.nginx.port, self.targets, LOAD_S, 200)
        return (result["requests"] / result["seconds"],
                (self.cpu_s() - before) / result["requests"] * 1e6)

    def wait_gone(self):
        """Waits until the responder has noticed that the watchers are gone."""
        wait_until(lambda: self.responder.process.descriptors() < DESCRIPTORS_ALONE,
                   "the streams to go", 30.0)

    def measure_memory(self):
        before, slab = cpu.memory_bytes(self.pid), kernel_bytes()
        watchers = self.watch(self.socket, self.users)
        after = cpu.memory_bytes(self.pid)
        self.row("memory of the responder per watcher, with its place in the pool",
                 f"{((after - before) / self.watchers + POOL_PLACE_BYTES) / 1024:.2f} KiB")
        self.row("memory of the responder in all", f"{after / 1024 / 1024:.1f} MiB")
        self.row("the kernel's for both ends of a watcher's socket, about",
                 f"{(kernel_bytes() - slab) / self.watchers / 1024:.1f} KiB")
        return watchers

    def measure_idle(self):
        before = self.cpu_s()
        time.sleep(IDLE_S)
        share = (self.cpu_s() - before) / IDLE_S
        self.row("idle CPU of the responder, leases renewed", f"{share * 100:.2f} % of a core")
        return share

    def row_changes(self, what, measured):
        last = sorted(last for _, last in measured)
        first = statistics.median(first for first, _ in measured)
        self.row(what, f"{first:.1f} / {statistics.median(last):.1f} / {last[-1]:.1f} ms")


def run_requests(bench):
    """Ordinary requests alone and beside watchers, in turn; ratios are those within a round."""
    rounds = []
    for number in range(ROUNDS):
        say(f"ordinary requests: round {number + 1} of {ROUNDS}")
        alone = bench.rate()
        with bench.watch(bench.socket, bench.users) as watchers:
            idle = bench.rate()
            with Changes(bench.redis.store, bench.users, CHANGES_PER_S):
                busy = bench.rate()
            if watchers.ended():
                raise SandboxError(f"{watchers.ended()} streams have ended")
        bench.wait_gone()
        rounds.append((alone, idle, busy))
    events_per_s = CHANGES_PER_S * bench.watchers // bench.users
    for index, what in enumerate((
        "ordinary requests, nobody watching", "the same beside idle watchers",
        f"the same, with {CHANGES_PER_S} changes/s, so {events_per_s} events/s",
    )):
        rate, us = (statistics.median(one[index][i] for one in rounds) for i in range(2))
        ratio = statistics.median(one[index][0] / one[0][0] for one in rounds)
        bench.row(what, f"{rate:.0f}/s, {ratio:.0%}, {us:.1f} µs of the responder")
    return statistics.median(one[0][1] for one in rounds)


def run_watching(bench):
    """Streams straight at the responder's socket. Returns its share of a core when idle."""
    each = bench.watchers // bench.users
    with bench.measure_memory() as watchers:
        share = bench.measure_idle()
        measured = bench.measure_changes(watchers, each, bench.users)
        bench.row_changes(f"a change to {each} watchers: first, last, slowest last", measured)
    bench.wait_gone()
    with bench.watch(bench.socket, 1) as watchers:
        before = bench.cpu_s()
        measured = bench.measure_changes(watchers, bench.watchers, 1)
        spent = (bench.cpu_s() - before) / CHANGES / bench.watchers
        bench.row_changes(f"a change to all {bench.watchers}: first, last, slowest last", measured)
        bench.row("CPU of the responder per event", f"{spent * 1e6:.1f} µs")
    bench.wait_gone()
    return share


def run_nginx(bench):
    with bench.watch(bench.nginx.port, 1) as watchers:
        measured = bench.measure_changes(watchers, bench.watchers, 1)
        bench.row_changes(f"a change to all {bench.watchers} through nginx: first, last, slowest last", measured)
        meters = {"nginx": cpu.family(bench.nginx.process.pid), "responder": [bench.pid]}
        before = {role: cpu.seconds(pids) for role, pids in meters.items()}
        time.sleep(IDLE_S)
        shares = {role: (cpu.seconds(pids) - before[role]) / IDLE_S
                  for role, pids in meters.items()}
        bench.row("idle CPU through nginx: nginx, responder",
                  f"{shares['nginx']:.2%}, {shares['responder']:.2%} of a core")


def run(bench):
    bench.rate()
    share = run_watching(bench)
    us = run_requests(bench)
    run_nginx(bench)
    polls = bench.watchers / POLL_S
    bench.row(f"polling by as many every {POLL_S} s, calculated",
              f"{polls:.0f} requests/s, {polls * us / 1e6:.2%} of a core for the responder against "
              f"{share:.2%}; a change is seen after {POLL_S / 2:.1f} s on average")


def main():
    arguments = parse_arguments()
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    with ExitStack() as stack:
        bench = Bench(stack, arguments)
        run(bench)
    print_rows(("what", f"{bench.watchers} watchers, {bench.users} users"), bench.rows)


if __name__ == "__main__":
    main()
