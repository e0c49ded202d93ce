"""Every status in every format, through nginx: bytes, headers, and validity by other programs."""

import json
import subprocess
import time
import unittest
import xml.etree.ElementTree as ElementTree
from urllib.parse import quote

import expected
from sandbox.system import DOMAIN
from system_test import SystemTest

SVG = "{http://www.w3.org/2000/svg}"
# The end of the year 9999: no second elapses before it, so answers stay the same.
LAST = 253402300799
STATES = {
    "online": ({}, "online"),
    "chat": ({"show": "chat"}, "free to chat"),
    "away": ({"show": "away"}, "away"),
    "xa": ({"show": "xa"}, "extended away"),
    "dnd": ({"show": "dnd"}, "do not disturb"),
    "offline": ({"type": "unavailable"}, "offline"),
}
HOSTILE = '"><script>alert(1)</script>&amp;\u2028 ]]> \\ \U0001F600 \u05e9\u05dc\u05d5\u05dd'
CJK = "\u30b5\u30dd\u30fc\u30c8"
IMG_ACCEPTS = (
    "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "image/avif,image/webp,*/*",
    "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5",
)
PAGE_ACCEPTS = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/png,"
    "image/svg+xml,*/*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
)


def parse_badge(body):
    """Returns (width, title, [texts]) of a badge after checking what holds of all of them."""
    root = ElementTree.fromstring(body)
    tags = {element.tag for element in root.iter()}
    allowed = {SVG + name for name in ("svg", "title", "g", "path", "rect", "circle", "text")}
    assert root.tag == SVG + "svg" and tags <= allowed, tags
    assert root.get("role") == "img"
    for element in root.iter():
        for name, value in element.items():
            assert not name.startswith("on") and "href" not in name and name != "style", name
            assert "url(" not in value and "://" not in value, value
    width = int(root.get("width"))
    for text in root.iter(SVG + "text"):
        assert int(text.get("x")) + int(text.get("textLength")) < width, body
    return width, root.find(SVG + "title").text, [text.text for text in root.iter(SVG + "text")]


