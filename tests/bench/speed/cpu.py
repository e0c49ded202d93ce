"""The processor time that processes have used."""

import glob
import os

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def family(pid):
    """A process and all its descendants."""
    pids = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path, encoding="ascii") as file:
            for child in file.read().split():
                pids += family(int(child))
    return pids


class Meter:
    """The time that processes use from now on, by role; `first_pids` are the parents' ids."""

    def __init__(self, first_pids):
        self._families = {
            role: [pid for first in pids for pid in family(first)]
            for role, pids in first_pids.items()
        }
        self._before = self._seconds()

    def _seconds(self):
        return {role: seconds(pids) for role, pids in self._families.items()}

    def us_per(self, requests):
        """Microseconds for each of so many requests, by role."""
        return {
            role: (now - self._before[role]) / requests * 1e6
            for role, now in self._seconds().items()
        }


def seconds(pids):
    """User and system time of all of them together, in seconds."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_S


def memory_bytes(pid):
    """What a process has in memory of its own."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) * 1024
