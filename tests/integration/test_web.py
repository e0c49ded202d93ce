"""The page /xmpp/ and the widget as files: what nginx makes of them, and what is in them."""

import os
import re
import unittest
from html.parser import HTMLParser

from sandbox import http
from sandbox.nginx import WEB
from system_test import SystemTest

WIDGET_MAX = 4096
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {
    "en.html": "text/html; charset=utf-8", "de.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml; charset=utf-8", "status.js": "text/javascript; charset=utf-8",
}
# Attributes whose values are words, or name the language.
WORDS = {
    "lang", "aria-label", "aria-current", "data-copy", "data-copied", "data-idle", "data-gone",
    "data-malformed", "data-unpublished", "data-unavailable",
}


def read(name):
    with open(os.path.join(WEB, name), encoding="utf-8") as file:
        return file.read()


class Tags(HTMLParser):
    """All tags of a page, without its words."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {
            name: None if name in WORDS else value for name, value in attrs
            if name != "aria-current"
        }))


class Files(unittest.TestCase):
    def test_widget_is_small_and_plain(self):
        text = read("status.js")
        self.assertLess(len(text.encode()), WIDGET_MAX)
        # A page may have any encoding.
        self.assertTrue(text.isascii())
        self.assertNotRegex(text, r"\beval\b|\bFunction\b|innerHTML|document\.write|\.style\b")

    def test_pages_have_nothing_inline_and_nothing_from_elsewhere(self):
        for name in ("en.html", "de.html"):
            for tag, attributes in Tags(read(name)).tags:
                self.assertNotEqual(tag, "style")
                self.assertEqual(tag == "script", "src" in attributes and tag != "img")
                for attribute, value in attributes.items():
                    self.assertFalse(attribute == "style" or attribute.startswith("on"), attribute)
                    if attribute in ("src", "href", "action"):
                        self.assertRegex(value, r"\A\w[\w.]*\Z")

    def test_both_languages_are_the_same_page(self):
        english, german = (Tags(read(name)).tags for name in ("en.html", "de.html"))
        self.assertEqual(english, german)
        self.assertGreater(len(english), 50)

    def test_words_of_the_widget_are_those_of_the_badge(self):
        with open(os.path.join(WEB, "..", "lib", "badge.c"), encoding="utf-8") as file:
            badge = re.findall(r'\[XS_STATE_\w+\] = \{"([^"]+)"', file.read())
        (words,) = re.findall(r"en: \[(.*?)\]", read("status.js"))
        self.assertEqual(sorted(words.replace('"', "").split(", ")), sorted(badge))


class Served(SystemTest):
    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx(site=True)

    def get(self, path, **headers):
        pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return http.request(self.system.nginx.port, path, headers=pairs)

    def test_files_have_their_types_and_headers(self):
        for name, kind in TYPES.items():
            with self.subTest(name):
                response = self.get(f"/xmpp/{name}")
                self.assertEqual((response.status, response.body.decode()), (200, read(name)))
                self.assertEqual(response.header("Content-Type"), kind)
                self.assertEqual(response.header("X-Content-Type-Options"), "nosniff")
                if name != "status.js":
                    self.assertEqual(response.header("Content-Security-Policy"), POLICY)
                    self.assertEqual(response.header("Cache-Control"), "no-cache")
                again = self.get(f"/xmpp/{name}", If_None_Match=response.header("ETag"))
                self.assertEqual(again.status, 304)
        self.assertEqual({*TYPES, "CMakeLists.txt"}, set(os.listdir(WEB)))

    def test_widget_is_for_pages_of_others(self):
        response = self.get("/xmpp/status.js")
        self.assertEqual(response.header("Access-Control-Allow-Origin"), "*")
        self.assertEqual(response.header("Cross-Origin-Resource-Policy"), "cross-origin")
        self.assertEqual(response.header("Cache-Control"), "public, max-age=3600")

    def test_page_is_in_the_language_named_first(self):
        for accepted, language in (
            ("de", "de"), ("en", "en"), ("de-DE,de;q=0.9,en;q=0.8", "de"),
            ("en-GB,en;q=0.9,de;q=0.8", "en"), ("fr, de;q=0.5, en;q=0.2", "de"), ("fr", "en"),
            ("DE-at", "de"), ("den", "en"), ("ende,de", "de"), ("*", "en"), ("", "en"),
            (" en , de", "en"), ("x" * 4000 + ",de", "de"),
        ):
            with self.subTest(accepted[:40]):
                response = self.get("/xmpp/", Accept_Language=accepted)
                self.assertEqual(response.status, 200)
                self.assertIn(f'<html lang="{language}">', response.body.decode())
                self.assertEqual(response.header("Vary"), "Accept-Language")
                self.assertEqual(response.header("Content-Security-Policy"), POLICY)
        self.assertIn('<html lang="en">', self.get("/xmpp/").body.decode())

    def test_short_address_leads_to_the_page(self):
        response = self.get("/xmpp")
        self.assertEqual((response.status, response.header("Location")), (301, "/xmpp/"))

    def test_what_is_not_there_is_404(self):
        for path in ("x", "status.html", "..%2fweb.conf", "CMakeLists.txt/", "en.html/"):
            self.assertEqual(self.get(f"/xmpp/{path}").status, 404, path)

    def test_presence_is_answered_as_before(self):
        self.assertEqual(self.get("/xmpp/status/page.js?format=text").body, b"unknown\n")


if __name__ == "__main__":
    unittest.main()
