"""Somebody who is online, users who get blocked one after the other, and web servers that are asked
for all of them, all the time; and what may be answered."""

import json
import subprocess
import threading
import time

from sandbox.system import DOMAIN
from timeline import Timeline

POLL_S, CHANGE_S, BLOCK_S = 0.02, 0.5, 0.25
CTL_S = 10.0
# Blocks that are still asked for.
RECENT = 12
ALICE = f"alice@{DOMAIN}"


def user(number):
    return f"user{number}@{DOMAIN}"


class Load:
    """Runs while it is entered. `alice` is a session; `ctl` a command line to which words are added.

    Users from `first_user` on are blocked in turn; all must be published before.
    """

    def __init__(self, nodes, alice, ctl, first_user):
        self.timeline = Timeline([node.name for node in nodes])
        self.blocks = []  # (when it was acknowledged, number)
        self.next_user = first_user
        self.longest_write_gap = 0.0
        self.stale_presence = {node.name: 0.0 for node in nodes}
        self.stale_block = {node.name: 0.0 for node in nodes}
        self.statuses = {node.name: {} for node in nodes}
        self.problems = []
        self._first_user = first_user
        self._alice, self._ctl = alice, ctl
        self._changes = []  # when alice's n-th change was sent
        self._late = []     # (when asked, node, number) of each 200 for a user blocked before
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._guard, args=(self._poll, node)) for node in nodes
        ] + [threading.Thread(target=self._guard, args=(work,)) for work in
             (self._change, self._block)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def event(self, text):
        self.timeline.event(text)

    def blocked_after(self, when):
        """Says whether a block that was begun after `when` has been acknowledged."""
        return any(begun > when for begun, _, _ in list(self.blocks))

    def changes(self):
        """Returns how often alice has changed so far."""
        return len(self._changes)

    def settle(self, lost):
        """Finds out how long blocks took to show, but for those that Redis has lost."""
        acknowledged = {number: done for _, done, number in self.blocks}
        for asked, name, number in self._late:
            if number not in lost:
                age = asked - acknowledged[number]
                self.stale_block[name] = max(self.stale_block[name], age)

    def report(self, title):
        lines = [title, self.timeline.table(), "host  answers               block 200  presence old"]
        for name, counts in self.statuses.items():
            answers = " ".join(f"{count} x {status}" for status, count in sorted(counts.items()))
            lines.append(f"{name:5} {answers:26} {self.stale_block[name]:5.2f} s "
                         f"{self.stale_presence[name]:10.2f} s")
        lines.append(f"blocks acknowledged: {len(self.blocks)}; longest time without one: "
                     f"{self.longest_write_gap:.2f} s")
        return "\n".join(lines)

    def _guard(self, work, *args):
        try:
            work(*args)
        except Exception as error:  # a thread's end must fail the test
            self.problems.append(f"{work.__name__}: {error!r}")

    def _change(self):
        while not self._stop.wait(CHANGE_S):
            self._changes.append(time.monotonic())
            self._alice.presence(show="dnd", status=f"n{len(self._changes) - 1}")

    def _block(self):
        last = time.monotonic()
        while not self._stop.wait(BLOCK_S):
            begun = time.monotonic()
            done = subprocess.run(
                [*self._ctl, "block", user(self.next_user)], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, timeout=CTL_S, check=False,
            )
            now = time.monotonic()
            if done.returncode == 0:
                self.blocks.append((begun, now, self.next_user))
                self.longest_write_gap = max(self.longest_write_gap, now - last)
                self.next_user += 1
                last = now

    def _poll(self, node):
        turn = 0
        while not self._stop.wait(POLL_S):
            turn += 1
            if turn % 2:
                self._ask_for_alice(node)
            elif self.blocks:
                recent = self.blocks[-RECENT:]
                self._ask_for_blocked(node, recent[turn // 2 % len(recent)][2])

    def _count(self, node, status):
        counts = self.statuses[node.name]
        counts[status] = counts.get(status, 0) + 1
        if status not in (200, 404, 503):
            self.problems.append(f"{node.name} answered {status}")

    def _ask_for_alice(self, node):
        asked = time.monotonic()
        answer = node.get(ALICE)
        self._count(node, answer.status)
        self.timeline.answer(node.name, f"{answer.status}")
        if answer.status == 404:
            self.problems.append(f"{node.name}: 404 for somebody who is published")
        if answer.status != 200:
            return
        content = json.loads(answer.body)
        if content["state"] != "dnd":
            self.problems.append(f"{node.name}: {content}")
        shown = int(content.get("status", "n-1")[1:])
        if shown + 1 < len(self._changes):
            age = asked - self._changes[shown + 1]
            self.stale_presence[node.name] = max(self.stale_presence[node.name], age)

    def _ask_for_blocked(self, node, number):
        asked = time.monotonic()
        status = node.get(user(number)).status
        self._count(node, status)
        self.timeline.answer(node.name, f"blocked:{status}")
        if status == 200:
            self._late.append((asked, node.name, number))
