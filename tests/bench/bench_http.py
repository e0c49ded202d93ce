"""Measures our HTTP answer against its peers. See `http`."""

import json
import os
import tempfile

from sandbox.errors import SandboxError
from speed.aims import print_aims
from speed.command import new_parser, say
from speed.harness import Harness
from speed.load import hold, is_held
from speed.population import HOT
from speed.results import Results
from speed.table import print_results, print_rows
from speed.upkeep import Lease
from speed.workload import make_workloads

USERS = 100000
HALF_LOAD_PEERS = ("static", "bare", "ours", "cached")


def parse_arguments():
    parser = new_parser("http")
    parser.add_argument("--quick", action="store_true", help="one round of one second each")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=int, default=2, help="of each round, default: 2")
    parser.add_argument("--users", type=int, default=USERS, help=f"default: {USERS}")
    parser.add_argument("--workloads", help="some of hot,uniform,zipf,404,304")
    parser.add_argument("--peers", help="some of return,static,bare,honest,php,prosody,ejabberd,"
                                        "constant,ours,two,cold,cached,open")
    parser.add_argument("--json", help="file for the raw numbers, default: in build/release")
    arguments = parser.parse_args()
    arguments.json = arguments.json or os.path.join(arguments.programs, "bench-http.json")
    if arguments.quick:
        arguments.rounds = arguments.seconds = 1
    return arguments


def run_workload(harness, workload, arguments, results):
    """Warms all peers up, then takes them in turn, as often as there are rounds."""
    peers = [peer for peer in harness.peers if workload.name in peer.workloads]
    with harness.changes(workload):
        for peer in peers:
            harness.warm_up(peer, workload)
        for number in range(arguments.rounds):
            say(f"{workload.name}: round {number + 1} of {arguments.rounds}")
            for peer in peers:
                measured = harness.measure(peer, workload, arguments.seconds, number)
                results.add(workload.name, peer.key, measured)


def run_half_load(harness, arguments, results):
    """Asks for the hot user at half the rate that each was capable of; the median round by p99."""
    rounds = {}
    for _ in range(arguments.rounds):
        for key in HALF_LOAD_PEERS:
            if harness.peer(key) is not None and results.has("hot", key):
                say(f"half load: {key}")
                peer = harness.peer(key)
                rounds.setdefault(key, []).append(hold(
                    os.path.join(arguments.programs, "tests", "bench", "pacer"), peer.port,
                    peer.target(HOT), results.rate("hot", key) / 2, arguments.seconds,
                ))
    for key, measured in rounds.items():
        measured.sort(key=lambda one: one["p99_ms"])
        results.half_load[key] = measured[len(measured) // 2]


def report(harness, workloads, results):
    print_results(results, workloads, harness.peers)
    if results.half_load:
        print()
        print_rows(("half load", "wanted/s", "answers/s", "held", "p50 ms", "p99 ms"), [
            (harness.peer(key).name, f"{one['requested']:.0f}", f"{one['rate']:.0f}",
             "yes" if is_held(one) else "NO", f"{one['p50_ms']:.2f}", f"{one['p99_ms']:.2f}")
            for key, one in results.half_load.items()
        ])
    print()
    print_aims(results, harness.peers)
    print(f"\nanswers that were not the ones expected: {results.bad_answers()}")


def write_json(results, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results.as_json(), file, indent=1)
    print(f"\nraw numbers: {os.path.abspath(path)}", flush=True)


def main():
    arguments = parse_arguments()
    available = make_workloads(arguments.users)
    workloads = arguments.workloads.split(",") if arguments.workloads else list(available)
    names = arguments.peers.split(",") if arguments.peers else None
    results = Results()
    with tempfile.TemporaryDirectory(prefix="xmpp-status-bench-") as directory:
        harness = Harness(directory, arguments.programs, arguments.users)
        try:
            say(f"starting everything, with {arguments.users} users")
            harness.start(names)
            with Lease(harness.redis.store):
                harness.check_answers()
                for name in workloads:
                    run_workload(harness, available[name], arguments, results)
                run_half_load(harness, arguments, results)
            report(harness, workloads, results)
            write_json(results, arguments.json)
        except SandboxError as error:
            raise SystemExit(f"http: {error}") from None
        finally:
            harness.stop()


if __name__ == "__main__":
    main()
