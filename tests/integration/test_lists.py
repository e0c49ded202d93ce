"""Several JIDs at once, through nginx: each entry is the single answer, in the order asked for."""

import json
import subprocess
import time
import unittest
from urllib.parse import quote
from xml.etree import ElementTree

import expected
from monitor import Monitor
from sandbox import http
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN
from system_test import SystemTest

LIST = "/xmpp/status"
NO_BOT = "no-bot.example"
LAST = 1700000000
STATUS_NS = "{urn:xmpp-status:1}"
CACHE_S = 2.0


class ListTest(SystemTest):
    """Records and leases are written by the test; no bot runs."""

    def setUp(self):
        store = self.system.store
        store.publish(DOMAIN)
        store.publish(NO_BOT)
        store.write_lease(DOMAIN, time.time() + 55, ttl_s=60)
        store.write_record(self.jid("alice"), type="available", show="dnd", last=LAST)
        store.write_record(self.jid("bob"), type="available", show="away", last=LAST)
        store.write_record(self.jid("carol"), type="unavailable", last=LAST)
        store.write_record(self.jid("dave"), type="available")
        store.publish(self.jid("dave"), "no")
        # In the order asked for; None for what is not a JID.
        self.asked = {
            self.jid("carol"): self.jid("carol"), "malformed": None,
            f"Alice@{DOMAIN}/phone": self.jid("alice"), self.jid("dave"): self.jid("dave"),
            self.jid("nobody"): self.jid("nobody"), f"x@{NO_BOT}": f"x@{NO_BOT}",
            "ä+b@" + DOMAIN: "ä+b@" + DOMAIN, self.jid("bob"): self.jid("bob"),
        }

    def ask(self, jids, *more, **options):
        query = "&".join([f"jid={quote(jid)}" for jid in jids] + list(more))
        return http.request(self.system.nginx.port, f"{LIST}?{query}", **options)

    def ask_single(self, jid, form):
        return self.system.get(quote(jid, safe="@"), query=f"?format={form}")


