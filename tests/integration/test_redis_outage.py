"""Redis goes away, hangs, comes back empty: 503, no crash, no busy loop, then all right again."""

import time
import unittest

import expected
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN
from system_test import SystemTest

# Well above the configured 250 ms for connecting and 250 ms for the lookup, well below a hang.
ANSWER_S = 1.0
# What a Redis that hangs may take to be noticed by a responder that remembers.
SILENCE_S = 1.0
OUTAGE_S = 3.0
# A tenth of a core.
CPU_SHARE = 0.1
REFILL_S = 15.0


class RedisOutage(SystemTest):
    @classmethod
    def prepare(cls, system):
        system.start()
        system.store.publish(DOMAIN)

    def programs(self):
        return (self.system.responder.process, self.system.bot.process)

    def assert_503_in_time(self):
        start = time.monotonic()
        self.assert_body("alice", expected.not_trusted(self.jid("alice")), status=503)
        self.assertLess(time.monotonic() - start, ANSWER_S)

    def assert_calm(self):
        """Neither program dies or spins while Redis is away."""
        before = [process.cpu_seconds() for process in self.programs()]
        start = time.monotonic()
        while time.monotonic() < start + OUTAGE_S:
            self.assert_503_in_time()
            time.sleep(0.1)
        for process, used in zip(self.programs(), before):
            self.assertTrue(process.is_alive(), process.name)
            share = (process.cpu_seconds() - used) / OUTAGE_S
            self.assertLess(share, CPU_SHARE, process.name)

    def test_stopped_and_started_again_empty(self):
        alice = self.system.login("alice")
        self.system.login("bob").presence(show="chat")
        alice.presence(show="dnd")
        self.assert_soon_presence("alice", show="dnd")
        self.assert_soon_presence("bob", show="chat")

        self.system.redis.stop()
        self.assert_calm()
        alice.presence(show="xa", last_s=60)
        self.system.redis.start()
        self.assertEqual(self.system.store.command("HLEN", "xmpp:publish:{%s}" % DOMAIN), 0)
        self.system.store.publish(DOMAIN)
        self.wait_status("alice", 200, REFILL_S)
        record = self.system.store.record(self.jid("alice"))
        self.assertEqual((record["type"], record["show"]), ("available", "xa"))
        elapsed = time.time() - int(record["last"])
        self.assertTrue(60 <= elapsed < 60 + OUTAGE_S + REFILL_S, elapsed)
        self.assert_soon_presence("bob", show="chat")
        self.assertLessEqual({"alice", "bob"}, self.system.store.online(DOMAIN))

    def test_hanging_and_going_on(self):
        self.system.login("alice").presence(show="dnd")
        self.assert_soon_presence("alice", show="dnd")
        self.system.redis.process.freeze()
        try:
            self.wait_status("alice", 503, SILENCE_S)
            self.assert_calm()
        finally:
            self.system.redis.process.thaw()
        self.wait_status("alice", 200, REFILL_S)
        self.assert_soon_presence("alice", show="dnd")

    def test_connections_cut(self):
        alice = self.system.login("alice")
        alice.presence(show="chat")
        self.assert_soon_presence("alice", show="chat")
        for show in ("dnd", "chat", "dnd"):
            self.system.store.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            alice.presence(show=show)
            self.assert_soon_presence("alice", show=show, within=REFILL_S)

    def test_record_deleted_behind_the_bots_back_comes_back_with_the_next_change(self):
        alice = self.system.login("alice")
        alice.presence(show="chat")
        self.assert_soon_presence("alice", show="chat")
        self.system.store.command("DEL", "xmpp:presence:{%s}:alice" % DOMAIN)
        self.assert_body("alice", expected.not_found(self.jid("alice")), status=404)
        alice.presence(show="dnd")
        self.assert_soon_presence("alice", show="dnd")

    def tearDown(self):
        self.system.drop_clients()
        wait_until(lambda: not self.system.store.online(DOMAIN), "everybody to have left", REFILL_S)


if __name__ == "__main__":
    unittest.main()
