"""Who is asked for, in which order."""

import bisect
import itertools
import random
from dataclasses import dataclass

from speed.population import HOT, SEED, STEADY, jid_of, missing_jid_of

# Requests of a sequence, after which it begins again; each round begins elsewhere in it.
SEQUENCE = 200000
# Of all users, in a second.
CHANGED_SHARE = 0.02


@dataclass(frozen=True)
class Workload:
    """`jids` are asked for in turn, for ever; every answer has to have `status`."""

    name: str
    jids: tuple
    status: int = 200
    is_changing: bool = False


def zipf(count, chance):
    """SEQUENCE numbers below `count`, the one of rank r as often as 1/r says."""
    weights = list(itertools.accumulate(1 / rank for rank in range(1, count + 1)))
    numbers = list(range(count))
    chance.shuffle(numbers)
    return [
        numbers[min(bisect.bisect(weights, chance.random() * weights[-1]), count - 1)]
        for _ in range(SEQUENCE)
    ]


def make_workloads(count):
    """All workloads on `count` users, by name."""
    chance = random.Random(SEED)
    draw = [chance.randrange(count) for _ in range(SEQUENCE)]
    workloads = (
        Workload("hot", (HOT,)),
        Workload("uniform", tuple(map(jid_of, draw))),
        Workload("zipf", tuple(map(jid_of, zipf(count, chance))), is_changing=True),
        Workload("404", tuple(map(missing_jid_of, draw)), status=404),
        Workload("304", (STEADY,), status=304),
    )
    return {workload.name: workload for workload in workloads}
