"""Measures what more users cost. See `size`."""

import os
import random
import tempfile
import time

from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.redis_server import RedisServer
from speed import cpu
from speed.command import new_parser, say
from speed.load import drive, write_targets
from speed.peers.ours import Ours
from speed.population import (
    DOMAIN, HOT, SEED, available, fill, jid_of, unavailable, with_status,
)
from speed.table import print_rows
from speed.upkeep import Lease
from speed.workload import SEQUENCE

KINDS = (
    ("available, show, last", available),
    ("the same with a status text of 21 bytes", with_status),
    ("unavailable, last, expires", unavailable),
)
HEADINGS = (
    "users", "Redis, bytes per user", "requests/s", "CPU µs per request", "nginx", "responder",
    "Redis", "responder's memory", "start to first answer",
)


def parse_arguments():
    parser = new_parser("size")
    parser.add_argument("--users", default="1000,100000,1000000", help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=int, default=2, help="of each round, default: 2")
    parser.add_argument("--kind-users", type=int, default=100000,
                        help="for the table of kinds of records, default: %(default)s")
    return parser.parse_args()


def used_memory(store):
    info = store.command("INFO", "memory").decode()
    return int(info.partition("used_memory:")[2].split()[0])


def filled_redis(directory, count, make_fields):
    """Starts a Redis with `count` users; returns it and its bytes per user, all keys together."""
    os.mkdir(directory)
    redis = RedisServer(directory)
    redis.start()
    fill(redis.store, 0)
    before = used_memory(redis.store)
    fill(redis.store, count, make_fields)
    return redis, (used_memory(redis.store) - before) / count


def measure_kinds(directory, count):
    rows = []
    for number, (name, make_fields) in enumerate(KINDS):
        say(f"{count} records: {name}")
        redis, bytes_each = filled_redis(
            os.path.join(directory, f"kind{number}"), count, make_fields
        )
        key = "xmpp:presence:{%s}:u0000001" % DOMAIN
        record = redis.store.command("MEMORY", "USAGE", key)
        redis.stop()
        rows.append((name, f"{bytes_each:.0f}", record))
    return rows


def measure_start(peer):
    """Starts the responder and nginx before it; returns the ms to the first right answer."""
    peer.nginx.start()
    begin = time.monotonic()
    peer.responder.process.start()
    wait_until(lambda: peer.get(HOT).status == 200, "an answer from the responder")
    return (time.monotonic() - begin) * 1e3


def measure_size(directory, arguments, count):
    redis, bytes_each = filled_redis(os.path.join(directory, f"redis{count}"), count, available)
    own = os.path.join(directory, f"ours{count}")
    os.mkdir(own)
    program = os.path.join(arguments.programs, "fcgi", "xmpp-status-fcgi")
    peer = Ours(own, program, redis)
    try:
        with Lease(redis.store):
            start_ms = measure_start(peer)
            measured = run(peer, redis, directory, arguments, count)
        memory = cpu.memory_bytes(peer.responder.process.pid)
    finally:
        peer.stop()
        redis.stop()
    middle = sorted(measured, key=lambda one: sum(one["cpu_us"].values()))[len(measured) // 2]
    times = middle["cpu_us"]
    return (
        count, f"{bytes_each:.0f}", f"{middle['requests'] / middle['seconds']:.0f}",
        f"{sum(times.values()):.1f}", *(f"{time_us:.1f}" for time_us in times.values()),
        f"{memory / 2**20:.1f} MiB", f"{start_ms:.0f} ms",
    )


def run(peer, redis, directory, arguments, count):
    """Asks for all users alike; returns the rounds."""
    chance = random.Random(SEED)
    path = os.path.join(directory, f"targets{count}")
    write_targets(path, (peer.target(jid_of(chance.randrange(count))) for _ in range(SEQUENCE)))
    processes = {**peer.processes(), "redis": [redis.process.pid]}
    rounds = []
    drive(peer.port, path, arguments.seconds, 200)
    for number in range(arguments.rounds):
        say(f"{count} users: round {number + 1} of {arguments.rounds}")
        meter = cpu.Meter(processes)
        result = drive(peer.port, path, arguments.seconds, 200, number * SEQUENCE // 7)
        result["cpu_us"] = meter.us_per(result["requests"])
        rounds.append(result)
    return rounds


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="xmpp-status-bench-") as directory:
        try:
            kinds = measure_kinds(directory, arguments.kind_users)
            sizes = [
                measure_size(directory, arguments, int(count))
                for count in arguments.users.split(",")
            ]
        except SandboxError as error:
            raise SystemExit(f"size: {error}") from None
    print_rows(("record", "bytes per user, all keys", "bytes of the key alone"), kinds)
    print()
    print_rows(HEADINGS, sizes)


if __name__ == "__main__":
    main()
