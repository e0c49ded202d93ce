"""Two bots for one domain, on two hosts so to speak: one works, the other waits for its lease."""

import time
import unittest

from bot_test import RECOVER_S, BotTest
from processes import connections_to
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN

LEASE_S = 30.0
# Until the next attempt to take the lease, the login and the sync.
TAKEOVER_S = LEASE_S + 10.0
HANDOVER_S = 10.0
WATCH_S = 4.0


class Standby(BotTest):
    @classmethod
    def prepare(cls, system):
        system.start_server()
        system.bot = system.new_bot(DOMAIN)
        configuration = system.new_configuration("second")
        configuration.name = "second"
        cls.second = system.new_bot(DOMAIN, configuration)

    def setUp(self):
        self.addCleanup(self.system.drop_clients)
        for bot in (self.bot, self.second):
            self.addCleanup(bot.stop)
        self.bot.start()
        self.wait_in_charge("sandbox", RECOVER_S)
        self.second.start()
        wait_until(
            lambda: "lease" in self.second.process.log(), "a word of the second bot", RECOVER_S
        )

    def in_charge(self):
        """The name of the bot whose lease is valid, or None."""
        lease = self.store.lease(DOMAIN)
        if lease is None or lease[0] <= time.time():
            return None
        return lease[1].partition("/")[0]

    def wait_in_charge(self, name, within):
        wait_until(lambda: self.in_charge() == name, f"{name} to be in charge", within)

    def is_connected(self, bot):
        return connections_to(bot.process.pid, self.system.server.port) > 0

    def assert_alone(self, active, waiting, name, seconds=WATCH_S):
        """For a while the one has the lease and the session, and the other has neither."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertEqual(self.in_charge(), name)
            self.assertTrue(self.is_connected(active))
            self.assertFalse(self.is_connected(waiting))
            time.sleep(0.05)

    def test_standby_waits_and_takes_over_when_the_first_stops(self):
        self.assert_alone(self.bot, self.second, "sandbox")
        alice = self.log_in("alice", show="dnd")
        self.assert_online_soon("alice", show="dnd")
        self.assertEqual(self.bot.stop(), 0)
        self.wait_in_charge("second", HANDOVER_S)
        alice.presence(show="chat")
        self.assert_online_soon("alice", show="chat")
        self.bot.start()
        wait_until(lambda: self.bot.process.is_alive(), "the first bot", 1)
        time.sleep(WATCH_S)  # it would take its lease back by now
        self.assert_alone(self.second, self.bot, "second")

    def test_standby_takes_over_when_the_first_is_killed(self):
        self.bot.process.kill()
        killed = time.monotonic()
        alice = self.log_in("alice", show="dnd")
        self.wait_in_charge("second", TAKEOVER_S)
        self.assertLessEqual(time.monotonic() - killed, TAKEOVER_S)
        self.assert_online_soon("alice", show="dnd")
        alice.presence(show="chat")
        self.assert_online_soon("alice", show="chat")

    def test_paused_bot_writes_nothing_after_it_wakes_up(self):
        alice = self.log_in("alice", show="dnd")
        self.assert_online_soon("alice", show="dnd")
        self.bot.process.freeze()
        # What the paused bot finds waiting when it wakes up, and must not write.
        alice.presence(show="xa", status="old news", lang="en")
        self.wait_in_charge("second", TAKEOVER_S)
        alice.presence(show="chat")
        self.assert_online_soon("alice", show="chat")
        _, owner = self.store.lease(DOMAIN)

        self.bot.process.thaw()
        end = time.monotonic() + WATCH_S
        while time.monotonic() < end:
            self.assert_record("alice", type="available", show="chat")
            self.assertEqual(self.store.lease(DOMAIN)[1], owner)
        self.assert_alone(self.second, self.bot, "second")
        alice.presence(show="dnd")
        self.assert_online_soon("alice", show="dnd")


if __name__ == "__main__":
    unittest.main()
