"""Hostile or damaged content in Redis: taken for unknown or unpublished, logged, and no more."""

import random
import time
import unittest
import xml.etree.ElementTree as ElementTree

import expected
from sandbox import http
from sandbox.system import DOMAIN, LOCATION
from system_test import SystemTest

FIELDS = ("type", "show", "last", "status", "lang")
MIB = 1024 * 1024
# What others may have to wait beside a huge value.
OTHERS_S = 2.0
SEED = 4
ROUNDS = 300
JUNK = (
    b"", b"\0", b"\xff\xfe", b"<script>", b"available\0", b" available", b"AVAILABLE", b"chat\n",
    b"asleep", b"-1", b"1e9", b"0x10", b"1.5", b" 1", b"99999999999999999999", b"253402300800",
    b"253402300799", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\x01\x02\x1b[2J",
    b"\xef\xbf\xbe", b"]]>", b"&#0;", b"%s%n", b"$6\r\nabc", b"x" * 70000, b"\xe2\x80\xae" * 2000,
    b"available", b"unavailable", b"dnd", b"1700000000", b"hello", b"de",
)


class HostileRedis(SystemTest):
    """Everything is written by the test; no bot runs."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        # A busy machine, or a build with sanitizers, may need longer for a hundred mebibytes.
        system.configuration.redis_timeout_ms = 2000
        system.configuration.write()
        system.start_responder()
        system.start_nginx()

    def setUp(self):
        self.store = self.system.store
        self.store.command("FLUSHALL")
        self.store.publish(DOMAIN, "yes status")
        self.store.write_lease(DOMAIN, time.time() + 55, ttl_s=60)
        self.alice, self.bob = self.jid("alice"), self.jid("bob")
        for jid in (self.alice, self.bob):
            self.store.write_record(jid, type="available", show="dnd")

    def tearDown(self):
        """Whatever happened, it lives and serves the others."""
        self.assertTrue(self.system.responder.process.is_alive())
        if self.store.command("HGET", "xmpp:publish:{%s}" % DOMAIN, DOMAIN) == b"yes status":
            self.assert_body("bob", expected.presence(self.bob, show="dnd"))

    def key(self, user="alice"):
        return "xmpp:presence:{%s}:%s" % (DOMAIN, user)

    def statuses(self, jid):
        return {
            self.system.get(jid, query=f"?format={form}").status for form in expected.FORMATS
        }

    def damage_lines(self):
        log = self.system.responder.process.log()
        return [line for line in log.splitlines() if "damaged in Redis" in line]

    def make_wrong_types(self, key):
        """Yields the names of all types but the right one, after making the key of that type."""
        for name, command in (
            ("string", ("SET", key, "yes")), ("list", ("RPUSH", key, "yes")),
            ("set", ("SADD", key, "yes")), ("zset", ("ZADD", key, "1", "yes")),
            ("stream", ("XADD", key, "*", "a", "b")), ("hash", ("HSET", key, "yes", "yes")),
        ):
            self.store.command("DEL", key)
            self.store.command(*command)
            yield name

    def test_wrong_types(self):
        for name in self.make_wrong_types(self.key()):
            with self.subTest("record", type=name):
                self.assertEqual(self.statuses(self.alice), {404})
        self.store.write_record(self.alice, type="available")
        for name in self.make_wrong_types("xmpp:bot:{%s}" % DOMAIN):
            with self.subTest("lease", type=name):
                self.assertEqual(self.statuses(self.alice), {503})
        for name in self.make_wrong_types("xmpp:publish:{%s}" % DOMAIN):
            with self.subTest("flags", type=name):
                self.assertEqual(self.statuses(self.alice), {404})

    def test_junk_in_each_field(self):
        valid = {"type": "available", "show": "away", "last": "1", "status": "x", "lang": "de"}
        for field in FIELDS:
            for junk in JUNK:
                self.store.write_record(self.alice, **{**valid, field: junk})
                with self.subTest(field, junk=junk[:20]):
                    self.check_answers()

    def check_answers(self):
        """Found or not found, and sound in either case."""
        for form in ("xml", "svg"):
            response = self.system.get(self.alice, query=f"?format={form}")
            self.assertIn(response.status, (200, 404))
            ElementTree.fromstring(response.body)
        response = self.system.get(self.alice)
        if response.status == 200:
            root = ElementTree.fromstring(response.body)
            show = root.find("{jabber:client}show")
            if show is not None:
                self.assertIn(show.text, ("away", "chat", "dnd", "xa"))
            for query in root.iter("{jabber:iq:last}query"):
                self.assertRegex(query.get("seconds"), "^[0-9]+$")

    def test_junk_at_random(self):
        chance = random.Random(SEED)
        for number in range(ROUNDS):
            fields = {field: chance.choice(JUNK) for field in FIELDS if chance.random() < 0.8}
            if not fields:
                continue
            self.store.write_record(self.alice, **fields)
            with self.subTest(number, fields={name: value[:20] for name, value in fields.items()}):
                self.check_answers()

    def test_values_that_are_damaged_are_not_found(self):
        for fields in (
            {"type": "available", "show": "asleep"}, {"type": "available", "last": "-1"},
            {"type": "available", "last": "253402300800"}, {"show": "dnd"}, {"type": b"\xff"},
            {"type": "available", "status": b"\xff"},
            {"type": "available", "status": b"x" * 70000},
        ):
            self.store.write_record(self.alice, **fields)
            with self.subTest(str(fields)[:60]):
                self.assertEqual(self.statuses(self.alice), {404})

    def test_huge_values_harm_only_their_owner(self):
        """In one batch with others: those are answered as ever, and in time."""
        for field, size in (("status", 8 * MIB), ("show", 8 * MIB), ("type", 32 * MIB)):
            self.store.write_record(self.alice, type="available", show="dnd")
            self.store.command("HSET", self.key(), field, b"x" * size)
            with self.subTest(field, size=size):
                self.assert_others_are_answered({404})

    def test_huge_flag_closes(self):
        self.store.command("HSET", "xmpp:publish:{%s}" % DOMAIN, self.alice, b"y" * 100 * MIB)
        self.assert_others_are_answered({404})

    def test_huge_lease_is_none(self):
        self.store.publish("other.example")
        self.store.command("SET", "xmpp:bot:{other.example}", b"1" * 8 * MIB)
        self.assertEqual(self.system.get("alice@other.example").status, 503)

    def assert_others_are_answered(self, own_statuses):
        path = LOCATION + self.alice
        with http.Connection(self.system.nginx.port) as connection:
            for _ in range(3):
                start = time.monotonic()
                self.assertIn(connection.request(path).status, own_statuses)
                self.assert_body("bob", expected.presence(self.bob, show="dnd"))
                self.assertLess(time.monotonic() - start, OTHERS_S)

    def test_many_fields_do_no_harm(self):
        self.store.command(
            "HSET", self.key(), *[f"{kind}{number}" for number in range(20000) for kind in "fv"]
        )
        self.assert_body("alice", expected.presence(self.alice, show="dnd"))

    def test_damage_is_logged_once_a_minute(self):
        for number in range(20):
            user = f"damaged{number}"
            self.store.write_record(self.jid(user), type="here")
            self.assertEqual(self.system.get(self.jid(user)).status, 404)
        # Other tests of this class may have been first.
        lines = self.damage_lines()
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], "^warning: damaged in Redis, .*: the (flags|lease|record) xmpp:")


if __name__ == "__main__":
    unittest.main()
