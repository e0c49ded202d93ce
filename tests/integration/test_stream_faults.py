"""Hundreds of streams, and everything between their source and their readers breaks."""

import os
import resource
import signal
import time
import unittest

from events import Ended, EventStream
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN, LOCATION
from system_test import SystemTest

USERS = 20
VANISHING, SILENT, STAYING = 1000, 100, 100
DESCRIPTORS = 8192
# Below what nginx allows to one address.
PER_ADDRESS = 90
SETTLED_S = 30.0
# Of the responder, after many more streams than remain: arenas of malloc do not shrink at once.
MEMORY_SLACK = 4 << 20


class Watcher:
    """A reader that comes back with what it has had, as browsers do."""

    def __init__(self, port, user, source):
        self.jid = f"{user}@{DOMAIN}"
        self.words = []
        self._where = (port, f"{LOCATION}{self.jid}")
        self._source = source
        self._stream = self._last_id = None

    def _open(self):
        headers = [("Last-Event-ID", self._last_id)] if self._last_id else []
        self._stream = EventStream(*self._where, headers=headers, source=self._source)
        if self._stream.status != 200:
            self.close()

    def take(self, within=0.01):
        """Takes what there is; opens the stream if it is not open."""
        try:
            if self._stream is None:
                self._open()
            while self._stream is not None:
                event = self._stream.next(within)
                self._last_id = event.id
                self.words.append(event.word)
        except TimeoutError:
            pass
        except (ConnectionError, Ended, OSError):
            self.close()

    def close(self):
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def vanish(self):
        self._stream.vanish()
        self._stream = None


class StreamFaults(SystemTest):
    @classmethod
    def prepare(cls, system):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
        system.start_redis(append_only=True)
        system.configuration.fcgi_keys = {"streams": 2000}
        system.configuration.write()
        system.start_responder()
        system.start_nginx(connections=DESCRIPTORS)
        system.start_server()
        system.start_bot()
        system.bot.wait_synced()
        system.store.publish(DOMAIN)

    def watch(self, count, first):
        port = self.system.nginx.port
        watchers = [
            Watcher(port, f"user{number % USERS}", f"127.2.0.{(first + number) // PER_ADDRESS + 1}")
            for number in range(count)
        ]
        for watcher in watchers:
            watcher.take(5.0 if not watchers[0].words else 0.01)
        return watchers

    def truth(self, user):
        return self.system.get(self.jid(user), query="?format=text").body.decode().strip()

    def memory(self):
        path = f"/proc/{self.system.responder.process.pid}/smaps_rollup"
        with open(path, encoding="ascii") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) << 10

    def assert_all_true(self, watchers):
        """Every watcher gets to the true state, and nothing twice in a row on its way."""
        def are_true():
            truths = {self.jid(f"user{n}"): self.truth(f"user{n}") for n in range(USERS)}
            wrong = []
            for watcher in watchers:
                watcher.take()
                said = {"item-not-found": "unknown", "remote-server-timeout": "unknown"}.get(
                    watcher.words[-1], watcher.words[-1])
                if said != truths[watcher.jid]:
                    wrong.append(watcher)
            return not wrong and "unknown" not in truths.values()
        wait_until(are_true, "the truth everywhere", SETTLED_S)
        for watcher in watchers:
            for before, after in zip(watcher.words, watcher.words[1:]):
                self.assertNotEqual(before, after, watcher.words)

    def test_all_of_it(self):
        sessions = self.system.login_all([f"user{number}" for number in range(USERS)])
        for session in sessions:
            session.presence()
        for number in range(USERS):
            self.assert_soon_presence(f"user{number}", within=10)
        staying = self.watch(STAYING, 0)
        self.assert_all_true(staying)
        descriptors = self.system.responder.process.descriptors()
        memory = self.memory()

        with self.subTest("a thousand vanish, a hundred stop reading"):
            vanishing = self.watch(VANISHING, STAYING)
            silent = self.watch(SILENT, STAYING + VANISHING)
            self.assertGreaterEqual(self.system.responder.process.descriptors(),
                                    descriptors + VANISHING + SILENT - 16)
            for watcher in vanishing:
                watcher.vanish()
            for show in ("away", "dnd"):
                for session in sessions:
                    session.presence(show=show)
                wait_until(lambda: {self.truth(f"user{n}") for n in range(USERS)} == {show},
                           f"all to be {show}", SETTLED_S)
                self.assert_all_true(staying)
            wait_until(lambda: self.system.responder.process.descriptors()
                       <= descriptors + SILENT + 16, "the vanished to be noticed", SETTLED_S)

        with self.subTest("nginx reloads"):
            os.kill(self.system.nginx.process.pid, signal.SIGHUP)
            sessions[0].presence(show="xa")
            self.assert_all_true(staying)
            wait_until(lambda: self.system.responder.process.descriptors() <= descriptors + 16,
                       "the silent to go with the old workers", SETTLED_S)
            for watcher in silent:
                watcher.close()

        with self.subTest("Redis restarts"):
            self.system.redis.stop()
            time.sleep(1)
            sessions[1].presence(show="chat")
            self.system.redis.start()
            self.assert_all_true(staying)

        with self.subTest("the bot restarts"):
            self.system.bot.process.kill()
            sessions[2].presence(show="chat")
            self.system.bot.start()
            self.system.bot.wait_synced()
            self.assert_all_true(staying)

        with self.subTest("the responder restarts"):
            self.system.responder.stop()
            self.system.responder.start()
            self.assert_all_true(staying)

        with self.subTest("nothing is left behind"):
            self.assertLessEqual(self.system.responder.process.descriptors(), descriptors + 16)
            self.assertLessEqual(self.memory(), memory + MEMORY_SLACK)
            for watcher in staying:
                watcher.close()
            wait_until(lambda: self.system.responder.process.descriptors()
                       <= descriptors - STAYING + 16, "all to be gone", SETTLED_S)


if __name__ == "__main__":
    unittest.main()