class Formats(SystemTest):
    """Records and leases are written by the test; no bot runs."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx()

    def setUp(self):
        self.store = self.system.store
        self.store.publish(DOMAIN)
        self.store.write_lease(DOMAIN, time.time() + 30)
        self.store.publish("no-bot.example")
        self.alice = self.jid("alice")
        self.store.write_record(self.alice, type="available", show="dnd")

    def get(self, jid, form=None, **options):
        query = options.pop("query", "" if form is None else f"?format={form}")
        return self.system.get(quote(jid, safe="@"), query=query, **options)

    def write(self, **fields):
        self.store.write_record(self.alice, **{"type": "available", **fields})

    def check_xml(self, body):
        """Lets xmllint judge a document."""
        done = subprocess.run(
            ["xmllint", "--nonet", "--noout", "-"], input=body, capture_output=True, check=False,
            timeout=20,
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""), body)

    def assert_answer(self, response, status, form, condition, jid):
        """Checks an error, and that it validates."""
        self.assertEqual(response.status, status)
        self.assertEqual(response.header("Content-Type"), expected.CONTENT_TYPES[form])
        self.assertEqual(response.header("Content-Length"), str(len(response.body)))
        self.assertTrue(response.body.endswith(b"\n"))
        if form == "svg":
            label = "XMPP" if jid is None else jid
            self.check_xml(response.body)
            _, title, texts = parse_badge(response.body)
            self.assertEqual(texts, [label, "unknown"])
            self.assertEqual(title, f"\u2068{label}\u2069: unknown")
            self.assertIn(b'fill="#6a737d"', response.body)
            return
        self.assertEqual(response.body, expected.error_in(form, jid, condition))
        if form == "xml":
            self.check_xml(response.body)
        if form == "json":
            json.loads(response.body)

    def test_each_error_in_each_format(self):
        nobody, no_bot = self.jid("nobody"), "alice@no-bot.example"
        for form in expected.FORMATS:
            for status, condition, raw, jid, query in (
                (400, "jid-malformed", "malformed", None, ""),
                (400, "bad-request", self.alice, None, "&style=round"),
                (404, "item-not-found", nobody, nobody, ""),
                (503, "remote-server-timeout", no_bot, no_bot, ""),
            ):
                with self.subTest(form=form, status=status, condition=condition):
                    response = self.get(raw, query=f"?format={form}{query}")
                    self.assert_answer(response, status, form, condition, jid)
            with self.subTest(form=form, status=405):
                response = self.get(self.alice, form, method="POST")
                self.assert_answer(response, 405, form, "not-allowed", None)

    def test_format_of_a_400_for_a_format_is_what_accept_says(self):
        for accept, form in (
            ("application/json", "json"), ("text/plain", "text"), ("image/*", "svg"),
            ("*/*", "xml"),
        ):
            for query in ("?format=yaml", "?format=json&format=json"):
                with self.subTest(accept=accept, query=query):
                    response = self.get(self.alice, query=query, headers=[("Accept", accept)])
                    self.assert_answer(response, 400, form, "bad-request", None)

    def test_each_state_in_each_format(self):
        for word, (fields, _) in STATES.items():
            self.write(last=LAST, **fields)
            with self.subTest(word):
                body = self.get(self.alice, "json").body
                self.assertEqual(
                    body, expected.json_object(jid=self.alice, state=word, last=LAST)
                )
                self.assertEqual(self.get(self.alice, "text").body, word.encode() + b"\n")
                body = self.get(self.alice, "xml").body
                self.check_xml(body)
                self.assertEqual(body, expected.presence(
                    self.alice, show=fields.get("show"), seconds=0, unavailable="type" in fields
                ))

    def test_badge_of_each_state_and_style(self):
        colours = set()
        for style in ("flat", "dot"):
            for word, (fields, words) in STATES.items():
                self.write(**fields)
                with self.subTest(word, style=style):
                    body = self.get(self.alice, query=f"?format=svg&style={style}").body
                    self.check_xml(body)
                    _, title, texts = parse_badge(body)
                    self.assertEqual(texts, [self.alice, words])
                    self.assertEqual(title, f"\u2068{self.alice}\u2069: {words}")
                    if style == "flat":
                        colours.add(body.rpartition(b"<path")[2].split(b'"')[1])
        self.assertEqual(len(colours), len(STATES))

    def test_status_text_in_each_format(self):
        self.store.publish(DOMAIN, "yes status")
        self.write(status=HOSTILE, lang="he")
        body = self.get(self.alice, "json").body
        self.assertEqual(json.loads(body), {
            "jid": self.alice, "state": "online", "status": HOSTILE, "lang": "he",
        })
        body = self.get(self.alice, "xml").body
        self.check_xml(body)
        status = ElementTree.fromstring(body).find("{jabber:client}status")
        self.assertEqual(status.text, HOSTILE)
        for form in ("text", "svg"):
            body = self.get(self.alice, form).body
            self.assertNotIn(b"alert", body)

    def test_status_and_last_are_withheld_in_each_format(self):
        self.store.publish(DOMAIN, "yes nolast")
        self.write(status="secret words", lang="tlh", last=1234567890)
        for form in expected.FORMATS:
            with self.subTest(form):
                response = self.get(self.alice, form)
                self.assertEqual(response.status, 200)
                everything = response.head + response.body
                for word in (b"secret", b"tlh", b"1234567890", b"last", b"seconds"):
                    self.assertNotIn(word, everything.replace(b"Last-Modified", b""))

    def test_no_format_names_resource_or_priority(self):
        self.store.publish(DOMAIN, "yes status")
        key = "xmpp:presence:{%s}:alice" % DOMAIN
        self.store.command("HSET", key, "resource", "phone-7f", "priority", "42")
        for form in expected.FORMATS:
            with self.subTest(form):
                response = self.system.get(f"alice@{DOMAIN}/phone-7f", query=f"?format={form}")
                self.assertEqual(response.status, 200)
                for word in (b"phone", b"priority", b"42"):
                    tag = (response.header("ETag") or "").encode()
                    self.assertNotIn(word, (response.head + response.body).replace(tag, b""))

    def test_accept_chooses(self):
        for accept, form in (
            (None, "xml"), ("", "xml"), ("*/*", "xml"), ("application/json", "json"),
            ("text/plain;q=0.9, application/json;q=0.8", "text"), ("text/xml", "xml"),
            ("application/pdf", "xml"), ("image/svg+xml", "svg"),
            ("application/json, " + "x/y, " * 500, "xml"),  # too long, so taken for absent
            *((accept, "svg") for accept in IMG_ACCEPTS),
            *((accept, "xml") for accept in PAGE_ACCEPTS),
        ):
            with self.subTest(accept):
                headers = [] if accept is None else [("Accept", accept)]
                response = self.get(self.alice, headers=headers)
                self.assertEqual(response.status, 200)
                self.assertEqual(response.header("Content-Type"), expected.CONTENT_TYPES[form])

    def test_query_overrules_accept(self):
        for form in expected.FORMATS:
            for accept in ("application/json", "image/*", "text/plain", "application/xml"):
                response = self.get(self.alice, form, headers=[("Accept", accept)])
                self.assertEqual(response.header("Content-Type"), expected.CONTENT_TYPES[form])

    def test_labels(self):
        long_label = "W" * 256
        for raw, label, title in (
            ("Ask+us%21", "Ask us!", "Ask us!"),
            ("%3C%2Ftext%3E%3Cscript%3E", "</text><script>", "</text><script>"),
            ("%2526amp%3B", "%26amp;", "%26amp;"),
            (quote(CJK), CJK, CJK),
            ("a%00b%E2%80%AEc", "abc", "abc"),
            (long_label, "W" * 10 + "\u2026" + "W" * 11, long_label),
        ):
            with self.subTest(raw[:30]):
                body = self.get(self.alice, query=f"?format=svg&label={raw}").body
                self.check_xml(body)
                width, found, texts = parse_badge(body)
                self.assertEqual(texts, [label, "do not disturb"])
                self.assertEqual(found, f"\u2068{title}\u2069: do not disturb")
                self.assertLess(width, 400)

    def test_empty_label_leaves_the_state(self):
        _, title, texts = parse_badge(self.get(self.alice, query="?format=svg&label=").body)
        self.assertEqual((title, texts), ("do not disturb", ["do not disturb"]))

    def test_bad_options_are_400(self):
        for query in (
            "style=", "style=Flat", "style=dot&style=dot", "label=%FF", "label=%C0%AF",
            "label=%ED%A0%80", "label=%2", "label=a&label=b", "label=" + "x" * 257,
            "&".join(["x"] * 129), "any=0", "any&any=1", "&".join(["jid=a@b"] * 101),
        ):
            for form in ("svg", "json"):
                with self.subTest(query[:40], form=form):
                    response = self.get(self.alice, query=f"?format={form}&{query}")
                    self.assertEqual(response.status, 400)

    def test_longest_jid_in_each_format(self):
        domain = ".".join(["d" * 63] * 3 + ["e" * 61])
        jid = "\u00e9" * 511 + "@" + domain
        self.store.publish(domain)
        self.store.write_lease(domain, time.time() + 30)
        self.store.write_record(jid, type="available")
        for form in expected.FORMATS:
            with self.subTest(form):
                response = self.get(jid, form)
                self.assertEqual(response.status, 200, response.body)
                if form == "svg":
                    self.assertLess(parse_badge(response.body)[0], 400)


if __name__ == "__main__":
    unittest.main()
