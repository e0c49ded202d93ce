"""The whole site that we ship for nginx: its cache, its limit, its own answers and its log."""

import itertools
import os
import re
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import expected
from fastcgi_peer import FastCgiPeer
from sandbox import http
from sandbox.certificate import Certificate
from sandbox.deadline import wait_until
from sandbox.nginx import Nginx
from sandbox.system import LOCATION
from system_test import SystemTest

# The validity of an entry, which nginx counts in whole seconds of its clock.
CACHE_S = 2.0
BURST = 200
TAGGED = (
    b"Status: 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n"
    b'ETag: "tag"\r\nCache-Control: public, max-age=60\r\nVary: Accept\r\n\r\nyes'
)
UNAVAILABLE = (
    b"Status: 503 Service Unavailable\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n"
    b"Cache-Control: public, max-age=60\r\n\r\nno"
)
# What every answer of nginx's own has, besides its type and Retry-After.
COMMON = {
    "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag", "Vary": "Accept", "Cache-Control": "no-store",
}
TYPES = {
    "xml": expected.CONTENT_TYPE, "json": "application/json",
    "text": "text/plain; charset=utf-8", "svg": "image/svg+xml; charset=utf-8",
}


_visitors = itertools.count(2)


def new_visitor():
    """A loopback address that nobody has asked from, with the whole limit before it."""
    number = next(_visitors)
    return f"127.1.{number // 250}.{number % 250 + 1}"


class Site(unittest.TestCase):
    """Each test has the site in front of a peer that notes what it is asked."""

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        self.socket_path = os.path.join(self.directory, "fcgi.sock")
        self.peer = FastCgiPeer(self.socket_path)
        self.peer.answer = TAGGED
        self.addCleanup(self.peer.close)
        self.nginx = self.start_nginx("nginx")

    def start_nginx(self, name, **options):
        directory = os.path.join(self.directory, name)
        os.mkdir(directory)
        nginx = Nginx(directory, self.socket_path, workers=1, site=True, **options)
        self.addCleanup(nginx.stop)
        nginx.start()
        return nginx

    def ask(self, raw="a@b", **options):
        return http.request(self.nginx.port, LOCATION + raw, **options)

    @property
    def asked(self):
        return len(self.peer.params)

    def ask_many(self, count, nginx=None, headers=()):
        """Asks for the same so often on one connection; returns the answers."""
        with http.Connection((nginx or self.nginx).port) as connection:
            return [connection.request(LOCATION + "a@b", headers=headers) for _ in range(count)]


class Configuration(Site):
    def test_site_passes_nginx_t_without_warnings(self):
        said = self.nginx.check()
        self.assertIn("test is successful", said)
        self.assertNotIn("[warn]", said)

    def test_hints_for_tls_work_once_the_certificate_is_named(self):
        tls = os.path.join(self.directory, "tls")
        os.mkdir(tls)
        certificate = Certificate(tls, ["status.example.org"])
        path = os.path.join(self.nginx.directory, "shipped", "xmpp-status.conf")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        hints = re.findall(r"^  #((?:listen|ssl_).*)$", text, re.MULTILINE)
        self.assertEqual(len(hints), 7)
        text = re.sub(r"^  #((?:listen|ssl_).*)$", r"  \1", text, flags=re.MULTILINE)
        for shipped, made in (
            ("fullchain.pem", certificate.chain), ("privkey.pem", certificate.key),
        ):
            text = text.replace(f"/etc/letsencrypt/live/status.example.org/{shipped}", made)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        said = self.nginx.check()
        self.assertIn("test is successful", said)
        self.assertNotIn("[warn]", said)

    def test_log_has_no_query_no_referer_and_no_agent(self):
        self.ask("a@b?secret-query", headers=[
            ("Referer", "http://secret-page/"), ("User-Agent", "secret-agent"),
        ])
        log = wait_until(self.nginx.access_log, "a line in the log")
        self.assertRegex(
            log, r'\A127\.0\.0\.1 \[\S+\] "GET /xmpp/status/a@b" 200 3 MISS\n\Z'
        )


