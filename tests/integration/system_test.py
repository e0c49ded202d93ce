"""The base of tests that run on a private system."""

import sys
import time
import unittest

import expected
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN, Programs, System

# What a client's change may take to show.
CHANGE_S = 1.0


class SystemTest(unittest.TestCase):
    """One system for all tests of a class, which says in prepare() what of it is to run."""

    maxDiff = None
    system = None

    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System(Programs.from_environment()))
        cls.prepare(cls.system)

    @classmethod
    def prepare(cls, system):
        raise NotImplementedError

    def run(self, result=None):
        """Shows what the processes had to say if the test fails."""
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.system.logs(), file=sys.stderr)
        return result

    def jid(self, user, domain=DOMAIN):
        return f"{user}@{domain}"

    def assert_body(self, user, *bodies, status=200):
        """Asserts that the answer for a user is one of `bodies` now."""
        response = self.system.get(self.jid(user))
        self.assertIn(response.body, bodies)
        self.assertEqual(response.status, status)

    def assert_soon(self, user, *bodies, within=CHANGE_S):
        """Asserts that the answer for a user is one of `bodies` within so many seconds."""
        end = time.monotonic() + within
        while True:
            response = self.system.get(self.jid(user))
            if response.status == 200 and response.body in bodies:
                return
            if time.monotonic() >= end:
                self.assertIn(response.body, bodies, f"after {within} s")

    def assert_soon_presence(self, user, seconds_since=None, within=CHANGE_S, **content):
        """The same with the content of a presence; `seconds_since` or one more have elapsed."""
        jid = self.jid(user)
        if seconds_since is None:
            bodies = [expected.presence(jid, **content)]
        else:
            bodies = [
                expected.presence(jid, seconds=seconds, **content)
                for seconds in (seconds_since, seconds_since + 1)
            ]
        self.assert_soon(user, *bodies, within=within)

    def assert_unavailable_soon(self, user):
        """The user has just left."""
        self.assert_soon_presence(user, seconds_since=0, unavailable=True)

    def wait_status(self, user, status, within):
        """Waits until the answer for a user has the status."""
        return wait_until(
            lambda: self.system.get(self.jid(user)).status == status,
            f"status {status} for {user}", within,
        )
