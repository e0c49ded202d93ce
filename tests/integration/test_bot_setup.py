"""What operators get for the bot: the scripts that set its account up, and the unit for systemd."""

import os
import re
import subprocess
import unittest

from sandbox.client import Client
from sandbox.errors import SandboxError
from sandbox.process import environment
from sandbox.shipped import shipped_path
from sandbox.system import (
    BOT_USER, DOMAIN, EJABBERD, PROSODY, USER_PASSWORD, Programs, System,
)

UNIT = "xmpp-status-bot@.service"
EXPOSURE_MAX = 1.5
RUN_S = 60


class Setup(unittest.TestCase):
    """The scripts on real servers; the sandbox itself has run each once already."""

    def check(self, kind):
        with System(Programs.from_environment(), server=kind) as system:
            system.start_server()
            system.server.register("alice", USER_PASSWORD)
            path = system.path("new.password")
            with open(path, "w", encoding="utf-8") as file:
                file.write("another 'password' with \"marks\" $HOME\n")
            system.server.set_up_bot(path, DOMAIN)  # again does no harm
            client = Client(
                f"{BOT_USER}@{DOMAIN}/x", "another 'password' with \"marks\" $HOME",
                system.server.port, system.certificate.authority,
            )
            try:
                return client.ask(
                    "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>", "r"
                )
            finally:
                client.drop()

    def test_prosody(self):
        self.check(PROSODY)

    def test_ejabberd_shows_the_bot_all_accounts(self):
        roster = self.check(EJABBERD)
        items = {item.get("jid"): item.get("subscription")
                 for item in roster.iter("{jabber:iq:roster}item")}
        self.assertEqual(items, {f"alice@{DOMAIN}": "both"})

    def test_wrong_usage_and_missing_password(self):
        for kind in ("prosody", "ejabberd"):
            script = shipped_path(kind, "setup")
            for arguments, status, words in (
                ([], 2, "usage: setup"), ([DOMAIN], 2, "usage: setup"),
                ([DOMAIN, "/nonexistent"], 1, "no password in /nonexistent"),
                ([DOMAIN, "/dev/null"], 1, "no password in /dev/null"),
            ):
                with self.subTest(kind=kind, arguments=arguments):
                    done = subprocess.run(
                        [script, *arguments], capture_output=True, text=True, check=False,
                        timeout=RUN_S, stdin=subprocess.DEVNULL,
                        env=environment(PROSODYCTL="false", EJABBERDCTL="false"),
                    )
                    self.assertEqual(done.returncode, status, done.stderr)
                    self.assertIn(words, done.stderr)

    def test_failure_of_the_server_is_told(self):
        with System(Programs.from_environment(), server=EJABBERD) as system:
            system.start_server()
            system.server.stop()
            with self.assertRaises(SandboxError):
                system.server.set_up_bot(system.path("bot.password"), DOMAIN)


class Unit(unittest.TestCase):
    """systemd's own judgement on the unit as it is installed."""

    def setUp(self):
        self.system = self.enterContext(System(Programs.from_environment()))
        with open(os.path.join(os.environ["XMPP_STATUS_UNITS"], UNIT), encoding="utf-8") as file:
            self.text = file.read()

    def analyse(self, *arguments):
        return subprocess.run(
            ["systemd-analyze", *arguments], capture_output=True, text=True, check=False,
            timeout=RUN_S, env=environment(),
        )

    def write(self, name):
        """Writes the unit with the program's real path, which need not be installed."""
        path = self.system.path(name)
        program = self.system.programs.bot
        with open(path, "w", encoding="utf-8") as file:
            file.write(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={program}", self.text))
        return path

    def test_program_has_its_full_path(self):
        self.assertRegex(self.text, r"(?m)^ExecStart=/\S+/sbin/xmpp-status-bot -c /etc/\S+ %i$")
        self.assertNotRegex(self.text, r"@[A-Z_]+@")

    def test_is_valid(self):
        done = self.analyse("verify", "--man=no", self.write("xmpp-status-bot@example.org.service"))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_exposes_little(self):
        done = self.analyse("security", "--offline=true", "--no-pager", self.write(UNIT))
        found = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
        self.assertIsNotNone(found, done.stderr)
        self.assertLessEqual(float(found[1]), EXPOSURE_MAX)

    def test_memory_is_bounded(self):
        self.assertRegex(self.text, r"(?m)^MemoryMax=\d+[MG]$")
        self.assertRegex(self.text, r"(?m)^LimitCORE=0$")


if __name__ == "__main__":
    unittest.main()
