"""The widget in a real browser, on a page of another origin under a strict policy."""

import json
import os
import time
import unittest

from devtools import Browser
from recorder import Recorder
from sandbox import ports
from sandbox.deadline import wait_until
from sandbox.nginx import Nginx
from sandbox.ports import LOOPBACK
from sandbox.system import DOMAIN
from strict_site import StrictSite
from system_test import CHANGE_S, SystemTest

SHOWN_S = 5.0
# Between two questions, at most; and after a first failure. So long may also a stream be silent.
POLL_S = 6.25
RETRY_S = 12.5
# A proxy that keeps what it gets until it is much, as some do.
BUFFERING_PROXY = """
  server {{
    listen {address}:{port};
    location / {{
      proxy_pass http://{address}:{site_port};
      proxy_buffering on;
    }}
  }}
"""
LOOK = """
(element => ({
  classes: element.className, text: element.textContent.replace(/\\s+/g, " ").trim(),
  label: element.getAttribute("aria-label"),
}))(document.getElementById({id}))
"""
HIDE = """
Object.defineProperty(document, "hidden", {configurable: true, value: %s});
document.dispatchEvent(new Event("visibilitychange"));
"""


class WidgetTest(SystemTest):
    """Records and leases are written by the test; no bot runs."""

    FCGI_KEYS = {}

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.configuration.fcgi_keys.update(cls.FCGI_KEYS)
        system.configuration.write()
        system.start_responder()
        system.start_nginx()
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.store = self.system.store
        self.store.publish(DOMAIN)
        self.store.write_lease(DOMAIN, time.time() + 55, ttl_s=60)
        self.alice = self.jid("alice")
        self.store.publish(self.alice)
        self.store.write_record(self.alice, type="available", show="away")

    def open(self, body, attributes="", port=None):
        """Opens a page with the widget, loaded from the port, or nginx's own."""
        service = f"http://{LOOPBACK}:{port or self.system.nginx.port}"
        script = f'<script src="{service}/xmpp/status.js" {attributes}></script>'
        site = self.enterContext(StrictSite(service, body + script))
        page = self.enterContext(self.browser.open())
        page.go(site.address)
        return page

    def element(self, jid=None, attributes='id="e"', text="Write to us"):
        return f'<a data-xmpp-status="{jid or self.alice}" {attributes}>{text}</a>\n'

    def wait_state(self, page, state, within=SHOWN_S, name="e"):
        page.wait_for(
            f"document.getElementById('{name}').classList.contains('xmpp-status-{state}')",
            f"{name} is {state}", within,
        )

    def look(self, page, name="e"):
        return page.evaluate(LOOK.replace("{id}", json.dumps(name)))


class Elements(WidgetTest):
    def test_every_state_in_class_text_and_label(self):
        for fields, state, english in (
            ({}, "online", "online"), ({"show": "chat"}, "chat", "free to chat"),
            ({"show": "away"}, "away", "away"), ({"show": "xa"}, "xa", "extended away"),
            ({"show": "dnd"}, "dnd", "do not disturb"),
            ({"type": "unavailable"}, "offline", "offline"),
        ):
            with self.subTest(state):
                self.store.write_record(self.alice, **{"type": "available", **fields})
                page = self.open(self.element(attributes='id="e" class="mine"'))
                self.wait_state(page, state)
                self.assertEqual(self.look(page), {
                    "classes": f"mine xmpp-status-{state}", "text": f"Write to us {english}",
                    "label": f"Write to us: {english}",
                })
                self.assertEqual(page.faults(), [])

    def test_label_and_text_are_where_the_page_wants_them(self):
        page = self.open(
            self.element(attributes='id="empty"', text="")
            + self.element(attributes='id="named" aria-label="Help"', text="?")
            + self.element(attributes='id="placed"',
                           text='[<span class="xmpp-status-text">…</span>] here')
        )
        self.wait_state(page, "away", name="placed")
        self.assertEqual(self.look(page, "empty")["label"], f"{self.alice}: away")
        self.assertEqual(self.look(page, "empty")["text"], "away")
        self.assertEqual(self.look(page, "named")["label"], "Help: away")
        self.assertEqual(self.look(page, "placed")["text"], "[away] here")

    def test_words_are_those_of_the_language_or_of_attributes(self):
        page = self.open(
            self.element(attributes='id="german" lang="de-AT"')
            + f'<p lang="de">{self.element(attributes="id=inherited")}</p>'
            + self.element(attributes='id="own" lang="de" data-xmpp-away="absent"')
            + self.element(attributes='id="other" lang="fr"')
        )
        self.wait_state(page, "away", name="other")
        for name, word in (("german", "abwesend"), ("inherited", "abwesend"), ("own", "absent"),
                           ("other", "away")):
            self.assertEqual(self.look(page, name)["label"], f"Write to us: {word}")
        page = self.open(self.element(), 'data-xmpp-away="pois"')
        self.wait_state(page, "away")
        self.assertEqual(self.look(page)["text"], "Write to us pois")

    def test_elements_that_come_later_are_found_when_told(self):
        page = self.open("<p>Nobody yet</p>")
        page.evaluate(f"""
          document.querySelector("p").id = "e";
          document.querySelector("p").dataset.xmppStatus = {json.dumps(self.alice)};
          document.dispatchEvent(new Event("xmpp-status-scan"));
        """)
        self.wait_state(page, "away")

    def test_jid_in_any_spelling(self):
        page = self.open(self.element(f"ALICE@{DOMAIN.upper()}/phone"))
        self.wait_state(page, "away")


    def test_many_are_asked_about_at_once_each_in_its_spelling(self):
        self.store.write_record(self.jid("bob"), type="available", show="dnd")
        with Recorder(self.system.nginx.port) as recorder:
            page = self.open(
                self.element("malformed", 'id="malformed"')
                + self.element(f"BOB@{DOMAIN.upper()}/phone", 'id="bob"')
                + self.element(self.jid("nobody"), 'id="nobody"')
                + self.element(attributes='id="alice"') + self.element(attributes='id="again"')
                + self.element(self.jid("bob"), 'id="spelled"'),
                port=recorder.port,
            )
            for name, state in (("bob", "dnd"), ("alice", "away"), ("again", "away"),
                                ("spelled", "dnd"), ("nobody", "unknown"), ("malformed", "unknown")):
                self.wait_state(page, state, name=name)
            asked = [line for line in recorder.requests if b"format=json" in line]
            self.assertEqual(len(asked), 1)
            self.assertEqual(asked[0].count(b"jid="), 5)
            page.go("about:blank")

    def test_hundred_are_asked_about_and_more_stay_unknown(self):
        for number in range(102):
            self.store.write_record(self.jid(f"u{number}"), type="available")
        page = self.open("".join(
            self.element(self.jid(f"u{number}"), f'id="u{number}"') for number in range(102)
        ))
        for name, state in (("u0", "online"), ("u99", "online"), ("u100", "unknown")):
            self.wait_state(page, state, name=name)