class Lists(ListTest):
    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx()

    def test_json_is_an_array_of_single_answers(self):
        response = self.ask(self.asked, "format=json")
        singles = [self.ask_single(jid, "json").body.rstrip(b"\n") for jid in self.asked]
        self.assertEqual(response.status, 200)
        self.assertEqual(response.body, b"[" + b",".join(singles) + b"]\n")
        self.assertEqual([entry.get("jid") for entry in json.loads(response.body)],
                         list(self.asked.values()))
        self.assertEqual(response.header("Content-Type"), "application/json")
        self.assertEqual(response.header("Content-Length"), str(len(response.body)))

    def test_xml_is_presences_around_the_single_answers(self):
        response = self.ask(self.asked, headers=[("Accept", "application/xml")])
        done = subprocess.run(["xmllint", "--nonet", "--noout", "-"], input=response.body,
                              capture_output=True, check=False, timeout=20)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        root = ElementTree.fromstring(response.body)
        self.assertEqual((response.status, root.tag), (200, f"{STATUS_NS}presences"))
        self.assertEqual(len(root), len(self.asked))
        for jid, stanza in zip(self.asked, root):
            with self.subTest(jid):
                single = ElementTree.fromstring(self.ask_single(jid, "xml").body)
                for element in (*single.iter(), *stanza.iter()):
                    element.text = element.tail = None
                    element.attrib.pop("seconds", None)  # one may be a second older
                self.assertEqual(ElementTree.tostring(stanza), ElementTree.tostring(single))

    def test_text_has_a_line_for_each(self):
        response = self.ask(self.asked, "format=text")
        lines = b"".join(
            f"{bare or '-'} ".encode() + self.ask_single(jid, "text").body
            for jid, bare in self.asked.items()
        )
        self.assertEqual((response.status, response.body), (200, lines))

    def test_any_is_the_single_answer_of_the_most_available(self):
        order = [self.jid("bob"), self.jid("alice"), f"x@{NO_BOT}", self.jid("carol"),
                 self.jid("nobody"), "malformed"]
        for first, winner in enumerate(order):
            for form in expected.FORMATS:
                for any_ in ("any", "any=1"):
                    with self.subTest(winner, form=form):
                        response = self.ask(reversed(order[first:]), f"format={form}", any_)
                        single = self.ask_single(winner, form)
                        self.assertEqual(response.status, single.status)
                        if form != "xml":  # which counts seconds
                            self.assertEqual(response.body, single.body)

    def test_picture_shows_the_most_available(self):
        jids = [self.jid("carol"), self.jid("alice"), self.jid("bob")]
        response = self.ask(jids, headers=[("Accept", "image/*")])
        self.assertEqual(response.body, self.ask_single(self.jid("bob"), "svg").body)
        labelled = self.ask(jids, "format=svg", "label=Support", "style=dot")
        self.assertIn(b">Support<", labelled.body)
        self.assertEqual(labelled.status, 200)

    def test_blocked_user_never_wins(self):
        self.system.store.write_record(self.jid("dave"), type="available", show="chat")
        response = self.ask([self.jid("dave"), self.jid("carol")], "any", "format=text")
        self.assertEqual(response.body, b"offline\n")

    def test_hundred_are_answered_and_one_more_is_400(self):
        jids = [f"firstname.lastname.{number:03}@customer-domain.example" for number in range(100)]
        jids[99] = self.jid("alice")
        response = self.ask(jids, "format=json", "style=dot")
        self.assertEqual(response.status, 200)
        entries = json.loads(response.body)
        self.assertEqual([entry["jid"] for entry in entries], jids)
        self.assertEqual(entries[99]["state"], "dnd")
        response = self.ask([*jids, self.jid("bob")], "format=json")
        self.assertEqual((response.status, response.body), (400, b'{"error":"bad-request"}\n'))

    def test_no_jid_or_a_wrong_parameter_is_400(self):
        for query in ("", "?", "?format=json", "?any", "?JID=a@b", "?jid=a@b&any=no",
                      "?jid=a@b&format=json&format=json"):
            with self.subTest(query):
                response = http.request(self.system.nginx.port, LIST + query)
                self.assertEqual(response.status, 400)
                self.assertIn(b"bad-request", response.body)
                self.assertEqual(response.header("Cache-Control"), "no-store")

    def test_list_of_long_statuses_arrives_whole_or_not_at_all(self):
        self.system.store.publish(DOMAIN, "yes status")
        jids = [self.jid(f"user{number}") for number in range(60)]
        for jid in jids:
            self.system.store.write_record(jid, type="available", status="\U0001f42f" * 1024)
        for _ in range(5):
            response = self.ask(jids[:30], "format=json")
            self.assertEqual(len(json.loads(response.body)), 30)
        self.assertEqual(self.ask(jids, "format=json").status, 400)

    def test_poller_gets_304_until_something_changes(self):
        jids = [self.jid("alice"), self.jid("bob"), "malformed"]
        etag = self.ask(jids, "format=json").header("ETag")
        headers = [("If-None-Match", etag)]
        response = self.ask(jids, "format=json", headers=headers)
        self.assertEqual((response.status, response.body), (304, b""))
        self.system.store.write_record(self.jid("bob"), type="available")
        self.assertEqual(self.ask(jids, "format=json", headers=headers).status, 200)

    def test_head_options_and_other_methods(self):
        jids = [self.jid("alice"), self.jid("bob")]
        get = self.ask(jids, "format=json")
        head = self.ask(jids, "format=json", method="HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head.header("Content-Length"), get.header("Content-Length"))
        self.assertEqual(self.ask(jids, method="OPTIONS").status, 204)
        self.assertEqual(self.ask(jids, method="POST").status, 405)

    def test_same_commands_are_sent_for_all(self):
        with Monitor(self.system.store) as monitor:
            self.ask([self.jid("alice"), self.jid("dave"), self.jid("nobody")], "format=json")
            commands = [line.split(" ")[0] for line in monitor.commands()]
        self.assertEqual(commands, ['"HMGET"', '"GET"', '"HMGET"'] * 3)

    def test_many_lists_at_once(self):
        """More than one turn of the loop has room for."""
        jids = [self.jid(f"user{number}") for number in range(99)] + [self.jid("alice")]
        connections = [http.Connection(self.system.nginx.port) for _ in range(16)]
        try:
            query = "&".join(f"jid={jid}" for jid in jids)
            for connection in connections:
                connection.send(f"{LIST}?{query}&format=text")
            for connection in connections:
                lines = connection.receive().body.decode().splitlines()
                self.assertEqual((len(lines), lines[99]), (100, f"{jids[99]} dnd"))
        finally:
            for connection in connections:
                connection.close()

    def test_redis_that_is_gone_is_in_each_entry(self):
        self.system.redis.process.freeze()
        try:
            response = self.ask([self.jid("alice"), "malformed", self.jid("bob")], "format=json")
            single = self.ask([self.jid("alice"), self.jid("bob")], "any")
        finally:
            self.system.redis.process.thaw()
        self.assertEqual(response.status, 200)
        self.assertEqual([entry["error"] for entry in json.loads(response.body)], [
            "remote-server-timeout", "jid-malformed", "remote-server-timeout",
        ])
        self.assertEqual(response.header("Cache-Control"), "no-store")
        self.assertEqual((single.status, single.header("Retry-After")), (503, "10"))
        wait_until(lambda: self.ask([self.jid("alice")], "any").status == 200, "recovery", 5.0)


class Site(ListTest):
    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx(site=True)

    def test_list_is_cached_for_a_second(self):
        jids = [self.jid("alice"), self.jid("bob")]
        for _ in range(3):
            self.assertEqual(self.ask(jids, "format=text").status, 200)
        self.assertIn("HIT", self.system.nginx.access_log())
        self.system.store.publish(self.jid("bob"), "no")
        wait_until(lambda: b"unknown" in self.ask(jids, "format=text").body, "the block", CACHE_S)

    def test_list_in_which_something_is_not_known_is_not_kept(self):
        jids = [self.jid("alice"), f"x@{NO_BOT}"]
        self.assertIn(b"unknown", self.ask(jids, "format=text").body)
        self.system.store.write_lease(NO_BOT, time.time() + 55, ttl_s=60)
        self.system.store.write_record(f"x@{NO_BOT}", type="available")
        self.addCleanup(self.system.store.command, "DEL", "xmpp:bot:{%s}" % NO_BOT)
        self.assertIn(b"online", self.ask(jids, "format=text").body)

    def test_hundred_however_they_are_spelled(self):
        jids = ["й" * 12 + f"{number}@" + "домен.example" for number in range(100)]
        response = self.ask(jids, "format=json")
        self.assertEqual(response.status, 200)
        self.assertEqual([entry["jid"] for entry in json.loads(response.body)], jids)
        self.assertEqual(self.ask(["a" * 17000]).status, 414)

    def test_malformed_entry_is_no_failure_of_the_rest(self):
        response = self.ask(["a@b@c", self.jid("alice")], "format=text")
        self.assertEqual(response.body, f"- unknown\n{self.jid('alice')} dnd\n".encode())

    def test_responder_that_is_gone_is_503(self):
        self.system.responder.stop()
        try:
            response = self.ask([self.jid("alice")], "format=json", "x")
        finally:
            self.system.responder.start()
        self.assertEqual((response.status, response.body),
                         (503, b'{"error":"remote-server-timeout"}\n'))


if __name__ == "__main__":
    unittest.main()
