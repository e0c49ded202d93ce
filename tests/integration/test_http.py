"""Methods, statuses, headers and bad requests, through nginx with the shipped location block."""

import time
import unittest

import expected
from sandbox import http
from sandbox.system import DOMAIN, LOCATION
from system_test import SystemTest

COMMON_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag"),
    ("Vary", "Accept"),
)


class Http(SystemTest):
    """A record and a lease are written by the test; no bot runs."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx()
        system.store.publish(DOMAIN)
        system.store.write_lease(DOMAIN, time.time() + 55, ttl_s=60)
        system.store.write_record(cls.jid(cls, "alice"), type="available", show="dnd")

    def get(self, *args, **options):
        return self.system.get(*args, **options)

    def assert_headers(self, response, cache=None, **others):
        for name, value in COMMON_HEADERS:
            self.assertEqual(response.header(name), value)
        if cache is not None:
            self.assertEqual(response.header("Cache-Control"), cache)
            self.assertEqual(response.header("Content-Type"), expected.CONTENT_TYPE)
            self.assertIsNone(response.header("Transfer-Encoding"))
        for name, value in others.items():
            self.assertEqual(response.header(name.replace("_", "-")), value)
        for name, _ in response.headers:
            self.assertNotIn(name.lower(), ("last-modified", "set-cookie", "x-powered-by"))

    def test_200(self):
        response = self.get(self.jid("alice"))
        body = expected.presence(self.jid("alice"), show="dnd")
        self.assertEqual((response.status, response.body), (200, body))
        self.assert_headers(response, "public, max-age=1", Content_Length=str(len(body)))

    def test_404(self):
        response = self.get(self.jid("nobody"))
        body = expected.not_found(self.jid("nobody"))
        self.assertEqual((response.status, response.body), (404, body))
        self.assert_headers(response, "public, max-age=1", Content_Length=str(len(body)))

    def test_503(self):
        self.system.store.publish("no-bot.example")
        jid = self.jid("alice", "no-bot.example")
        response = self.get(jid)
        self.assertEqual((response.status, response.body), (503, expected.not_trusted(jid)))
        self.assert_headers(response, "no-store", Retry_After="10")

    def test_400(self):
        long_local = "a" * 1024
        for raw in (
            "", DOMAIN, f"@{DOMAIN}", "alice@", "alice@@x", f"a%20b@{DOMAIN}", "%FF@x.example",
            f"alice@{DOMAIN}%0A", f"{long_local}@{DOMAIN}", "alice@-x.example",
            f"%C2%AD@{DOMAIN}", f"a%EF%BC%A0b@{DOMAIN}", f"%2F@{DOMAIN}",
        ):
            with self.subTest(raw[:30]):
                response = self.get(raw)
                self.assertEqual((response.status, response.body), (400, expected.malformed()))
                self.assert_headers(response, "no-store")

    def test_longest_parts_are_accepted(self):
        jid = "a" * 1023 + "@" + DOMAIN
        response = self.get(jid)
        self.assertEqual((response.status, response.body), (404, expected.not_found(jid)))

    def test_unknown_or_repeated_format_is_400(self):
        for query in ("?format=yaml", "?format=", "?format=xml&format=xml", "?x=1&format=XML"):
            with self.subTest(query):
                response = self.get(self.jid("alice"), query=query)
                self.assertEqual((response.status, response.body), (400, expected.bad_request()))
                self.assert_headers(response, "no-store")

    def test_other_parameters_are_ignored(self):
        for query in ("?format=xml", "?", "?x", "?a=b&format=xml&c", "?_=123&&=&"):
            with self.subTest(query):
                self.assertEqual(self.get(self.jid("alice"), query=query).status, 200)

    def test_head_is_get_without_the_body(self):
        with http.Connection(self.system.nginx.port) as connection:
            for raw in (self.jid("alice"), self.jid("nobody"), "malformed"):
                with self.subTest(raw):
                    head = connection.request(LOCATION + raw, "HEAD")
                    get = connection.request(LOCATION + raw, "GET")
                    self.assertEqual(head.status, get.status)
                    self.assertEqual(
                        [pair for pair in head.headers if pair[0] != "Date"],
                        [pair for pair in get.headers if pair[0] != "Date"],
                    )

    def test_options(self):
        with http.Connection(self.system.nginx.port) as connection:
            for raw in (self.jid("alice"), self.jid("nobody"), "malformed", ""):
                with self.subTest(raw):
                    response = connection.request(LOCATION + raw, "OPTIONS")
                    self.assertEqual((response.status, response.body), (204, b""))
                    self.assert_headers(
                        response, Access_Control_Allow_Methods=expected.METHODS,
                        Access_Control_Allow_Headers="If-None-Match, Last-Event-ID",
                    )
                    self.assertGreater(int(response.header("Access-Control-Max-Age")), 0)

    def test_options_without_redis(self):
        self.system.redis.process.freeze()
        try:
            self.assertEqual(self.get(self.jid("alice"), method="OPTIONS").status, 204)
            self.assertEqual(self.get("malformed").status, 400)
        finally:
            self.system.redis.process.thaw()

    def test_other_methods_are_405(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "PROPFIND", "get"):
            with self.subTest(method):
                response = self.get(self.jid("alice"), method=method)
                if method == "get":
                    # nginx itself knows no methods in lower case.
                    self.assertEqual(response.status, 400)
                    continue
                self.assertEqual((response.status, response.body), (405, expected.not_allowed()))
                self.assert_headers(response, "no-store", Allow=expected.METHODS)

    def test_body_is_read_by_nobody(self):
        path = LOCATION + self.jid("alice")
        with http.Connection(self.system.nginx.port) as connection:
            response = connection.request(path, "POST", body=b"x" * 1000)
            self.assertEqual((response.status, response.body), (405, expected.not_allowed()))
            response = connection.request(path, "GET", body=b"GET / HTTP/1.1\r\n\r\n")
            self.assertEqual(response.status, 200)
            self.assertEqual(connection.request(path).status, 200)

    def test_request_headers_do_not_reach_the_responder(self):
        many = [(f"X-Header-{number}", "x" * 1000) for number in range(20)]
        self.assertEqual(self.get(self.jid("alice"), headers=many).status, 200)

    def test_outside_the_location(self):
        for target in ("/", "/xmpp/statusx/alice@" + DOMAIN, "/xmpp/status/../../etc"):
            with self.subTest(target):
                response = http.request(self.system.nginx.port, target)
                self.assertEqual(response.status, 404)
                self.assertEqual(response.header("Content-Type").partition(";")[0], "text/html")


if __name__ == "__main__":
    unittest.main()
