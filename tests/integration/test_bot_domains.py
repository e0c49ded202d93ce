"""Ten domains, four of them broken in different ways: the other six do not notice."""

import os
import re
import time
import unittest

from bot_test import BotTest
from sandbox.certificate import Certificate
from sandbox.deadline import wait_until
from sandbox.system import BOT_PASSWORD, BOT_USER
from silent_server import SilentServer
from supervisor import Supervisor

RIGHT = [f"right{number}.example" for number in range(1, 7)]
UNKNOWN, PASSWORD, CERTIFICATE, SILENT = (
    f"{word}.example" for word in ("unknown", "password", "certificate", "silent")
)
BROKEN = (UNKNOWN, PASSWORD, CERTIFICATE)
CAUSES = {
    UNKNOWN: r"unknown-host\.invalid",
    PASSWORD: r"password",
    CERTIFICATE: r"certificate",
}
WATCHDOG_S = 5.0
WATCH_S = 24.0
# Of one core, each: no bot may spin. Optimised builds stay under 0.03; what sanitizers make of the TLS
# handshakes of a few attempts is more.
CPU_SHARE = 0.15
CHANGE_S = 1.0
PAUSE = re.compile(r"next attempt in ([0-9.]+) s")


class Domains(BotTest):
    other_domains = (*RIGHT, PASSWORD, CERTIFICATE)

    @classmethod
    def prepare(cls, system):
        system.start_server()
        cls.silent_server = SilentServer()
        cls.addClassCleanup(cls.silent_server.close)
        cls.bots = {domain: system.new_bot(domain) for domain in (*RIGHT, *BROKEN, SILENT)}
        cls.break_some(system)
        cls.supervisor = Supervisor(cls.bots[SILENT], system.directory, WATCHDOG_S)
        cls.addClassCleanup(cls.supervisor.close)
        cls.supervisor.start()
        for domain, bot in cls.bots.items():
            if domain != SILENT:
                bot.start()
        for domain in RIGHT:
            cls.bots[domain].wait_synced()

    @staticmethod
    def break_some(system):
        stranger = system.path("stranger")
        os.mkdir(stranger)
        own, port = system.certificate.authority, system.server.port
        for domain, changes in (
            (UNKNOWN, {"host": "unknown-host.invalid"}),
            (PASSWORD, {"password": "wrong"}),
            (CERTIFICATE, {"ca_file": Certificate(stranger, [CERTIFICATE]).authority}),
            (SILENT, {"port": Domains.silent_server.port}),
        ):
            system.configuration.set_domain(domain, f"{BOT_USER}@{domain}", **{
                "password": BOT_PASSWORD, "port": port, "ca_file": own, **changes,
            })

    def assert_right_ones_undisturbed(self, client, number):
        """A change in one of the six domains shows as ever, and all six can be trusted."""
        show = ("dnd", "chat")[number % 2]
        client.presence(show=show)
        wait_until(
            lambda: self.store.record(f"alice@{RIGHT[0]}").get("show") == show, show, CHANGE_S
        )
        for domain in RIGHT:
            self.assertTrue(self.bots[domain].is_trusted(), domain)

    def attempts(self, domain):
        """The lines in which a bot says that it failed, and the pauses it announced."""
        log = self.bots[domain].process.log()
        lines = [line for line in log.splitlines() if PAUSE.search(line)]
        return lines, [float(PAUSE.search(line)[1]) for line in lines]

    def test_six_right_four_told(self):
        client = self.system.login("alice", domain=RIGHT[0])
        self.addCleanup(client.drop)
        running = [bot.process for domain, bot in self.bots.items() if domain != SILENT]
        used = {process: process.cpu_seconds() for process in running}
        start, number = time.monotonic(), 0
        while time.monotonic() - start < WATCH_S:
            self.assert_right_ones_undisturbed(client, number)
            number += 1
            self.supervisor.tend_until(lambda: False, 0.5)
        seconds = time.monotonic() - start
        for process in running:
            self.assertTrue(process.is_alive(), process.argv)
            share = (process.cpu_seconds() - used[process]) / seconds
            self.assertLess(share, CPU_SHARE, process.argv)

        for domain in BROKEN:
            with self.subTest(domain):
                self.assert_told(domain)
        with self.subTest(SILENT):
            self.assert_ended_by_the_watchdog()

    def assert_told(self, domain):
        """One line for each attempt, with the cause; the pauses grow but for the jitter."""
        bot = self.bots[domain]
        lines, pauses = self.attempts(domain)
        self.assertFalse(bot.is_trusted())
        self.assertGreaterEqual(len(lines), 3)
        self.assertLessEqual(len(lines), 8)
        for line in lines:
            self.assertRegex(line, CAUSES[domain])
            self.assertIn(f"{BOT_USER}@{domain}", line)
        for before, after in zip(pauses, pauses[2:]):
            self.assertGreater(after, before)
        self.assertLessEqual(len(bot.process.log().splitlines()), len(lines) + 2)
        self.assertNotIn(BOT_PASSWORD, bot.process.log())

    def assert_ended_by_the_watchdog(self):
        """It gave no sign of life within the handshake, was ended, and tried again."""
        self.assertGreaterEqual(self.supervisor.kills, 2)
        self.assertGreaterEqual(self.silent_server.in_handshake, 3)
        self.assertFalse(self.supervisor.ready)
        self.assertFalse(self.bots[SILENT].is_trusted())


if __name__ == "__main__":
    unittest.main()