class Errors(WidgetTest):
    def test_who_is_not_published_is_unknown(self):
        page = self.open(self.element(self.jid("nobody")))
        page.wait_for("performance.getEntriesByType('resource').length > 1", "an answer", SHOWN_S)
        self.assertEqual(self.look(page), {
            "classes": "xmpp-status-unknown", "text": "Write to us unknown",
            "label": "Write to us: unknown",
        })

    def test_lapsed_lease_is_unknown(self):
        page = self.open(self.element())
        self.wait_state(page, "away")
        self.store.command("DEL", f"xmpp:bot:{{{DOMAIN}}}")
        self.wait_state(page, "unknown", POLL_S)

    def test_service_that_is_gone_is_unknown_and_found_when_it_is_back(self):
        page = self.open(self.element())
        self.wait_state(page, "away")
        self.system.nginx.stop()
        try:
            self.wait_state(page, "unknown", POLL_S + RETRY_S)
        finally:
            self.system.nginx.start()
        self.wait_state(page, "away", 2 * RETRY_S + POLL_S)


class Streams(WidgetTest):
    def test_hidden_page_hears_nothing_and_hears_again_when_seen(self):
        hidden, seen = self.open(self.element()), self.open(self.element())
        for page in hidden, seen:
            self.wait_state(page, "away")
        hidden.evaluate(HIDE % "true")
        self.store.write_record(self.alice, type="available", show="xa")
        self.wait_state(seen, "xa", CHANGE_S)
        self.assertEqual(self.look(hidden)["text"], "Write to us away")
        hidden.evaluate(HIDE % "false")
        self.wait_state(hidden, "xa", CHANGE_S)

    def test_stream_that_a_proxy_keeps_to_itself_is_given_up(self):
        port = ports.pick()
        directory = self.system.path("proxy")
        os.mkdir(directory)
        proxy = Nginx(directory, self.system.path("fcgi.sock"), extra=BUFFERING_PROXY.format(
            address=LOOPBACK, port=port, site_port=self.system.nginx.port
        ))
        proxy.start()
        self.addCleanup(proxy.stop)
        page = self.open(self.element(), port=port)
        self.wait_state(page, "away")
        self.store.write_record(self.alice, type="available", show="dnd")
        self.wait_state(page, "dnd", RETRY_S + POLL_S)
        self.store.publish(self.alice, "no")
        self.wait_state(page, "unknown", POLL_S)


class Polling(WidgetTest):
    """Where there are no streams, or no more."""

    FCGI_KEYS = {"streams": 0}

    def test_change_and_block_show_and_what_is_unchanged_is_304(self):
        with Recorder(self.system.nginx.port) as recorder:
            page = self.open(self.element(), port=recorder.port)
            self.wait_state(page, "away")
            wait_until(lambda: 304 in recorder.statuses, "a 304", 2 * POLL_S)
            self.store.write_record(self.alice, type="available", show="dnd")
            self.wait_state(page, "dnd", POLL_S)
            self.store.publish(self.alice, "no")
            self.wait_state(page, "unknown", POLL_S)
            page.go("about:blank")
        self.assertFalse(any(line.startswith(b"OPTIONS") for line in recorder.requests))

    def test_hidden_page_asks_nothing_and_asks_at_once_when_seen(self):
        with Recorder(self.system.nginx.port) as recorder:
            page = self.open(self.element(), port=recorder.port)
            self.wait_state(page, "away")
            wait_until(lambda: any(b"format=events" in line for line in recorder.requests),
                       "the question for a stream")
            page.evaluate(HIDE % "true")
            asked = len(recorder.requests)
            # Another page, which is seen, has asked twice meanwhile.
            with Recorder(self.system.nginx.port) as other_recorder:
                other = self.open(self.element(), port=other_recorder.port)
                wait_until(lambda: 304 in other_recorder.statuses, "a 304", 2 * POLL_S)
                other.go("about:blank")
            self.assertEqual(len(recorder.requests), asked)
            self.store.write_record(self.alice, type="available", show="xa")
            page.evaluate(HIDE % "false")
            self.wait_state(page, "xa", 2)
            page.go("about:blank")


if __name__ == "__main__":
    unittest.main()