class Cache(Site):
    def wait_for(self, what, check):
        """Asks, as ever other visitors, until check(answer) is true."""
        wait_until(lambda: check(self.ask(source=new_visitor())), what, CACHE_S)

    def test_answer_lasts_a_second_whatever_its_max_age(self):
        answers = self.ask_many(20)
        self.assertEqual({answer.body for answer in answers}, {b"yes"})
        self.assertLessEqual(self.asked, 2)
        self.peer.answer = TAGGED.replace(b"yes", b"new")
        self.wait_for("the new answer", lambda answer: answer.body == b"new")

    def test_max_age_reaches_the_browser(self):
        for _ in range(2):
            self.assertEqual(self.ask().header("Cache-Control"), "public, max-age=60")

    def test_error_is_never_kept(self):
        self.peer.answer = UNAVAILABLE
        self.assertEqual([answer.status for answer in self.ask_many(5)], [503] * 5)
        self.assertEqual(self.asked, 5)
        self.peer.answer = TAGGED
        self.assertEqual(self.ask().status, 200)

    def test_error_is_shown_and_not_what_was_there_before(self):
        self.assertEqual(self.ask().status, 200)
        self.peer.answer = UNAVAILABLE
        self.wait_for("503 instead of what is kept", lambda answer: answer.status == 503)
        self.assertEqual([answer.status for answer in self.ask_many(20)], [503] * 20)

    def test_responder_that_is_gone_is_shown_and_not_what_was_there_before(self):
        self.assertEqual(self.ask().status, 200)
        self.peer.answer = None
        self.wait_for("503 instead of what is kept", lambda answer: answer.status == 503)
        self.assertEqual([answer.status for answer in self.ask_many(20)], [503] * 20)

    def test_head_is_asked_as_get_and_does_not_poison_it(self):
        response = self.ask(method="HEAD")
        self.assertEqual((response.status, response.header("Content-Length")), (200, "3"))
        self.assertEqual(self.peer.params[0]["REQUEST_METHOD"], b"GET")
        self.assertEqual(self.ask().body, b"yes")

    def test_unchanged_is_said_by_nginx_and_does_not_poison_the_rest(self):
        condition = [("If-None-Match", '"tag"')]
        for _ in range(2):
            response = self.ask(headers=condition)
            self.assertEqual((response.status, response.header("ETag")), (304, '"tag"'))
            response = self.ask()
            self.assertEqual((response.status, response.body), (200, b"yes"))
        for params in self.peer.params:
            self.assertNotIn("HTTP_IF_NONE_MATCH", params)

    def test_other_methods_are_passed_on_each_time(self):
        for method in ("OPTIONS", "POST", "DELETE"):
            with self.subTest(method):
                self.peer.params.clear()
                for _ in range(2):
                    self.ask(method=method)
                methods = [params["REQUEST_METHOD"] for params in self.peer.params]
                self.assertEqual(methods, [method.encode()] * 2)

    def test_whatever_may_change_the_answer_is_another_question(self):
        questions = [
            ("a@b", ()), ("a@b?format=json", ()), ("a@b?format=xml", ()), ("a@c", ()),
            ("a@b%3Fformat=json", ()), ("a@b", [("Accept", "application/json")]),
            ("a@b", [("Accept", "application/json;q=0.5, text/plain")]),
            ("a@b?format=xml", [("Accept", "application/json")]),
        ]
        for raw, headers in questions:
            self.ask(raw, headers=headers)
        self.assertEqual(self.asked, len(questions))

    def test_overlong_question_is_asked_each_time_and_is_no_error(self):
        for raw, headers in (
            ("a@b?" + "x" * 3000, ()), ("x" * 3000 + "@b", ()),
            ("a@b", [("Accept", "x" * 3000)]),
        ):
            self.peer.params.clear()
            for _ in range(2):
                self.assertEqual(self.ask(raw, headers=headers).body, b"yes")
            self.assertEqual(self.asked, 2)
        self.assertNotIn("[error]", self.nginx.error_log())

    def ask_many_at_once(self, raw):
        """Returns how many of twenty questions at once reached the responder."""
        self.peer.params.clear()
        with ThreadPoolExecutor(20) as pool:
            bodies = set(pool.map(lambda _: self.ask(raw).body, range(20)))
        self.assertEqual(bodies, {b"yes"})
        return self.asked

    def test_many_at_once_are_one_question(self):
        # Two if a second ended in between. On a busy machine our peer can take longer than those
        # who wait for its answer wait: then they ask for themselves, as they should.
        counts = []
        while len(counts) < 10 and min(counts, default=20) > 2:
            counts.append(self.ask_many_at_once(f"a{len(counts)}@b"))
        self.assertLessEqual(min(counts), 2, counts)


