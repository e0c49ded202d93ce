"""What answers may say while everything changes: a model of the keys and of the promises.

Each key that answers rest on, of flags each field, is a register with a history. An answer is right
if it follows from versions of its registers each of which was there not longer ago than promised,
and none of which is older than what was already shown by the same responder before the request.
"""

import itertools
import threading
from bisect import bisect_left
from dataclasses import dataclass, field

# How much later than it says a key may expire, as Redis looks ten times a second.
EXPIRY_S = 0.25
YES = ("yes", "yes nolast")


class Violation(Exception):
    """An answer that nothing explains."""


@dataclass
class Version:
    value: object
    start: float  # just before the command went
    end: float = float("inf")  # when the next one was acknowledged


class Register:
    """The history of a key or a field; None is absent. One thread writes, any may read."""

    def __init__(self):
        self.versions = [Version(None, float("-inf"))]

    def begin(self, value, start):
        self.versions.append(Version(value, start))

    def acknowledge(self, now):
        self.versions[-2].end = now

    def delete(self, start):
        """Begins a deletion, also of what has not expired yet."""
        if self.versions[-1].start > start:
            self.versions[-1].start = start
        else:
            self.begin(None, start)

    def expire(self, start, end):
        """The version that is there will have gone by `end`; nothing else may be written before."""
        self.versions[-1].end = end
        self.versions.append(Version(None, start))

    def possible(self, since, until, floor):
        """Yields (index, version) of what was there at some time from `since` to `until`."""
        index = len(self.versions) - 1
        while index >= floor:
            version = self.versions[index]
            if version.end < since:
                return
            if version.start <= until:
                yield index, version
            index -= 1


def answer(domain_flag, lease, flag, record):
    """What follows from the values: (status, state, last), as the contract has it."""
    if domain_flag not in YES:
        return 404, None, None
    if not lease:
        return 503, None, None
    if flag is not None and flag not in YES:
        return 404, None, None
    if record is None:
        return (200, "offline", None) if flag in YES else (404, None, None)
    state, last = record
    withheld = "yes nolast" in (domain_flag, flag)
    return 200, state, None if withheld else last


@dataclass
class Windows:
    """When more is allowed than usual, of one responder; one thread writes.

    Otherwise a change that was acknowledged `bound_s` before the request must show.
    """

    bound_s: float
    silences: list = field(default_factory=list)  # (start, end): since start nothing need be heard
    outages: list = field(default_factory=list)  # (start, end): 503 is right

    def since(self, sent):
        """From when on what a request that was sent then shows must have been there."""
        since = sent - self.bound_s
        for start, end in self.silences[-3:]:
            if start <= sent <= end:
                since = min(since, start - self.bound_s)
        return since

    def is_outage(self, sent, received):
        return any(start <= received and sent <= end for start, end in self.outages[-5:])


class Judge:
    """Judges the answers of one responder."""

    def __init__(self, name, bound_s):
        self.name = name
        self.windows = Windows(bound_s)
        self.answers = 0
        self.outage_answers = 0
        self.silence_answers = 0
        self.oldest_s = 0.0  # the oldest that was shown, but for silences
        self._floors = {}
        self._lock = threading.Lock()

    def floors(self, registers):
        """What is too old for a request that is sent after this."""
        with self._lock:
            return [self._floors.get(register, 0) for register in registers]

    def judge(self, registers, floors, sent, received, seen):
        """Raises Violation unless something explains what was `seen`."""
        self.answers += 1
        if seen[0] == 503 and self.windows.is_outage(sent, received):
            self.outage_answers += 1
            return
        since = self.windows.since(sent)
        is_silence = since < sent - self.windows.bound_s
        self.silence_answers += is_silence
        found = self._explain(registers, floors, since, received, seen)
        if not found:
            raise Violation(self._describe(registers, floors, since, sent, received, seen))
        with self._lock:
            for number, register in enumerate(registers):
                least = min(choice[number][0] for choice in found)
                self._floors[register] = max(self._floors.get(register, 0), least)
        if not is_silence:
            age = min(max(sent - version.end for _, version in choice) for choice in found)
            self.oldest_s = max(self.oldest_s, age)

    @staticmethod
    def _explain(registers, floors, since, until, seen):
        choices = [
            list(register.possible(since, until, floor))
            for register, floor in zip(registers, floors)
        ]
        return [
            choice for choice in itertools.product(*choices)
            if answer(*(version.value for _, version in choice)) == seen
        ]

    def _describe(self, registers, floors, since, sent, received, seen):
        lines = [
            f"responder {self.name}: sent {sent:.4f}, received {received:.4f}, allowed since "
            f"{since:.4f}: {seen}",
            f"  silences: {self.windows.silences[-3:]}, outages: {self.windows.outages[-5:]}",
        ]
        names = ("domain's flag", "lease", "user's flag", "record")
        for name, register, floor in zip(names, registers, floors):
            first = max(0, bisect_left([v.start for v in register.versions], since) - 5)
            history = "; ".join(
                f"{index}: {v.value} {v.start:.4f}..{v.end:.4f}"
                for index, v in enumerate(register.versions) if index >= first
            )
            lines.append(f"  {name}, shown before: {floor}; {history}")
        return "\n".join(lines)
