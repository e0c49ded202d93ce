"""What the bot must find out by itself, and what a supervisor finds out about the bot."""

import os
import time
import unittest

from bot_test import RECOVER_S, About, BotTest
from sandbox.deadline import wait_until
from sandbox.system import BOT_PASSWORD, BOT_USER, DOMAIN
from silent_server import SilentServer, Wire
from supervisor import Supervisor

WIRED = "wired.example"
FIND_S = 120.0
# The lease holds for 30 s after the last answer of the server, and is looked at by the second.
LAPSE_S = 32.0
WATCHDOG_S = 4.0
STEADY_S = 10.0


class Silence(BotTest):
    """On Prosody: a stream of presence that ends without a word, in two ways at the same time."""

    other_domains = (WIRED,)

    @classmethod
    def prepare(cls, system):
        system.start_server()
        cls.wire = Wire(system.server.port)
        cls.addClassCleanup(cls.wire.close)
        system.bot = system.new_bot(DOMAIN)
        cls.wired_bot = system.new_bot(WIRED)
        system.configuration.set_domain(
            WIRED, f"{BOT_USER}@{WIRED}", BOT_PASSWORD, cls.wire.port, system.certificate.authority
        )
        for bot in (system.bot, cls.wired_bot):
            bot.start()
            bot.wait_synced()

    def show(self, domain):
        return self.store.record(f"alice@{domain}").get("show")

    def test_silence_is_found_within_two_minutes(self):
        leaver = self.log_in("bob")
        self.assert_online_soon("bob")
        clients = {domain: self.system.login("alice", domain=domain) for domain in (DOMAIN, WIRED)}
        for domain, client in clients.items():
            client.presence(show="dnd")
            wait_until(lambda: self.show(domain) == "dnd", f"dnd in {domain}", 2)

        # The one: Prosody forgets whom it was to tell. The other: nothing comes through any more.
        self.system.server.shell("module", "reload", "privilege", DOMAIN)
        self.wire.cut()
        start = time.monotonic()
        for client in clients.values():
            client.presence(show="chat")
        leaver.logout()
        left = About(time.time(), early_s=1)
        time.sleep(1)
        for domain in clients:
            self.assertEqual(self.show(domain), "dnd", f"{domain}: the planted fault is none")
        self.assert_record("bob", type="available")

        found, lapsed = {}, False
        while len(found) < 2 and time.monotonic() - start < FIND_S:
            if WIRED not in found and not self.wired_bot.is_trusted():
                if not lapsed:
                    self.assertLess(time.monotonic() - start, LAPSE_S)
                    self.wire.mend()
                lapsed = True
            for domain in clients:
                if domain not in found and self.show(domain) == "chat":
                    found[domain] = time.monotonic() - start
            time.sleep(0.05)
        for domain, seconds in found.items():
            print(f"\n{domain}: right again after {seconds:.0f} s")
        self.assertEqual(set(found), set(clients))
        self.assert_record_soon("bob", RECOVER_S, type="unavailable", last=left)
        self.assertTrue(lapsed, "the lease of a domain behind a dead connection must lapse")
        self.assertGreaterEqual(self.wire.accepted, 2)
        for bot in (self.bot, self.wired_bot):
            wait_until(bot.is_trusted, f"{bot.domain} to be trusted", RECOVER_S)


class Notification(BotTest):
    """As under systemd: readiness and signs of life."""

    @classmethod
    def prepare(cls, system):
        system.start_server()
        system.server.register("witness", BOT_PASSWORD)

    def supervise(self, port=None):
        bot = self.system.new_bot(DOMAIN)
        if port is not None:
            self.system.configuration.set_domain(
                DOMAIN, f"{BOT_USER}@{DOMAIN}", BOT_PASSWORD, port,
                self.system.certificate.authority,
            )
        directory = self.system.path(self._testMethodName)
        os.mkdir(directory)
        supervisor = Supervisor(bot, directory, WATCHDOG_S)
        self.addCleanup(supervisor.close)
        supervisor.start()
        return bot, supervisor

    def wait_ready(self, bot, supervisor):
        ready = supervisor.tend_until(lambda: supervisor.ready, RECOVER_S)
        self.assertTrue(ready, bot.process.log())

    def test_ready_after_the_first_sync_and_alive_since(self):
        bot, supervisor = self.supervise()
        self.wait_ready(bot, supervisor)
        self.assertTrue(bot.is_trusted())
        before = supervisor.watchdogs
        supervisor.tend_until(lambda: False, STEADY_S)
        self.assertEqual(supervisor.kills, 0)
        # Twice within the time at least, as sd_watchdog_enabled(3) asks for; but not without end.
        signs = supervisor.watchdogs - before
        self.assertGreaterEqual(signs, 2 * STEADY_S / WATCHDOG_S - 1)
        self.assertLess(signs, 10 * STEADY_S / WATCHDOG_S)

    def test_not_ready_and_yet_alive_without_a_server(self):
        """A bot that cannot log in is no reason to end it: it tries again by itself."""
        silent = SilentServer()
        silent.close()
        bot, supervisor = self.supervise(port=silent.port)
        supervisor.tend_until(lambda: False, STEADY_S)
        self.assertFalse(supervisor.ready)
        self.assertEqual(supervisor.kills, 0)
        self.assertTrue(bot.process.is_alive())

    def test_blocked_in_the_handshake_gives_no_sign_of_life(self):
        silent = SilentServer()
        self.addCleanup(silent.close)
        bot, supervisor = self.supervise(port=silent.port)
        self.assertTrue(supervisor.tend_until(lambda: silent.in_handshake == 1, RECOVER_S))
        self.assertTrue(supervisor.tend_until(lambda: supervisor.kills == 1, 3 * WATCHDOG_S))
        # Now the server is well again.
        self.system.configuration.set_domain(
            DOMAIN, f"{BOT_USER}@{DOMAIN}", BOT_PASSWORD, self.system.server.port,
            self.system.certificate.authority,
        )
        self.assertTrue(supervisor.tend_until(bot.is_trusted, RECOVER_S), bot.process.log())
        self.assertEqual(supervisor.kills, 1)

    def test_frozen_bot_is_ended_and_started_again(self):
        bot, supervisor = self.supervise()
        self.wait_ready(bot, supervisor)
        first = bot.process.pid
        bot.process.freeze()
        self.assertTrue(supervisor.tend_until(lambda: supervisor.kills == 1, 2 * WATCHDOG_S))
        self.assertTrue(supervisor.tend_until(
            lambda: supervisor.ready and bot.process.pid != first, RECOVER_S
        ), bot.process.log())
        self.assertTrue(bot.is_trusted())


if __name__ == "__main__":
    unittest.main()
