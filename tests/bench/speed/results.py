"""What was measured, and what it comes to."""

import statistics


class Results:
    """Rounds by workload and peer, both by their short names."""

    def __init__(self):
        self._rounds = {}
        self.half_load = {}

    def add(self, workload, peer, measured):
        self._rounds.setdefault((workload, peer), []).append(measured)

    def has(self, workload, peer):
        return (workload, peer) in self._rounds

    def median(self, workload, peer, key):
        return statistics.median(r[key] for r in self._rounds[workload, peer])

    def cpu_us(self, workload, peer, role=None):
        """Median of the time per request, of all roles or of one."""
        return statistics.median(_cpu(r, role) for r in self._rounds[workload, peer])

    def cpu_ratio(self, workload, peer, other):
        """Median over the rounds of one peer's time to the other's in the same round; or None."""
        return self._ratio(workload, peer, workload, other, _cpu)

    def rate_ratio(self, workload, peer, other):
        return self._ratio(workload, peer, workload, other, lambda r: r["requests"] / r["seconds"])

    def _ratio(self, workload, peer, other_workload, other, value):
        if not self.has(workload, peer) or not self.has(other_workload, other):
            return None
        pairs = zip(self._rounds[workload, peer], self._rounds[other_workload, other])
        return statistics.median(value(one) / value(two) for one, two in pairs)

    def rate(self, workload, peer):
        return statistics.median(
            r["requests"] / r["seconds"] for r in self._rounds[workload, peer]
        )

    def bad_answers(self):
        """How many answers were not the ones expected, in all rounds."""
        return sum(
            r["failures"] + r["bad_statuses"] for rounds in self._rounds.values() for r in rounds
        )

    def as_json(self):
        """Everything, for a file."""
        return {
            "rounds": [
                {"workload": workload, "peer": peer, "rounds": rounds}
                for (workload, peer), rounds in self._rounds.items()
            ],
            "half_load": self.half_load,
        }


def _cpu(measured, role=None):
    times = measured["cpu_us"]
    return sum(times.values()) if role is None else times.get(role, 0.0)
