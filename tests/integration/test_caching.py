"""What a poller needs: ETag, If-None-Match, 304, HEAD, Cache-Control, CORS; through nginx."""

import re
import time
import unittest

import expected
from sandbox import http
from sandbox.system import DOMAIN, LOCATION
from system_test import SystemTest

MAX_AGE_S = 7
CACHE = f"public, max-age={MAX_AGE_S}"
OTHER = '"0123456789abcdef0123456789abcdef"'
COMMON_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag",
    "Vary": "Accept",
}
# Headers that nginx sets of its own.
NGINX_HEADERS = ("Server", "Date", "Connection")


class Caching(SystemTest):
    """Records and leases are written by the test; no bot runs."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        with open(system.configuration.path, "r+", encoding="utf-8") as file:
            text = file.read().replace("[fcgi]\n", f"[fcgi]\nmax_age_s = {MAX_AGE_S}\n")
            file.seek(0)
            file.write(text)
        system.start_responder()
        system.start_nginx()

    def setUp(self):
        self.store = self.system.store
        self.store.publish(DOMAIN)
        self.store.publish("no-bot.example")
        self.store.write_lease(DOMAIN, time.time() + 30)
        self.alice = self.jid("alice")
        self.store.write_record(self.alice, type="available", show="dnd")

    def get(self, jid=None, form="json", tags=None, **options):
        headers = [] if tags is None else [("If-None-Match", tags)]
        return self.system.get(
            jid or self.alice, query=f"?format={form}", headers=headers, **options
        )

    def headers(self, response):
        return {name: value for name, value in response.headers if name not in NGINX_HEADERS}

    def test_each_format_has_a_tag_that_stays(self):
        tags = set()
        for form in expected.FORMATS:
            with self.subTest(form):
                tag = self.get(form=form).header("ETag")
                self.assertRegex(tag, r'^"[0-9a-f]{32}"$')
                self.assertEqual(self.get(form=form).header("ETag"), tag)
                tags.add(tag)
        self.assertEqual(len(tags), len(expected.FORMATS))

    def test_304_when_the_client_has_it(self):
        for form in expected.FORMATS:
            tag = self.get(form=form).header("ETag")
            for tags in (tag, f"W/{tag}", f"{OTHER}, {tag}", f"{OTHER},W/{tag},", "*"):
                for method in ("GET", "HEAD"):
                    with self.subTest(form=form, tags=tags, method=method):
                        response = self.get(form=form, tags=tags, method=method)
                        self.assertEqual((response.status, response.body), (304, b""))
                        self.assertEqual(self.headers(response), {
                            **COMMON_HEADERS, "Content-Type": expected.CONTENT_TYPES[form],
                            "Cache-Control": CACHE, "ETag": tag,
                        })

    def test_200_when_the_client_has_not(self):
        whole = self.get()
        for tags in (OTHER, f"W/{OTHER}", "", "garbage", whole.header("ETag").strip('"'),
                     f"*, {OTHER}", OTHER + " " * 4096):
            with self.subTest(tags[:40]):
                response = self.get(tags=tags)
                self.assertEqual((response.status, response.body), (200, whole.body))

    def test_a_change_changes_the_tag_and_going_back_brings_it_back(self):
        for form in expected.FORMATS:
            with self.subTest(form):
                self.store.write_record(self.alice, type="available", show="dnd")
                tag = self.get(form=form).header("ETag")
                self.store.write_record(self.alice, type="available", show="away")
                changed = self.get(form=form, tags=tag)
                self.assertEqual(changed.status, 200)
                self.assertNotEqual(changed.header("ETag"), tag)
                self.store.write_record(self.alice, type="available", show="dnd")
                self.assertEqual(self.get(form=form, tags=tag).status, 304)

    def test_kept_connection_survives_304s(self):
        path = f"{LOCATION}{self.alice}?format=text"
        with http.Connection(self.system.nginx.port) as connection:
            tag = connection.request(path).header("ETag")
            for _ in range(20):
                response = connection.request(path, headers=[("If-None-Match", tag)])
                self.assertEqual(response.status, 304)
                self.assertEqual(connection.request(path).body, b"dnd\n")

    def test_nothing_withheld_shows_in_any_header(self):
        """Whatever changes in what is withheld: all bytes stay."""
        self.store.publish(DOMAIN, "yes nolast")
        for form in expected.FORMATS:
            answers = set()
            for fields in ({}, {"last": "1600000000"}, {"last": str(int(time.time()))},
                           {"status": "a"}, {"status": "b" * 1000, "lang": "de"}):
                self.store.write_record(self.alice, type="available", show="dnd", **fields)
                response = self.get(form=form)
                head = re.sub(rb"Date: [^\r]*\r\n", b"", response.head)
                answers.add((head, response.body))
            with self.subTest(form):
                self.assertEqual(len(answers), 1, answers)

    def test_errors_have_no_tag_and_know_no_304(self):
        for jid, status, cache in (
            (self.jid("nobody"), 404, CACHE), ("alice@no-bot.example", 503, "no-store"),
            ("malformed", 400, "no-store"),
        ):
            for form in expected.FORMATS:
                for tags in (None, "*", OTHER):
                    with self.subTest(jid, form=form, tags=tags):
                        response = self.get(jid, form=form, tags=tags)
                        self.assertEqual(response.status, status)
                        self.assertIsNone(response.header("ETag"))
                        self.assertEqual(response.header("Cache-Control"), cache)
                        self.assertEqual(response.values("Retry-After"),
                                         ["10"] if status == 503 else [])

    def test_all_headers_of_each_status_in_each_format(self):
        for form in expected.FORMATS:
            common = {**COMMON_HEADERS, "Content-Type": expected.CONTENT_TYPES[form]}
            tag = self.get(form=form).header("ETag")
            for jid, method, status, own in (
                (self.alice, "GET", 200, {"Cache-Control": CACHE, "ETag": tag}),
                (self.jid("nobody"), "GET", 404, {"Cache-Control": CACHE}),
                ("malformed", "GET", 400, {"Cache-Control": "no-store"}),
                ("alice@no-bot.example", "GET", 503,
                 {"Cache-Control": "no-store", "Retry-After": "10"}),
                (self.alice, "POST", 405,
                 {"Cache-Control": "no-store", "Allow": expected.METHODS}),
            ):
                with self.subTest(form=form, status=status):
                    response = self.get(jid, form=form, method=method)
                    self.assertEqual(response.status, status)
                    length = {"Content-Length": str(len(response.body))}
                    self.assertEqual(self.headers(response), {**common, **length, **own})

    def test_head_equals_get_in_each_format(self):
        for form in expected.FORMATS:
            for jid in (self.alice, self.jid("nobody"), "alice@no-bot.example", "malformed"):
                for tags in (None, "*"):
                    with self.subTest(jid, form=form, tags=tags):
                        get = self.get(jid, form=form, tags=tags)
                        head = self.get(jid, form=form, tags=tags, method="HEAD")
                        self.assertEqual(head.status, get.status)
                        self.assertEqual(self.headers(head), self.headers(get))

    def test_preflight(self):
        """What a browser asks before it sends If-None-Match from another origin."""
        headers = [
            ("Origin", "https://page.example"), ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "if-none-match"),
        ]
        for jid in (self.alice, self.jid("nobody"), "malformed", ""):
            with self.subTest(jid):
                response = self.system.get(jid, method="OPTIONS", headers=headers)
                self.assertEqual((response.status, response.body), (204, b""))
                self.assertEqual(self.headers(response), {
                    **COMMON_HEADERS, "Content-Type": expected.CONTENT_TYPE,
                    "Access-Control-Allow-Methods": expected.METHODS,
                    "Access-Control-Allow-Headers": "If-None-Match, Last-Event-ID",
                    "Access-Control-Max-Age": "86400",
                })


if __name__ == "__main__":
    unittest.main()
