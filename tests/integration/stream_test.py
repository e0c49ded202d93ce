"""What tests of streams of events need."""

import subprocess
import time

from events import EventStream
from sandbox.system import DOMAIN, LOCATION
from system_test import SystemTest

LIST = "/xmpp/status"
# What a change may take. Far more than it should, as the machine may be busy.
CHANGE_S = 2.0
# How long to listen for what must not come.
SILENCE_S = 1.5


class StreamTest(SystemTest):
    """Records and leases are written by the test; no bot runs."""

    site = False
    fcgi_keys = {}

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        # A machine that is busy must not look like a Redis that is gone.
        system.configuration.redis_timeout_ms = 1000
        system.configuration.fcgi_keys = cls.fcgi_keys
        system.configuration.write()
        system.start_responder()
        system.start_nginx(site=cls.site)

    def setUp(self):
        self.store = self.system.store
        self.store.command("FLUSHALL")
        self.store.publish(DOMAIN)
        self.renew()
        self.alice, self.bob = self.jid("alice"), self.jid("bob")
        self.write(self.alice, "dnd")
        self.write(self.bob, "away")

    def renew(self, domain=DOMAIN, seconds=55):
        self.store.write_lease(domain, time.time() + seconds, ttl_s=60)

    def write(self, jid, show=None, **fields):
        shown = {} if show is None else {"show": show}
        self.store.write_record(jid, type="available", **shown, **fields)

    def open(self, *jids, more="", **options):
        """A stream for one JID or several."""
        target = f"{LOCATION}{jids[0]}?{more}" if len(jids) == 1 and "any" not in more else (
            f"{LIST}?" + "&".join(f"jid={jid}" for jid in jids) + "&" + more)
        stream = self.enterContext(EventStream(self.system.nginx.port, target, **options))
        if stream.status == 200:
            stream.start()
        return stream

    def ask(self, jid):
        return self.system.get(jid, query="?format=json").body.decode().rstrip("\n")

    def ctl(self, *arguments):
        subprocess.run(
            [self.system.programs.ctl, "-c", self.system.configuration.path, *arguments],
            check=True, timeout=20, stdout=subprocess.DEVNULL,
        )

    def assert_silent(self, *streams, within=SILENCE_S):
        before = [stream.bytes for stream in streams]
        end = time.monotonic() + within
        for stream in streams:
            self.assertEqual(stream.rest(max(end - time.monotonic(), 0.01)), [])
        self.assertEqual([stream.bytes for stream in streams], before)
