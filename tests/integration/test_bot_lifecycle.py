"""The bot dies, is stopped, is started again, loses its server: never a lie, always right again."""

import os
import signal
import time
import unittest

import expected
from sandbox.certificate import Certificate
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN, BOT_PASSWORD
from system_test import SystemTest

# The lease is at most 30 s ahead; a program that looks at the clock late is forgiven nothing.
LEASE_S = 30
RECOVER_S = 20.0
# The bot notices that its server is silent with the lease's end at the latest.
SILENCE_S = LEASE_S + 5.0
# Far less than another bot would have to wait.
TAKE_BACK_S = 10.0
STOP_S = 5.0
REFUSED_S = 3.0
CUT_S = 3.0


class BotLifecycle(SystemTest):
    """One bot per test, on a system whose other parts stay."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx()
        system.start_prosody()
        system.bot = system.new_bot(DOMAIN)
        system.store.publish(DOMAIN)

    def setUp(self):
        self.bot = self.system.bot
        self.bot.start()
        self.bot.wait_synced()

    def tearDown(self):
        self.bot.stop()
        self.system.drop_clients()
        self.system.store.command("DEL", "xmpp:bot:{%s}" % DOMAIN)

    def log_in(self, user, show):
        client = self.system.login(user)
        client.presence(show=show)
        self.assert_soon_presence(user, show=show)
        return client

    def assert_no_200_after(self, until, user):
        """Watches the answers until well after UNTIL: 200 before, 503 after, nothing else."""
        seen_200 = seen_503 = 0
        while time.time() < until + 2:
            asked = time.time()
            response = self.system.get(self.jid(user))
            if response.status == 200:
                seen_200 += 1
                self.assertLess(asked, until)
            else:
                self.assertEqual(response.status, 503)
                self.assertEqual(response.body, expected.not_trusted(self.jid(user)))
                seen_503 += 1
            time.sleep(0.02)
        self.assertGreater(seen_200, 0)
        self.assertGreater(seen_503, 0)

    def test_redis_that_fails_again_and_again_costs_no_lease(self):
        """Each time everything is written again, and that early renewal asks for no sign of life."""
        end = time.monotonic() + LEASE_S + 10.0
        while time.monotonic() < end:
            self.system.store.command("CLIENT", "KILL", "USER", "xmpp-bot")
            time.sleep(CUT_S)
            self.assertTrue(self.bot.is_trusted(), f"{end - time.monotonic():.0f} s before the end")

    def test_killed_then_503_then_right_again(self):
        alice = self.log_in("alice", "dnd")
        bob = self.log_in("bob", "chat")
        until, _ = self.system.store.lease(DOMAIN)
        self.bot.process.kill()
        alice.presence(show="chat")
        bob.logout()
        self.assert_no_200_after(until, "alice")

        started = time.time()
        self.bot.start()
        self.bot.wait_synced(RECOVER_S)
        self.assert_soon_presence("alice", show="chat")
        record = self.system.store.record(self.jid("bob"))
        self.assertEqual(record["type"], "unavailable")
        self.assertEqual(self.system.get(self.jid("bob")).status, 200)
        self.assertNotIn("bob", self.system.store.online(DOMAIN))
        if "last" in record:
            self.assertLessEqual(int(record["last"]), time.time())
            self.assertGreaterEqual(int(record["last"]), int(started) - LEASE_S - 10)

    def test_killed_and_started_at_once_takes_its_lease_back(self):
        self.log_in("alice", "dnd")
        _, dead = self.system.store.lease(DOMAIN)
        self.bot.process.kill()
        self.bot.start()

        def is_its_own():
            lease = self.system.store.lease(DOMAIN)
            return lease is not None and lease[0] > time.time() and lease[1] != dead

        self.bot.process.wait_ready(is_its_own, "a lease of its own", TAKE_BACK_S)
        self.assert_soon_presence("alice", show="dnd")

    def test_stop_is_clean_and_gives_up_the_lease(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                self.log_in("alice", "dnd")
                self.bot.process.send(number)
                self.assertEqual(self.bot.process.wait(STOP_S), 0)
                self.wait_status("alice", 503, 1)
                self.bot.start()
                self.bot.wait_synced(RECOVER_S)
                self.assert_soon_presence("alice", show="dnd")

    def test_server_restarted(self):
        self.log_in("alice", "dnd")
        self.log_in("bob", "dnd")
        self.system.prosody.restart()
        carol = self.system.login("alice")
        carol.presence(show="chat")
        wait_until(
            lambda: self.system.get(self.jid("alice")).body ==
            expected.presence(self.jid("alice"), show="chat"), "alice's new session", RECOVER_S,
        )
        wait_until(
            lambda: self.system.store.record(self.jid("bob")).get("type") == "unavailable",
            "bob to be offline", RECOVER_S,
        )
        self.assertTrue(self.bot.process.is_alive())

    def test_server_silent_lets_the_lease_lapse(self):
        self.log_in("alice", "dnd")
        self.system.prosody.process.freeze()
        try:
            self.wait_status("alice", 503, SILENCE_S + LEASE_S)
            until = self.system.store.lease(DOMAIN)
            self.assertTrue(until is None or until[0] <= time.time() + 1, until)
        finally:
            self.system.prosody.process.thaw()
        self.wait_status("alice", 200, SILENCE_S)
        self.assert_soon_presence("alice", show="dnd", within=RECOVER_S)

    def test_second_bot_of_the_same_name_is_refused(self):
        second = self.system.new_bot(DOMAIN)
        second.start()
        self.assertNotIn(second.process.wait(10), (0, None))
        self.assertTrue(self.bot.process.is_alive())


class Refusals(SystemTest):
    """Servers that the bot must not or cannot log in to."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_prosody()

    def assert_never_in_charge(self, bot):
        """It keeps trying, says so, and nothing it says can be trusted."""
        bot.start()
        bot.process.wait_ready(lambda: bot.process.log().count("\n") >= 2, "a word in the log")
        end = time.monotonic() + REFUSED_S
        while time.monotonic() < end:
            self.assertTrue(bot.process.is_alive())
            self.assertFalse(bot.is_trusted())
            time.sleep(0.05)
        self.assertNotIn(BOT_PASSWORD, bot.process.log())
        self.assertEqual(bot.process.stop(), 0)

    def test_wrong_password(self):
        bot = self.system.new_bot(DOMAIN)
        self.system.prosody.register("presence", "another password")
        try:
            self.assert_never_in_charge(bot)
        finally:
            self.system.prosody.register("presence", BOT_PASSWORD)

    def test_certificate_of_an_unknown_authority(self):
        path = self.system.path("stranger")
        os.mkdir(path)
        own = self.system.certificate.authority
        self.system.certificate.authority = Certificate(path, [DOMAIN]).authority
        try:
            self.assert_never_in_charge(self.system.new_bot(DOMAIN))
        finally:
            self.system.certificate.authority = own
        self.assertNotIn("Authenticated as presence@", self.system.prosody.process.log())

    def test_server_without_tls(self):
        self.system.prosody.stop()
        self.system.prosody.offer_tls(False)
        self.system.prosody.start()
        try:
            self.assert_never_in_charge(self.system.new_bot(DOMAIN))
            self.assertNotIn("Authenticated as presence@", self.system.prosody.process.log())
        finally:
            self.system.prosody.stop()
            self.system.prosody.offer_tls(True)
            self.system.prosody.start()


if __name__ == "__main__":
    unittest.main()
