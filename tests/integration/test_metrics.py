"""/xmpp/metrics and /xmpp/health through nginx, with the whole site, Redis and the responder."""

import os
import re
import subprocess
import time
import unittest

import exposition
import fastcgi
from sandbox import http, ports
from sandbox.deadline import wait_until
from sandbox.nginx import Nginx
from sandbox.redis_server import RESPONDER
from sandbox.responder import Responder
from sandbox.shipped import shipped_path
from sandbox.store import metrics_key
from sandbox.system import DOMAIN
from system_test import SystemTest

SECOND = "second.example"
IDN = "münchen.example"
SECTIONS = (DOMAIN, SECOND, IDN)
METRICS, HEALTH = "/xmpp/metrics", "/xmpp/health"
FIGURES = {
    "started": 1700000000, "synced": 1700000001, "syncs": 2, "stanzas": 345678, "online": 12,
    "listed": 40, "reconnects": 3, "outages": 0,
}


class OperatorTest(SystemTest):
    """The system without a bot; tests say what the bots would have written."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        for domain in SECTIONS:
            system.configuration.set_domain(domain, f"presence@{domain}", "unused", 5222, "/unused")
        system.start_responder()
        system.start_nginx(workers=1, spread=False, site=True)

    @property
    def store(self):
        return self.system.store

    def setUp(self):
        self.store.command("FLUSHALL")

    def ask(self, target, **options):
        return http.request(self.system.nginx.port, target, **options)

    def metrics(self):
        response = self.ask(METRICS)
        self.assertEqual(response.status, 200)
        return exposition.parse(response.body.decode())

    def health(self):
        response = self.ask(HEALTH)
        return response.status, response.body.decode()


class Metrics(OperatorTest):
    def value(self, name, **labels):
        return exposition.value(self.metrics(), name, **labels)

    def test_head_of_the_answer(self):
        response = self.ask(METRICS)
        self.assertEqual(response.status, 200)
        for name, value in (
            ("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),
            ("Content-Length", str(len(response.body))), ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"), ("Access-Control-Allow-Origin", None),
        ):
            self.assertEqual(response.header(name), value)

    def test_only_for_loopback(self):
        for target in (METRICS, HEALTH):
            response = self.ask(target, source="127.0.0.2")
            self.assertEqual(response.status, 403)
            self.assertNotIn(b"xmpp_status", response.body)

    def test_neither_is_in_the_log(self):
        self.ask(METRICS)
        self.ask(HEALTH)
        self.system.get(self.jid("logged"))
        self.assertNotIn("/xmpp/metrics", self.system.nginx.access_log())
        self.assertNotIn("/xmpp/health", self.system.nginx.access_log())

    def test_head_and_other_methods(self):
        for target in (METRICS, HEALTH):
            head = self.ask(target, method="HEAD")
            self.assertEqual(head.status, self.ask(target).status)
            self.assertGreater(int(head.header("Content-Length")), 0)
            for method in ("POST", "OPTIONS", "DELETE"):
                response = self.ask(target, method=method)
                self.assertEqual((response.status, response.body), (405, b""))
                self.assertEqual(response.header("Allow"), "GET, HEAD")

    def test_query_and_accept_do_not_matter(self):
        response = self.ask(METRICS + "?format=svg&format=yaml", headers=[("Accept", "image/*")])
        exposition.parse(response.body.decode())

    def test_version_is_that_of_the_program(self):
        said = subprocess.run(
            [self.system.programs.fcgi, "-V"], capture_output=True, text=True, check=True, timeout=20
        ).stdout
        self.assertEqual(self.value("build_info", version=said.split()[1]), 1)

    def test_uptime_counts(self):
        first, start = self.value("uptime_seconds"), time.monotonic()
        end = start + 10
        while self.value("uptime_seconds") == first and time.monotonic() < end:
            pass
        self.assertIn(
            self.value("uptime_seconds") - first, range(int(time.monotonic() - start) + 2)
        )
        self.assertGreater(self.value("uptime_seconds"), first)

    def test_requests_are_counted_by_status_and_format(self):
        self.store.publish(DOMAIN)
        self.store.publish("unled.example")
        self.store.write_lease(DOMAIN, time.time() + 30)
        self.store.write_record(self.jid("alice"), type="available")
        before = self.metrics()
        asked = (
            ("200", "xml", self.jid("alice"), "GET"), ("200", "json", self.jid("alice"), "GET"),
            ("404", "text", self.jid("nobody"), "GET"), ("400", "svg", "malformed", "GET"),
            ("503", "json", "alice@unled.example", "GET"), ("405", "xml", "a@b", "POST"),
            ("204", "xml", "a@b", "OPTIONS"),
        )
        for status, form, jid, method in asked:
            response = self.system.get(jid, method=method, query=f"?format={form}&{id(before)}")
            self.assertEqual(response.status, int(status))
        after = self.metrics()
        for status, form, *_ in asked:
            name, labels = "requests_total", {"status": status, "format": form}
            self.assertEqual(
                exposition.value(after, name, **labels),
                exposition.value(before, name, **labels) + 1, labels,
            )
        # Each came alone, and so did the request for the metrics before, which is counted too.
        for bound in ("1", "256", "+Inf"):
            name = "batch_requests_bucket"
            self.assertEqual(
                exposition.value(after, name, le=bound),
                exposition.value(before, name, le=bound) + len(asked) + 1,
            )
        # Of these, four had to be looked up, one of them again.
        found, asked = (
            exposition.value(after, name) - exposition.value(before, name)
            for name in ("cache_hits_total", "cache_misses_total")
        )
        self.assertEqual((found + asked, asked >= 3), (4, True))
        name = "redis_round_trip_seconds_count"
        self.assertEqual(exposition.value(after, name) - exposition.value(before, name), asked)
        name = "redis_round_trip_seconds_sum"
        self.assertGreater(exposition.value(after, name), exposition.value(before, name))

    def test_memory_is_counted(self):
        self.store.publish(DOMAIN)
        self.store.write_lease(DOMAIN, time.time() + 30)
        self.store.write_record(self.jid("alice"), type="available")
        query = (f"?{number}" for number in range(1000))  # past the cache of nginx

        def grown(name, before):
            return exposition.value(self.metrics(), name) - exposition.value(before, name)

        def is_found():
            before = self.metrics()
            self.system.get(self.jid("alice"), query=next(query))
            return grown("cache_hits_total", before) == 1

        wait_until(is_found, "an answer from memory", 5)
        before = self.metrics()
        self.assertGreaterEqual(exposition.value(before, "cache_entries"), 1)
        self.store.write_record(self.jid("alice"), type="unavailable")
        wait_until(
            lambda: grown("cache_invalidations_total", before) >= 1, "news of the record", 5
        )
        self.system.get(self.jid("alice"), query=next(query))
        self.assertEqual(grown("cache_misses_total", before), 1)
        before = self.metrics()
        self.store.command("FLUSHALL")
        wait_until(lambda: grown("cache_drops_total", before) >= 1, "the drop", 5)
        self.assertEqual(exposition.value(self.metrics(), "cache_entries"), 0)

    def test_requests_in_one_turn_are_one_batch(self):
        """They have all arrived while the responder was stopped."""
        before = self.metrics()
        self.system.responder.process.freeze()
        try:
            peers = [fastcgi.Peer(self.system.responder.socket_path) for _ in range(20)]
        finally:
            self.system.responder.process.thaw()
        for peer in peers:
            self.addCleanup(peer.socket.close)
            peer.send(fastcgi.request("a@b", keep=True))
            peer.read_answer()
        self.system.responder.process.freeze()
        try:
            for peer in peers:
                peer.send(fastcgi.request("a@b", keep=True))
        finally:
            self.system.responder.process.thaw()
        for peer in peers:
            peer.read_answer()
        after = self.metrics()
        self.assertEqual(
            exposition.value(after, "batch_requests_bucket", le="32")
            - exposition.value(after, "batch_requests_bucket", le="16")
            - exposition.value(before, "batch_requests_bucket", le="32")
            + exposition.value(before, "batch_requests_bucket", le="16"), 1,
        )
        self.assertGreaterEqual(exposition.value(after, "connections"), 20 + 1)

    def test_lease_is_shown_for_each_domain_of_the_configuration(self):
        self.store.write_lease(DOMAIN, time.time() + 25)
        self.store.write_lease(SECOND, 0)
        self.store.write_lease("unknown.example", time.time() + 25)
        metrics = self.metrics()
        self.assertIn(exposition.value(metrics, "lease_seconds", domain=DOMAIN), (23, 24, 25))
        self.assertEqual(exposition.value(metrics, "lease_seconds", domain=SECOND), 0)
        self.assertEqual(exposition.value(metrics, "lease_seconds", domain=IDN), 0)
        self.assertIsNone(exposition.value(metrics, "lease_seconds", domain="unknown.example"))
        self.assertEqual(exposition.value(metrics, "domains"), len(SECTIONS))
        self.assertEqual(exposition.value(metrics, "leases_omitted"), 0)
        self.assertEqual(exposition.value(metrics, "figures_omitted"), 0)

    def test_figures_of_bots_are_shown(self):
        for domain in (DOMAIN, IDN):
            self.store.command(
                "HSET", metrics_key(domain), *[x for pair in FIGURES.items() for x in pair]
            )
        metrics = self.metrics()
        for name, figure in (
            ("bot_start_time_seconds", "started"), ("bot_last_sync_time_seconds", "synced"),
            ("bot_syncs_total", "syncs"), ("bot_stanzas_total", "stanzas"),
            ("bot_users_online", "online"), ("bot_users_listed", "listed"),
            ("bot_reconnects_total", "reconnects"), ("bot_redis_outages_total", "outages"),
        ):
            for domain in (DOMAIN, IDN):
                self.assertEqual(
                    exposition.value(metrics, name, domain=domain), FIGURES[figure], name
                )
            self.assertIsNone(exposition.value(metrics, name, domain=SECOND))

    def test_hostile_figures_are_left_out(self):
        key = metrics_key(DOMAIN)
        for hostile in (
            "", "-1", "+1", "1.5", "1e9", "NaN", "0x1", "1 ", "1\n", '1\nxmpp_status_evil 1',
            "1" * 16, "9" * 70000, b"\xff", b"1\x001", "١",
        ):
            with self.subTest(hostile[:20]):
                self.store.command("DEL", key)
                self.store.command("HSET", key, "stanzas", hostile, "evil", "1", "online", "5")
                metrics = self.metrics()
                self.assertIsNone(exposition.value(metrics, "bot_stanzas_total", domain=DOMAIN))
                self.assertEqual(exposition.value(metrics, "bot_users_online", domain=DOMAIN), 5)
                self.assertIsNone(exposition.value(metrics, "evil"))
        for command in (("SET", key, "1"), ("RPUSH", key, "1"), ("SADD", key, "1")):
            self.store.command("DEL", key)
            self.store.command(*command)
            self.assertIsNone(self.value("bot_users_online", domain=DOMAIN))

    def test_an_older_acl_costs_the_figures_only(self):
        self.store.command("HSET", metrics_key(DOMAIN), "online", "5")
        self.store.write_lease(DOMAIN, time.time() + 25)
        rights = [f"%R~xmpp:{kind}:*" for kind in ("publish", "presence", "online", "bot")]
        self.store.command("ACL", "SETUSER", RESPONDER, "resetkeys", *rights)
        try:
            metrics = self.metrics()
            status, _ = self.health()
        finally:
            self.store.command("ACL", "SETUSER", RESPONDER, "%R~xmpp:metrics:*")
        self.assertEqual(status, 200)
        self.assertEqual(exposition.value(metrics, "redis_up"), 1)
        self.assertGreater(exposition.value(metrics, "lease_seconds", domain=DOMAIN), 0)
        self.assertIsNone(exposition.value(metrics, "bot_users_online", domain=DOMAIN))
        self.assertEqual(self.value("bot_users_online", domain=DOMAIN), 5)

    def test_no_user_shows(self):
        self.store.publish(DOMAIN)
        self.store.publish(self.jid("confidant"), "yes status")
        self.store.write_lease(DOMAIN, time.time() + 30)
        self.store.write_record(self.jid("confidant"), type="available", status="whispered")
        self.store.command("SADD", "xmpp:online:{%s}" % DOMAIN, "confidant")
        self.assertEqual(self.system.get(self.jid("confidant")).status, 200)
        for target in (METRICS, HEALTH):
            self.assertNotRegex(self.ask(target).body.decode(), "confidant|whispered|@")


class Health(OperatorTest):
    def setUp(self):
        super().setUp()
        self.store.write_lease(DOMAIN, time.time() + 30)
        self.wait_health(200)
        self.store.command("FLUSHALL")

    def test_ok_while_one_domain_is_served(self):
        self.store.write_lease(IDN, time.time() + 25)
        self.store.write_lease(SECOND, 0)
        status, text = self.health()
        self.assertEqual(status, 200)
        self.assertRegex(text, re.compile(
            rf"\Aok\n{DOMAIN}: no lease: .*\n{SECOND}: the lease is not valid yet: .*\n"
            rf"{IDN}: the lease is valid for 2[345] s\n\Z"
        ))
        self.assertEqual(self.ask(HEALTH).header("Content-Type"), "text/plain; charset=utf-8")
        self.assertEqual(self.ask(HEALTH).header("Cache-Control"), "no-store")

    def test_503_when_no_domain_is_served(self):
        status, text = self.health()
        self.assertEqual(status, 503)
        self.assertTrue(text.startswith("failing: no domain has a valid lease\n"), text)
        for domain in SECTIONS:
            self.assertIn(f"\n{domain}: no lease", text)

    def test_503_with_the_cause_when_redis_is_silent(self):
        self.store.write_lease(DOMAIN, time.time() + 30)
        before = self.metrics()
        self.system.redis.process.freeze()
        try:
            start = time.monotonic()
            status, text = self.health()
            self.assertLess(time.monotonic() - start, 2)
            self.assertEqual(status, 503)
            self.assertRegex(text, r"\Afailing: [a-z ]+ Redis at /\S+: no answer in time\n\Z")
            self.system.get(self.jid("unanswered"))
            self.ask("/xmpp/status?jid=one@unanswered.example&jid=two@unanswered.example")
            metrics = self.metrics()
        finally:
            self.system.redis.process.thaw()
        self.assertEqual(exposition.value(metrics, "redis_up"), 0)
        self.assertIsNone(exposition.value(metrics, "lease_seconds", domain=DOMAIN))
        name = "redis_errors_total"
        self.assertEqual(exposition.value(metrics, name), exposition.value(before, name) + 3)
        name = "redis_round_trip_seconds_count"
        self.assertEqual(exposition.value(metrics, name), exposition.value(before, name))
        self.wait_health(200)
        self.assertEqual(exposition.value(self.metrics(), "redis_up"), 1)

    def test_503_with_the_cause_when_redis_is_gone(self):
        self.store.write_lease(DOMAIN, time.time() + 30)
        self.wait_health(200)
        self.system.redis.stop()
        try:
            status, text = self.health()
        finally:
            self.system.redis.start()
        self.assertEqual(status, 503)
        self.assertRegex(text, r"\Afailing: [a-z ]+ Redis at /\S+: [ -~]+\n\Z")
        self.store.write_lease(DOMAIN, time.time() + 30)
        self.wait_health(200)

    def test_503_with_the_cause_when_redis_refuses(self):
        self.store.command("ACL", "SETUSER", RESPONDER, "-get")
        try:
            status, text = self.health()
        finally:
            self.store.command("ACL", "SETUSER", RESPONDER, "+get")
        self.assertEqual(status, 503)
        self.assertRegex(text, r"\Afailing: asking Redis: it refused: NOPERM [ -~]+\n\Z")

    def test_503_while_redis_answers_what_may_not_be_used(self):
        """Without the right to INFO nobody knows whether it is current; all else works."""
        self.store.publish(DOMAIN)
        self.store.write_lease(DOMAIN, time.time() + 50)
        self.store.write_record(self.jid("alice"), type="available")
        self.wait_health(200)
        before = self.metrics()
        self.store.command("ACL", "SETUSER", RESPONDER, "-info")
        try:
            wait_until(lambda: self.system.get(self.jid("alice")).status == 503, "the cutoff", 10)
            status, text = self.health()
            metrics = self.metrics()
        finally:
            self.store.command("ACL", "SETUSER", RESPONDER, "+info|replication")
        self.assertEqual(status, 503)
        self.assertRegex(
            text, r"\Afailing: asking Redis whether it is current: NOPERM [ -~]+\n\Z"
        )
        self.assertEqual(exposition.value(metrics, "redis_up"), 0)
        self.assertIsNone(exposition.value(metrics, "lease_seconds", domain=DOMAIN))
        name = "cache_drops_total"
        self.assertEqual(exposition.value(metrics, name), exposition.value(before, name) + 1)
        self.wait_health(200)
        self.assertEqual(self.system.get(self.jid("alice")).status, 200)

    def wait_health(self, status):
        """After an outage it takes up to a second until Redis is tried again."""
        end = time.monotonic() + 5
        while self.health()[0] != status and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(self.health()[0], status)


class TwoResponders(OperatorTest):
    def test_each_answers_for_itself_by_a_location_of_its_own(self):
        """The location is the one that metrics.conf shows."""
        second = Responder(
            self.system.programs.fcgi, self.system.configuration.path,
            self.system.path("fcgi-2.sock"), self.system.path("responder-2.log"),
        )
        self.addCleanup(second.stop)
        second.start_with_descriptor()
        with open(shipped_path("nginx", "metrics.conf"), encoding="utf-8") as file:
            location = "".join(re.findall(r"^#   (.*\n)", file.read(), re.MULTILINE)[1:])
        location = location.replace("/run/xmpp-status/fcgi-2.sock", second.socket_path)
        port = ports.pick()
        os.mkdir(self.system.path("nginx-2"))
        nginx = Nginx(
            self.system.path("nginx-2"), self.system.path("fcgi.sock"), site=True,
            extra=f"  server {{\n    listen 127.0.0.1:{port};\n{location}  }}\n",
        )
        self.addCleanup(nginx.stop)
        nginx.start()
        for _ in range(3):
            fastcgi.ask(second.socket_path, "a@b")

        def count(port, path, source="127.0.0.1"):
            response = http.request(port, path, source=source)
            if response.status != 200:
                return response.status
            samples = exposition.parse(response.body.decode())
            return exposition.value(samples, "requests_total", status="404", format="xml")

        self.assertEqual(count(port, "/xmpp/metrics/2"), 3)
        self.assertEqual(count(nginx.port, METRICS), 0)
        self.assertEqual(count(port, "/xmpp/metrics/2", "127.0.0.2"), 403)


class ManyDomains(SystemTest):
    """More than have room in one answer."""

    count = 1500

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        for number in range(cls.count):
            domain = f"customer-{number}.example"
            system.configuration.set_domain(domain, f"presence@{domain}", "unused", 5222, "/unused")
            system.store.write_lease(domain, time.time() + 60, ttl_s=60)
        for number in range(100):
            system.store.command(
                "HSET", metrics_key(f"customer-{number}.example"),
                *[x for name in FIGURES for x in (name, "9" * 15)],
            )
        system.start_responder()

    def ask(self, script):
        """Asks the responder, and reads nothing until it has written all that it could."""
        with fastcgi.Peer(self.system.responder.socket_path) as peer:
            peer.send(
                fastcgi.begin(keep=True) + fastcgi.record(fastcgi.PARAMS, fastcgi.pairs(
                    {"REQUEST_METHOD": "GET", "SCRIPT_NAME": script}
                )) + fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN)
            )
            # It has one thread: when it answers somebody else, it is done with us.
            fastcgi.ask(self.system.responder.socket_path, "a@b")
            head, body = peer.read_answer()
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        self.assertEqual(len(body), length)
        return head, body.decode()

    def test_what_has_room_is_shown_whole(self):
        samples = exposition.parse(self.ask(METRICS)[1])
        omitted = exposition.value(samples, "leases_omitted")
        shown = [key for key in samples if key[0] == "xmpp_status_lease_seconds"]
        self.assertEqual(len(shown) + omitted, self.count)
        self.assertGreater(len(shown), 1000)
        self.assertTrue(all(samples[key] > 0 for key in shown))
        self.assertGreater(exposition.value(samples, "figures_omitted"), 0)

    def test_health_ends_with_how_many_more(self):
        head, text = self.ask(HEALTH)
        self.assertIn(b"Status: 200 OK", head)
        self.assertTrue(text.startswith("ok\ncustomer-0.example: the lease is valid for "))
        more = int(re.search(r"\nand (\d+) more\n\Z", text)[1])
        self.assertEqual(text.count("\n") - 2 + more, self.count)


if __name__ == "__main__":
    unittest.main()
