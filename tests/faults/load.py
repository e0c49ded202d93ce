"""The steady load: requests, changes of presence, and a panel that blocks and publishes."""

import random
import threading
import time
from contextlib import contextmanager, suppress

from model import BATCH, GONE, OFFLINE, ONLINE, Answer
from reading import read_answer, read_list
from sandbox import http
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.store import publish_key
from sandbox.system import DOMAIN, LOCATION
from watcher import Watcher, list_target

SHOWS = (None, "chat", "dnd", "away", "xa")
BLOCK_ALL = "for _, jid in ipairs(ARGV) do redis.call('HSET', KEYS[1], jid, 'no') end"
NEVER = "nobody"  # who asks for this one asks for somebody who does not exist
HIDDEN = "hidden"  # blocked from the start
TOGGLED = "toggled"  # published and blocked in turn
TRUTHS = ("alice", "bob", "carol", "dave", "leaver")
EVERYBODY = (*TRUTHS, TOGGLED, HIDDEN, NEVER)
SYNCED = "sync complete"  # what the bot logs then
NOTE_S = 0.1
BATCH_SHARE = 0.1  # of the requests, each of which asks for everybody
# A block lasts longer than it may take to be seen.
OPEN_S, BLOCKED_S = (0.7, 1.8), (1.5, 2.2)


