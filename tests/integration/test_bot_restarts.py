"""The server or the bot goes away and comes back while users come, change and leave."""

import signal
import time
import unittest

from bot_test import RECOVER_S, About, BotTest
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN

STOP_S = 5.0
DAY_S = 86400
FORGET_DAYS = 180


class Restarts(BotTest):
    def setUp(self):
        if not self.bot.process.is_alive():
            self.bot.start()
        self.bot.wait_synced(RECOVER_S)

    def tearDown(self):
        self.system.drop_clients()

    def start_bot_again(self):
        _, before = self.store.lease(DOMAIN) or (0, None)
        self.bot.start()
        wait_until(lambda: self.is_of_another(before), "a lease of its own", RECOVER_S)

    def is_of_another(self, before):
        """Whether there is a valid lease with another ID. It changes between two looks at it."""
        until, owner = self.store.lease(DOMAIN) or (0, None)
        return until > time.time() and owner != before

    def check_changes_while_away(self, end_bot):
        """Users come, leave and change while the bot is away: all is right once it is back."""
        stays = self.log_in("stays", show="dnd", status="a", lang="de")
        leaves = self.log_in("leaves", show="chat")
        changes = self.log_in("changes", show="chat")
        two = self.log_in("two", "phone", show="dnd", priority=5)
        self.log_in("two", "laptop", show="chat")
        self.assert_online_soon("stays", show="dnd", status="a", lang="de")
        self.assert_online_soon("leaves", show="chat")
        self.assert_online_soon("changes", show="chat")
        self.assert_online_soon("two", show="dnd")

        end_bot()
        leaves.logout()
        self.log_in("comes", show="xa", idle_since=1767323045)
        changes.presence(show="away", status="b", lang="fr")
        changed = About(time.time(), early_s=1)
        two.drop()
        self.start_bot_again()

        self.assert_record("stays", type="available", show="dnd", status="a", lang="de")
        self.assert_record("comes", type="available", show="xa", last="1767323045")
        self.assert_record(
            "changes", type="available", show="away", last=changed, status="b", lang="fr"
        )
        self.assert_record("two", type="available", show="chat")
        self.assertNotIn("leaves", self.store.online(DOMAIN))
        self.assertEqual(self.record("leaves")["type"], "unavailable")
        stays.presence(show="chat")
        self.assert_online_soon("stays", show="chat")

    def test_bot_stopped_while_users_change(self):
        self.check_changes_while_away(lambda: self.assertEqual(self.bot.process.stop(), 0))

    def test_bot_killed_while_users_change(self):
        self.check_changes_while_away(self.bot.process.kill)

    def test_stop_is_quick_and_gives_up_the_lease(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                self.bot.process.send(number)
                self.assertEqual(self.bot.process.wait(STOP_S), 0)
                self.assertIsNone(self.store.lease(DOMAIN))
                self.start_bot_again()

    def test_records_survive_a_stop(self):
        self.log_in("survivor", show="dnd")
        self.assert_online_soon("survivor", show="dnd")
        self.bot.process.stop()
        self.assert_record("survivor", type="available", show="dnd")

    def test_server_restarted_while_users_are_online(self):
        self.log_in("returns", show="dnd")
        self.log_in("vanishes", show="chat")
        self.assert_online_soon("returns", show="dnd")
        self.assert_online_soon("vanishes", show="chat")
        self.system.server.restart()
        self.system.login_registered("returns").presence(show="chat")
        self.assert_online_soon("returns", within=RECOVER_S, show="chat")
        wait_until(
            lambda: self.record("vanishes").get("type") == "unavailable", "vanishes", RECOVER_S
        )
        self.assertNotIn("vanishes", self.store.online(DOMAIN))
        self.assertTrue(self.bot.process.is_alive())
        self.assertTrue(self.bot.is_trusted())

    def test_nobody_is_marked_offline_while_the_server_is_away(self):
        self.log_in("patient", show="dnd")
        self.assert_online_soon("patient", show="dnd")
        self.system.server.process.freeze()
        try:
            self.bot.process.kill()
            self.bot.start()
            until = time.monotonic() + 3
            while time.monotonic() < until:
                self.assert_record("patient", type="available", show="dnd")
                time.sleep(0.1)
        finally:
            self.system.server.process.thaw()
        self.assert_online_soon("patient", within=RECOVER_S, show="dnd")

    def expires_in_s(self, user):
        return self.store.command("TTL", "xmpp:presence:{%s}:%s" % (DOMAIN, user))

    def test_offline_records_expire_and_online_ones_do_not(self):
        client = self.log_in("forgotten", show="dnd")
        self.assert_online_soon("forgotten", show="dnd")
        self.assertEqual(self.expires_in_s("forgotten"), -1)
        client.unavailable()
        self.assert_left_soon("forgotten")
        self.assertAlmostEqual(self.expires_in_s("forgotten"), FORGET_DAYS * DAY_S, delta=10)
        client.presence(show="chat")
        self.assert_online_soon("forgotten", show="chat")
        self.assertEqual(self.expires_in_s("forgotten"), -1)
        client.logout()
        self.assert_left_soon("forgotten")
        self.bot.process.stop()
        self.start_bot_again()
        self.assertAlmostEqual(self.expires_in_s("forgotten"), FORGET_DAYS * DAY_S, delta=30)


if __name__ == "__main__":
    unittest.main()