class OwnAnswers(Site):
    def assert_own(self, response, status, kind, retry_after):
        self.assertEqual(response.status, status)
        self.assertEqual(
            {name: response.header(name) for name in COMMON}, COMMON, response.head
        )
        self.assertEqual(response.header("Content-Type"), TYPES[kind])
        self.assertEqual(response.header("Retry-After"), retry_after)

    def test_responder_that_is_gone_is_503_in_every_format(self):
        self.peer.answer = None
        for kind, body in (
            ("xml", expected.error(None, "wait", "remote-server-timeout")),
            ("json", b'{"error":"remote-server-timeout"}\n'), ("text", b"unknown\n"),
        ):
            with self.subTest(kind):
                response = self.ask(f"a@b?format={kind}")
                self.assert_own(response, 503, kind, "10")
                self.assertEqual(response.body, body)
                response = self.ask(f"a@b?format={kind}", method="HEAD")
                self.assert_own(response, 503, kind, "10")

    def test_format_is_what_accept_names_first(self):
        self.peer.answer = None
        for accept, kind in (
            ("application/json", "json"), ("application/json;q=1, */*", "json"),
            ("application/jsonp", "xml"), ("text/plain", "text"), ("TEXT/PLAIN,*/*", "text"),
            ("image/avif,image/webp,image/svg+xml,*/*;q=0.8", "svg"), ("*/*", "xml"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", "xml"),
        ):
            with self.subTest(accept):
                response = self.ask(headers=[("Accept", accept)])
                self.assert_own(response, 503, kind, "10")
        # The end of a JID is no file's.
        self.assert_own(self.ask("a@b.json"), 503, "xml", "10")

    def test_responder_that_does_not_answer_is_503(self):
        self.peer.answer = b""
        response = self.ask(method="OPTIONS")
        self.assert_own(response, 503, "xml", "10")

    def test_page_full_of_badges_fits_and_who_goes_on_is_held_up(self):
        answers = self.ask_many(BURST)
        self.assertEqual({answer.status for answer in answers}, {200})
        answers = self.ask_many(BURST)
        refused = [answer for answer in answers if answer.status != 200]
        # As many as the seconds that this took have brought back are let through.
        self.assertGreater(len(refused), BURST / 2)
        self.assert_own(refused[0], 429, "xml", "1")
        self.assertEqual(refused[0].body, expected.error(None, "wait", "policy-violation"))
        refused = self.ask_many(5 * 20, headers=[("Accept", "application/json")])[-1]
        self.assert_own(refused, 429, "json", "1")
        self.assertEqual(refused.body, b'{"error":"policy-violation"}\n')
        self.assertEqual(self.ask(source="127.0.0.2").status, 200)
        wait_until(lambda: self.ask().status == 200, "an answer for who has waited", 2)

    def test_neighbours_in_an_ipv6_network_share_the_limit(self):
        nginx = self.start_nginx(
            "proxied", extra="  set_real_ip_from 127.0.0.1;\n  real_ip_header X-Real-IP;\n"
        )
        for number in range(3):
            self.ask_many(BURST, nginx, [("X-Real-IP", f"2001:db8:0:1::{number}")])
        last = self.ask_many(20, nginx, [("X-Real-IP", "2001:db8:0:1:ffff::1")])
        self.assertIn(429, {answer.status for answer in last})
        other = self.ask_many(20, nginx, [("X-Real-IP", "2001:db8:0:2::1")])
        self.assertEqual({answer.status for answer in other}, {200})
        # Two addresses of IPv4 have nothing to do with each other.
        self.ask_many(2 * BURST, nginx, [("X-Real-IP", "192.0.2.1")])
        other = self.ask_many(20, nginx, [("X-Real-IP", "192.0.2.2")])
        self.assertEqual({answer.status for answer in other}, {200})


class WholeSystem(SystemTest):
    """The site with our responder behind it."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx(site=True)

    def setUp(self):
        self.alice = self.jid("alice")
        self.system.store.publish(self.system.domain)
        self.system.store.write_lease(self.system.domain, time.time() + 30)
        self.system.store.write_record(self.alice, type="available", show="xa")

    def ask(self, raw=None, headers=()):
        """Asks as another visitor each time."""
        return http.request(
            self.system.nginx.port, LOCATION + (raw or self.alice), headers=headers,
            source=new_visitor(),
        )

    def test_formats_never_mix(self):
        answers = {}
        for kind in TYPES:
            for query, accept in ((f"?format={kind}", "*/*"), ("", TYPES[kind].split(";")[0])):
                response = self.ask(f"{self.alice}{query}", headers=[("Accept", accept)])
                self.assertEqual(response.status, 200)
                self.assertEqual(response.header("Content-Type"), TYPES[kind])
                answers.setdefault(kind, set()).add(response.body)
        self.assertEqual([len(bodies) for bodies in answers.values()], [1] * len(TYPES))

    def test_block_shows_within_a_second_of_the_cache(self):
        self.assertEqual(self.ask().body, expected.presence(self.alice, show="xa"))
        self.system.store.publish(self.alice, "no")
        wait_until(lambda: self.ask().status == 404, "the block", CACHE_S)
        self.assertEqual(self.ask().body, expected.not_found(self.alice))
        self.system.store.publish(self.alice)
        wait_until(lambda: self.ask().status == 200, "the end of the block", CACHE_S)

    def test_etag_of_the_responder_makes_a_304(self):
        etag = self.ask().header("ETag")
        self.assertIsNotNone(etag)
        response = self.ask(headers=[("If-None-Match", etag)])
        self.assertEqual((response.status, response.body), (304, b""))
        self.assertEqual(self.ask().status, 200)

    def test_own_badge_is_the_responders(self):
        theirs = self.ask("malformed?format=svg")
        self.assertEqual(theirs.status, 400)
        self.system.responder.stop()
        try:
            ours = self.ask("malformed?format=svg")
        finally:
            self.system.responder.start()
        self.assertEqual(ours.status, 503)
        self.assertEqual(ours.body, theirs.body)
        self.assertEqual(ours.header("Content-Type"), theirs.header("Content-Type"))


if __name__ == "__main__":
    unittest.main()
