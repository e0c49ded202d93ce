"""Counts the responder's instructions per request. See `instructions`."""

import os
import sys
import tempfile

from sandbox.errors import SandboxError
from sandbox.http import Connection
from sandbox.redis_server import RedisServer
from speed import callgrind
from speed.command import new_parser
from speed.peers.constant import Constant
from speed.peers.ours import Ours, OursCold
from speed.population import HOT, fill
from speed.table import print_rows
from speed.upkeep import Lease

# nginx closes a connection after a thousand requests.
REQUESTS_PER_CONNECTION = 900
# Before the first count, so that what is done once has been done.
WARM_UP = 200


def parse_arguments():
    parser = new_parser("instructions")
    parser.add_argument("--requests", type=int, default=2000, help="default: 2000")
    parser.add_argument("--top", type=int, default=25, help="functions to list, default: 25")
    return parser.parse_args()


def ask(peer, count):
    for first in range(0, count, REQUESTS_PER_CONNECTION):
        with Connection(peer.port) as connection:
            for _ in range(min(REQUESTS_PER_CONNECTION, count - first)):
                if connection.request(peer.target(HOT)).status != 200:
                    raise SandboxError(f"{peer.name}: {HOT} is not a 200")


def count(peer, out_path, requests):
    """Returns the costs per request.

    The first part has the start and the warm-up, the second one `requests`, the third twice as
    many: the difference is free of what the parts themselves cost.
    """
    peer.start()
    try:
        for number in (WARM_UP, requests, 2 * requests):
            ask(peer, number)
            callgrind.dump(peer.responder.process.pid)
    finally:
        peer.stop()
    names = {}
    parts = [callgrind.read_part(f"{out_path}.{number}", names) for number in (1, 2, 3)]
    return parts[2].per_request(parts[1], requests)


def measure(directory, arguments):
    fcgi = os.path.join(arguments.programs, "fcgi", "xmpp-status-fcgi")
    constant = os.path.join(arguments.programs, "tests", "bench", "constant")
    redis = RedisServer(_make(directory, "redis"))
    redis.start()
    makers = (
        lambda d, prefix: Constant(d, constant, prefix),
        lambda d, prefix: Ours(d, fcgi, redis, prefix),
        lambda d, prefix: OursCold(d, fcgi, redis, prefix),
    )
    rows = []
    try:
        fill(redis.store, 1)
        with Lease(redis.store):
            for number, make in enumerate(makers):
                own = _make(directory, f"peer{number}")
                out_path = os.path.join(own, "callgrind.out")
                peer = make(own, callgrind.command(out_path))
                print(f"counting {peer.name}", file=sys.stderr, flush=True)
                rows.append((peer.name, count(peer, out_path, arguments.requests)))
    finally:
        redis.stop()
    return rows


def _make(directory, name):
    path = os.path.join(directory, name)
    os.mkdir(path)
    return path


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="xmpp-status-bench-") as directory:
        try:
            rows = measure(directory, arguments)
        except SandboxError as error:
            raise SystemExit(f"instructions: {error}") from None
    print_rows(
        ("program, hot user, one request at a time", "instructions per request"),
        [(name, f"{costs.own.total():.0f}") for name, costs in rows],
    )
    for name, costs in rows:
        print(f"\n{name}:\n")
        print_costs(costs, arguments.top)


def print_costs(costs, limit):
    print_rows(("instructions per request", "in"), _most(costs.libraries(), limit))
    print()
    print_rows(("itself", "function"), _most(costs.own, limit))
    print()
    print_rows(("with all it calls", "function"), _most(costs.inclusive, limit))


def _most(counter, limit):
    return [(f"{cost:.0f}", name) for name, cost in counter.most_common(limit) if cost >= 1]


if __name__ == "__main__":
    main()
