"""The base of tests of the bot that look into Redis: what it wrote there is what counts."""

import os
import sys
import time
import unittest

from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.system import DOMAIN, PROSODY, USER_PASSWORD, Programs, System

# What a client's change may take to be written.
CHANGE_S = 1.0
# A login, a sync with its two seconds of silence, and a slow machine.
RECOVER_S = 20.0


def server_kind():
    """Which XMPP server the suite is to run on."""
    return os.environ.get("XMPP_STATUS_SERVER", PROSODY)


class About:
    """Equal to any Unix second, as Redis has it, near `second`: at most one later, or `late_s`."""

    def __init__(self, second, late_s=1, early_s=0):
        self.first, self.last = int(second) - early_s, int(second) + late_s

    def __eq__(self, text):
        return text is not None and text.isdigit() and self.first <= int(text) <= self.last

    def __repr__(self):
        return f"{self.first}..{self.last}"


class BotTest(unittest.TestCase):
    """One Redis and XMPP server for all tests of a class; prepare() starts what else is needed."""

    maxDiff = None
    system = None
    other_domains = ()

    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System(
            Programs.from_environment(), other_domains=cls.other_domains, server=server_kind()
        ))
        cls.system.start_redis()
        cls.prepare(cls.system)

    @classmethod
    def prepare(cls, system):
        system.start_server()
        # On ejabberd the bot waits until there is somebody to see.
        system.server.register("witness", USER_PASSWORD)
        system.start_bot()
        system.bot.wait_synced()

    def run(self, result=None):
        """Shows what the processes had to say if the test fails."""
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.system.logs(), file=sys.stderr)
        return result

    @property
    def bot(self):
        return self.system.bot

    @property
    def store(self):
        return self.system.store

    @staticmethod
    def jid(user, domain=DOMAIN):
        return f"{user}@{domain}"

    def log_in(self, user, resource="sandbox", **presence):
        """Logs in and sends presence; does not wait for it to be written."""
        client = self.system.login(user, resource)
        client.presence(**presence)
        return client

    def record(self, user):
        return self.store.record(self.jid(user))

    def assert_record(self, user, **fields):
        """Asserts that the record has these fields, and no others, and is listed accordingly."""
        self.assertEqual(self.record(user), fields)
        self.assertEqual(user in self.store.online(DOMAIN), fields.get("type") == "available")

    def assert_record_soon(self, user, within=CHANGE_S, **fields):
        """The same within so many seconds."""
        try:
            wait_until(lambda: self.record(user) == fields, "the record", within)
        except SandboxError:
            pass  # the assertion says what is there instead
        self.assert_record(user, **fields)

    def assert_online_soon(self, user, within=CHANGE_S, **fields):
        self.assert_record_soon(user, within, type="available", **fields)

    def assert_left_soon(self, user, within=CHANGE_S, **fields):
        """The user has left just now."""
        last = About(time.time(), within + 1, early_s=1)
        self.assert_record_soon(user, within, type="unavailable", last=last, **fields)

    def assert_all_processed(self, witness="witness"):
        """Waits until everything that was sent before has reached the bot, by a later change."""
        client = self.system.login(witness)
        client.presence(show="dnd")
        self.assert_online_soon(witness, show="dnd", within=RECOVER_S)
        client.logout()
        self.assert_left_soon(witness)
