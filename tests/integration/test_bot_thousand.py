"""A thousand real sessions: the bot comes back, and later three hundred users are gone at once."""

import time
import unittest

from bot_test import BotTest
from sandbox.system import DOMAIN

USERS = 1000
DROPPED = 300
SHOWS = ("dnd", "chat", "xa", "away", None)
SINCE = 1767323045
RESTART_S = 10.0
DROP_S = 5.0
NEW_STATUS = "changed while nobody looked"


class Thousand(BotTest):
    @classmethod
    def prepare(cls, system):
        system.start_server()
        cls.names = [f"user{number}" for number in range(USERS)]
        cls.clients = system.login_all(cls.names)
        for number, client in enumerate(cls.clients):
            client.presence(show=SHOWS[number % len(SHOWS)], idle_since=SINCE)
        system.start_bot()
        system.bot.wait_synced()

    def wrong(self, expected):
        """The users whose record is not as expected."""
        return [user for user, fields in expected.items() if self.record(user) != fields]

    def assert_all_right(self, expected, online, since, within):
        """Every record is right by then; says how long it took."""
        while self.wrong(expected) and time.monotonic() - since < within:
            pass
        self.assertEqual(self.wrong(expected), [])
        took = time.monotonic() - since
        self.assertLess(took, within)
        self.assertEqual(self.store.online(DOMAIN), online)
        return took

    def test_restart_and_then_many_leave(self):
        expected = {}
        for number, name in enumerate(self.names):
            expected[name] = {"type": "available", "last": str(SINCE)}
            if (show := SHOWS[number % len(SHOWS)]) is not None:
                expected[name]["show"] = show
        self.assertEqual(self.wrong(expected), [])
        self.assertEqual(self.store.online(DOMAIN), set(self.names))

        self.bot.stop()
        for name, client in list(zip(self.names, self.clients))[::10]:
            client.presence(show="chat", status=NEW_STATUS, lang="en")
            expected[name] = {
                "type": "available", "show": "chat", "status": NEW_STATUS, "lang": "en",
            }
        started = time.monotonic()
        self.bot.start()
        took = self.assert_all_right(expected, set(self.names), started, RESTART_S)
        print(f"\n{USERS} records right {took:.1f} s after the bot's start")

        dropped = set(self.names[:DROPPED])
        start = time.monotonic()
        for client in self.clients[:DROPPED]:
            client.drop()
        while self.store.online(DOMAIN) & dropped and time.monotonic() - start < DROP_S:
            pass
        took = time.monotonic() - start
        left = {name: self.record(name) for name in dropped}
        self.assertLess(took, DROP_S)
        self.assertEqual({record["type"] for record in left.values()}, {"unavailable"})
        for name, record in left.items():
            self.assertLessEqual(abs(int(record["last"]) - time.time()), DROP_S + 2, name)
        stayed = {name: expected[name] for name in self.names[DROPPED:]}
        self.assertEqual(self.wrong(stayed), [])
        self.assertEqual(self.store.online(DOMAIN), set(stayed))
        print(f"{DROPPED} users offline {took:.1f} s after they dropped")


if __name__ == "__main__":
    unittest.main()