class Load:
    """Runs until stopped, in threads of its own; `answers` is all that was answered so far."""

    def __init__(self, rig, model, askers=6, pause_s=0.05, change_s=0.1, watchers=2):
        self.rig = rig
        self.model = model
        self.answers = []
        self.problems = []  # of the load itself
        self.absent = set()  # users who do not log in again
        self.pause_s = pause_s
        self.change_s = change_s
        self.changes = 0
        self._clients = {}
        self._retry_at = {}
        self._syncs = 0  # of which the bot has told
        self._left = set()  # who said that they left, and are still connected
        self._is_toggled_open = True
        self._changing = threading.Lock()
        self._flagging = threading.Lock()
        self._stop = threading.Event()
        self._chance = random.Random(7)
        self.watchers = [Watcher(rig, EVERYBODY) for _ in range(watchers)]
        self._threads = [
            threading.Thread(target=self._run, args=what, daemon=True)
            for what in [(self._ask,)] * askers + [(self._change,), (self._flag,), (self._note,)]
            + [(self._watch, watcher) for watcher in self.watchers]
        ]

    def start(self):
        for user in (*TRUTHS, TOGGLED):
            self.model.add(user)
        self.model.add(HIDDEN, is_open=False)
        self.rig.panel.publish(f"{HIDDEN}@{DOMAIN}", "no")
        for user in (*TRUTHS, TOGGLED, HIDDEN):
            self._clients[user] = self.rig.login(user)
            self._change_one(user)
        for user in (*TRUTHS, TOGGLED):
            wait_until(
                lambda: self.rig.get(f"{user}@{DOMAIN}").status == 200, f"the first answer: {user}"
            )
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def longest_gap_s(self, since):
        """How long a watcher has been without a stream at most, in gaps that lasted beyond then."""
        return max(
            (end - begin for watcher in self.watchers for begin, end in watcher.all_gaps()
             if end > since), default=0.0
        )

    def _run(self, what, *args):
        try:
            while not self._stop.is_set():
                what(*args)
        except Exception as problem:  # to be shown by the thread that waits
            self.problems.append(f"{type(problem).__name__}: {problem}")
            raise

    # --- Requests ------------------------------------------------------------------------------

    def _ask(self):
        # Half of them in words that no cache knows, to see the responder itself.
        word = f"n={random.randrange(1 << 30)}" if random.random() < 0.5 else ""
        if random.random() < BATCH_SHARE:
            self.answers.extend(self._ask_all(word))
        else:
            user = random.choice((*TRUTHS, TOGGLED, TOGGLED, HIDDEN, NEVER))
            self.answers.append(self._ask_one(user, word))
        self._stop.wait(self.pause_s)

    def _ask_one(self, user, word):
        begin = time.monotonic()
        try:
            response = self._get(f"{LOCATION}{user}@{DOMAIN}?{word}")
        except (OSError, SandboxError) as problem:
            return Answer(user, begin, time.monotonic(), 0, problem=repr(problem))
        return read_answer(user, begin, response)

    def _ask_all(self, word):
        begin = time.monotonic()
        try:
            response = self._get(f"{list_target(EVERYBODY, 'json')}&{word}")
        except (OSError, SandboxError) as problem:
            end = time.monotonic()
            return [Answer(user, begin, end, 0, problem=repr(problem), via=BATCH)
                    for user in EVERYBODY]
        return read_list(EVERYBODY, begin, response)

    def _get(self, target):
        """One request, from one of many addresses, as a single one would run into the limit."""
        source = f"127.{random.randrange(1, 250)}.{random.randrange(1, 250)}.1"
        return http.request(self.rig.nginx.port, target, source=source)

    def _watch(self, watcher):
        self.answers.extend(watcher.look())
        self._stop.wait(watcher.pause_s)

    # --- The bot's word ------------------------------------------------------------------------

    def _note(self):
        """Tells the model of each time that the bot has asked who is there."""
        begin = time.monotonic()
        self._stop.wait(NOTE_S)
        syncs = self.rig.bot.process.log().count(SYNCED)
        for _ in range(syncs - self._syncs):
            self.model.note_sync(begin)
        self._syncs = syncs

    # --- Changes of presence -------------------------------------------------------------------

    def _change(self):
        for user in self._clients:
            if self._stop.wait(self.change_s):
                return
            with self._changing:
                if user not in self.absent:
                    self._change_or_return(user)

    def _change_or_return(self, user):
        if self._clients[user].is_connected:
            # Whom the panel has blocked says nothing: only the flag is to tell of the block.
            if user != TOGGLED or self._is_toggled_open:
                with suppress(SandboxError):  # the session ends just now: seen the next time
                    self._change_one(user)
            return
        if user == HIDDEN:
            pass  # nobody is to see anything of that one anyway
        else:
            self.model.change(user, GONE)
            self.model.settle(user)
        if time.monotonic() < self._retry_at.get(user, 0):
            return
        try:
            self._clients[user] = self.rig.login_registered(user)
            self._change_one(user)
        except SandboxError:
            self._retry_at[user] = time.monotonic() + 0.5

    def _change_one(self, user):
        self.changes += 1
        mark = f"mark-{self.changes}"
        client = self._clients[user]
        # Nobody leaves twice: the server would say nothing of the second time.
        is_leaving = user not in self._left and self.changes > 20 and self._chance.random() < 0.15
        if user != HIDDEN and is_leaving:
            self._left.add(user)
            self.model.change(user, OFFLINE, mark)
            client.unavailable(mark)
        else:
            self._left.discard(user)
            show = self._chance.choice(SHOWS)
            if user != HIDDEN:
                self.model.change(user, ONLINE, mark, show)
            client.presence(show=show, status=mark)
        if user != HIDDEN:
            self.model.settle(user)

    @contextmanager
    def sessions_lost(self):
        """Within it every session ends; afterwards users log in again, but for the absent."""
        with self._changing:
            users = [user for user in self._clients if user != HIDDEN]
            for user in users:
                self.model.change(user, GONE)
            yield
            for client in self._clients.values():
                wait_until(lambda: not client.is_connected, "the end of a session", 5)
            for user in users:
                self.model.settle(user)

    def leave(self, user):
        """The user leaves and does not come back until return_all()."""
        with self._changing:
            self.absent.add(user)
            self.model.change(user, GONE)
            self._clients[user].drop()
            self.model.settle(user)

    def return_all(self):
        self.absent.clear()

    # --- The panel -----------------------------------------------------------------------------

    def _flag(self):
        for is_open, after_s in ((False, OPEN_S), (True, BLOCKED_S)):
            if self._stop.wait(random.uniform(*after_s)):
                return
            with self._flagging:
                self.set_flag(TOGGLED, is_open)

    def set_flag(self, user, is_open):
        """For the one user who is published and blocked in turn."""
        self._is_toggled_open = is_open
        flag = self.model.begin_flag(user, is_open)
        try:
            if is_open:
                self.rig.panel.unset(f"{user}@{DOMAIN}")
            else:
                # Two writes, which Redis keeps as a transaction.
                self.rig.panel.command(
                    "EVAL", BLOCK_ALL, "1", publish_key(user + "@" + DOMAIN),
                    f"{user}@{DOMAIN}", f"{HIDDEN}@{DOMAIN}",
                )
        except (OSError, SandboxError):
            return  # not acknowledged: either may be true
        self.model.acknowledge(flag)

    @contextmanager
    def panel_resting(self):
        """Within it the panel changes nothing."""
        with self._flagging:
            yield
