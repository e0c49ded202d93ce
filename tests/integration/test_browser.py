"""A real browser on a page of another origin: polls JSON, shows badges."""

import json
import time
import unittest
from urllib.parse import quote

from browser import Site, visit
from recorder import Recorder
from sandbox.ports import LOOPBACK
from sandbox.system import DOMAIN, LOCATION
from system_test import SystemTest

COLOURS = {
    "online": ({}, "#1a7f37"),
    "chat": ({"show": "chat"}, "#0a7a75"),
    "away": ({"show": "away"}, "#946200"),
    "xa": ({"show": "xa"}, "#b54a00"),
    "dnd": ({"show": "dnd"}, "#cf222e"),
    "offline": ({"type": "unavailable"}, "#57606a"),
}
UNKNOWN = "#6a737d"
LABEL_BOX = "#2f353d"
LABELS = (
    "Ask us", "WWWW iiii", "\u30b5\u30dd\u30fc\u30c8\u7a93\u53e3", "\ud55c\uad6d\uc5b4",
    "\u05e9\u05dc\u05d5\u05dd@\u05d3\u05d5\u05d2\u05de\u05d4", "\u0645\u0631\u062d\u0628\u0627",
    "\u0928\u092e\u0938\u094d\u0924\u0947", "e\u0301\u0323o\u0308", "\U0001F469\u200D\U0001F467 x",
    "\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", "x" * 200, "</text><script>",
)
# What a font's rounding may add, in pixels; far less than the space around a text.
SLACK_PX = 2.0


class Browser(SystemTest):
    """Records and leases are written by the test; no bot runs."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx()

    def setUp(self):
        self.store = self.system.store
        self.store.publish(DOMAIN)
        self.store.write_lease(DOMAIN, time.time() + 55, ttl_s=60)
        self.alice = self.jid("alice")
        self.store.write_record(self.alice, type="available", show="dnd")

    def url(self, port, jid, query=""):
        return f"http://{LOOPBACK}:{port}{LOCATION}{jid}{query}"

    def test_page_polls_json_and_gets_304s(self):
        def change():
            self.store.write_record(self.alice, type="available", show="away")

        with Recorder(self.system.nginx.port) as recorder, Site(change) as site:
            url = self.url(recorder.port, self.alice, "?format=json")
            result = json.loads(visit(site.address("poll.html", url=url)))
        self.assertNotIn("error", result)
        dnd = {"jid": self.alice, "state": "dnd"}
        first = result["first"]
        self.assertEqual((first["status"], first["answer"]), (200, dnd))
        self.assertRegex(first["tag"], '^"[0-9a-f]{32}"$')
        self.assertEqual(result["unchanged"],
                         {"status": 304, "tag": first["tag"], "answer": None})
        self.assertEqual(result["cached"], [first] * 3)
        for name in ("changed", "fresh"):
            self.assertEqual(result[name]["status"], 200)
            self.assertEqual(result[name]["answer"], {**dnd, "state": "away"})
            self.assertNotEqual(result[name]["tag"], first["tag"])
        # On the wire: preflights as the browser likes; the page's 304, and two of its own.
        preflights = sum(line.startswith(b"OPTIONS ") for line in recorder.requests)
        self.assertGreater(preflights, 0)
        self.assertEqual(recorder.statuses.count(204), preflights)
        self.assertEqual([status for status in recorder.statuses if status != 204],
                         [200, 304, 200, 304, 304, 200, 200])

    def look(self, urls):
        """Returns what the browser sees of the badges at the addresses."""
        with Site() as site:
            result = json.loads(visit(site.address("badges.html", url=urls)))
        self.assertIsInstance(result, list, result)
        self.assertEqual(len(result), len(urls))
        for badge in result:
            self.assertEqual(badge["height"], 20)
            self.assertGreater(badge["inked"], 20)
            # Every text has just the width it was given, whatever the font; none leaves the badge.
            end = 0
            for text in badge["texts"]:
                self.assertAlmostEqual(text["width"], text["wanted"], delta=SLACK_PX)
                self.assertGreaterEqual(text["x"], end)
                end = text["x"] + text["width"] - SLACK_PX
            self.assertLess(end, badge["width"])
        return result

    def test_img_gets_a_badge_of_each_state(self):
        """Also without `format`: what the browser's <img> accepts is enough."""
        colours = []
        for word, (fields, colour) in COLOURS.items():
            self.store.write_record(self.jid(word), **{"type": "available", **fields})
            colours.append(colour)
        port = self.system.nginx.port
        urls = [self.url(port, self.jid(word)) for word in COLOURS]
        result = self.look([*urls, *(f"{url}?style=dot" for url in urls)])
        flat, dot = result[:len(urls)], result[len(urls):]
        self.assertEqual([badge["right"] for badge in flat], colours)
        self.assertEqual({badge["left"] for badge in flat}, {LABEL_BOX})
        self.assertEqual({badge["right"] for badge in dot}, {"#ffffff"})

    def test_badges_of_any_script_fit(self):
        port = self.system.nginx.port
        urls = [
            self.url(port, self.alice, f"?style={style}&label={quote(label)}")
            for label in LABELS for style in ("flat", "dot")
        ]
        result = self.look(urls)
        self.assertEqual({badge["right"] for badge in result[::2]}, {COLOURS["dnd"][1]})
        self.assertTrue(all(badge["width"] < 400 for badge in result))

    def test_address_opened_as_a_page_is_xml(self):
        with Recorder(self.system.nginx.port) as recorder:
            with self.assertRaises(AssertionError) as caught:
                visit(self.url(recorder.port, self.alice))
        self.assertEqual(recorder.statuses[0], 200)
        self.assertIn('xmlns="jabber:client"', str(caught.exception))


if __name__ == "__main__":
    unittest.main()
