"""What the bot tells of itself: into Redis under its lease, and from there to the operator."""

import time
import unittest

import exposition
from bot_test import BotTest, RECOVER_S
from sandbox import http
from sandbox.deadline import wait_until
from sandbox.redis_server import BOT
from sandbox.store import metrics_key
from sandbox.system import DOMAIN, USER_PASSWORD

TTL_S = 60
# The pace of renewals, a ping that may be late, and a slow machine.
RENEWAL_S = 20.0


class BotMetrics(BotTest):
    @classmethod
    def prepare(cls, system):
        system.start_server()
        system.server.register("witness", USER_PASSWORD)
        cls.before_s = int(time.time())
        system.start_bot()
        system.bot.wait_synced()
        system.start_responder()
        system.start_nginx(workers=1, spread=False, site=True)

    def figures(self):
        return {name: int(text) for name, text in self.store.figures(DOMAIN).items()}

    def wait_figures(self, check, what, within=RENEWAL_S):
        wait_until(lambda: self.figures() and check(self.figures()), what, within)
        return self.figures()

    def shown(self, name):
        text = http.request(self.system.nginx.port, "/xmpp/metrics").body.decode()
        return exposition.value(exposition.parse(text), name, domain=DOMAIN)

    def test_figures_reach_the_operator(self):
        first = self.wait_figures(lambda _: True, "the first figures")
        self.assertIn(first["started"], range(self.before_s, int(time.time()) + 1))
        self.assertIn(first["synced"], range(first["started"], int(time.time()) + 1))
        self.assertGreaterEqual(first["syncs"], 1)
        self.assertIn(self.store.command("TTL", metrics_key(DOMAIN)), range(1, TTL_S + 1))
        clients = [self.log_in(user) for user in ("alice", "bob")]
        for user in ("alice", "bob"):
            self.assert_online_soon(user, within=RECOVER_S)
        later = self.wait_figures(lambda figures: figures["online"] == 2, "two users online")
        self.assertGreaterEqual(later["stanzas"], first["stanzas"] + 2)
        self.assertEqual(self.shown("bot_users_online"), 2)
        self.assertEqual(self.shown("bot_start_time_seconds"), first["started"])
        self.assertGreaterEqual(self.shown("bot_stanzas_total"), later["stanzas"])
        self.assertGreater(self.shown("lease_seconds"), 0)
        self.assertEqual(http.request(self.system.nginx.port, "/xmpp/health").status, 200)
        for client in clients:
            client.logout()
        self.wait_figures(lambda figures: figures["online"] == 0, "nobody online")

    def test_reconnect_is_counted(self):
        before = self.wait_figures(lambda _: True, "figures")
        self.system.server.stop()
        self.system.server.start()
        after = self.wait_figures(
            lambda figures: figures["reconnects"] > before["reconnects"], "a reconnect",
            RECOVER_S + RENEWAL_S,
        )
        self.assertGreater(after["syncs"], before["syncs"])
        self.assertGreaterEqual(after["synced"], before["synced"])
        self.assertEqual(after["started"], before["started"])

    def test_refusal_leaves_presence_alone(self):
        """As with an ACL file of an older version."""
        rights = [f"%RW~xmpp:{kind}:*" for kind in ("presence", "online", "bot")]
        before = self.wait_figures(lambda _: True, "figures")
        self.store.command("ACL", "SETUSER", BOT, "resetkeys", *rights)
        try:
            self.store.command("DEL", metrics_key(DOMAIN))
            for _ in range(2):
                until = self.store.lease(DOMAIN)[0]
                wait_until(lambda u=until: self.store.lease(DOMAIN)[0] > u, "renewal", RENEWAL_S)
            self.assertEqual(self.figures(), {})
            client = self.log_in("carol")
            self.assert_online_soon("carol", within=RECOVER_S)
            client.logout()
            self.assert_left_soon("carol")
        finally:
            self.store.command("ACL", "SETUSER", BOT, "%RW~xmpp:metrics:*")
        after = self.wait_figures(lambda _: True, "figures again")
        self.assertEqual(after["outages"], before["outages"])
        self.assertEqual(self.bot.process.log_tail().count("cannot write the bot's metrics"), 1)

    def test_nothing_is_written_without_the_lease(self):
        """Another bot has it, and this one stands by."""
        self.wait_figures(lambda _: True, "figures")
        self.store.command("SET", "xmpp:bot:{%s}" % DOMAIN, "0 other/1", "EX", 25)
        self.store.command("DEL", metrics_key(DOMAIN))
        end = time.monotonic() + 15
        while time.monotonic() < end:
            self.assertEqual(self.store.lease(DOMAIN)[1], "other/1")
            self.assertEqual(self.figures(), {})
            time.sleep(0.5)
        self.store.command("DEL", "xmpp:bot:{%s}" % DOMAIN)
        self.wait_figures(lambda _: True, "figures of this bot again", RECOVER_S + RENEWAL_S)


if __name__ == "__main__":
    unittest.main()
