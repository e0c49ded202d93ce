"""From a user's client to a stranger's browser: presence that changes before one's eyes."""

import json
import signal
import subprocess
import unittest

from devtools import Browser
from sandbox.deadline import wait_until
from sandbox.ports import LOOPBACK
from sandbox.system import DOMAIN, PAGE
from strict_site import StrictSite
from system_test import CHANGE_S, SystemTest

SHOWN_S = 5.0
# For a stream that has been ended to be there again, as `retry:` spreads the reconnects.
AGAIN_S = 15.0
RUN_S = 20
STATES = (
    (None, "online"), ("chat", "chat"), ("away", "away"), ("xa", "xa"), ("dnd", "dnd"),
)
ADDRESSES = "performance.getEntriesByType('resource').map(entry => entry.name)"


class LiveTest(SystemTest):
    """The whole of it, with the whole site."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx(site=True)
        system.start_server()
        system.start_bot()
        system.bot.wait_synced()
        system.store.publish(DOMAIN)
        cls.service = f"http://{LOOPBACK}:{system.nginx.port}"
        cls.browser = cls.enterClassContext(Browser())

    def ctl(self, verb, user):
        subprocess.run(
            [self.system.programs.ctl, "-c", self.system.configuration.path, verb, self.jid(user)],
            check=True, capture_output=True, timeout=RUN_S,
        )

    def login(self, user):
        """Logs in and is online; returns the session."""
        client = self.system.login(user)
        client.presence()
        # Not by asking the site, which limits how often one may.
        wait_until(lambda: user in self.system.store.online(DOMAIN), f"{user} online", SHOWN_S)
        return client

    def open(self, address):
        page = self.enterContext(self.browser.open())
        page.go(address)
        page.evaluate("window.isStillTheSame = true")
        return page

    def wait_state(self, page, user, state, within=CHANGE_S):
        selector = f"[data-xmpp-status='{self.jid(user)}'].xmpp-status-{state}"
        page.wait_for(f"document.querySelector({json.dumps(selector)})", f"{user} {state}", within)

    def asked(self, page, form):
        return sum(f"format={form}" in address for address in page.evaluate(ADDRESSES))

    def assert_one_stream(self, page):
        """Nothing was loaded anew, and nobody polled."""
        self.assertTrue(page.evaluate("window.isStillTheSame"))
        self.assertEqual(self.asked(page, "json"), 1)
        self.assertEqual(page.problems, [])


class Page(LiveTest):
    def test_change_and_block_show_within_a_second(self):
        client = self.login("romeo")
        page = self.open(f"{self.service}{PAGE}#{self.jid('romeo')}")
        self.wait_state(page, "romeo", "online", SHOWN_S)
        for show, state in STATES:
            client.presence(show=show)
            self.wait_state(page, "romeo", state)
        self.check_badges(page, "do not disturb")
        client.unavailable()
        self.wait_state(page, "romeo", "offline")
        client.presence(show="chat")
        self.wait_state(page, "romeo", "chat")
        self.assert_one_stream(page)
        self.ctl("block", "romeo")
        self.wait_state(page, "romeo", "unknown")
        self.check_badges(page, "unknown")
        self.ctl("publish", "romeo")
        self.wait_state(page, "romeo", "chat")
        self.assertTrue(page.evaluate("window.isStillTheSame"))

    def check_badges(self, page, word):
        """Both badges on the page have been loaded since."""
        page.wait_for(f"""(async () => {{
          const badges = [...document.querySelectorAll("#styles img")];
          const texts = await Promise.all(badges.map(async badge =>
            (await fetch(badge.src)).text()));
          return badges.length == 2 && texts.every(text => text.includes({json.dumps(word)}));
        }})()""", f"badges that say {word}", CHANGE_S)


class Widget(LiveTest):
    def open_widget(self, *users):
        body = "".join(f'<p><a data-xmpp-status="{self.jid(user)}">{user}</a></p>' for user in users)
        body += f'<script src="{self.service}/xmpp/status.js"></script>'
        return self.open(self.enterContext(StrictSite(self.service, body)).address)

    def test_change_and_block_show_within_a_second_for_many_on_one_stream(self):
        clients = {user: self.login(user) for user in ("alice", "bob")}
        page = self.open_widget("alice", "bob", "nobody")
        for user in clients:
            self.wait_state(page, user, "online", SHOWN_S)
        for show, state in STATES:
            for user, client in clients.items():
                client.presence(show=show)
                self.wait_state(page, user, state)
        self.ctl("block", "alice")
        self.wait_state(page, "alice", "unknown")
        clients["alice"].presence(show="chat")
        clients["bob"].presence(show="xa")
        self.wait_state(page, "bob", "xa")
        self.wait_state(page, "alice", "unknown")
        self.wait_state(page, "nobody", "unknown")
        self.ctl("publish", "alice")
        self.wait_state(page, "alice", "chat")
        self.assertEqual(self.asked(page, "json"), 1)
        self.assertTrue(page.evaluate("window.isStillTheSame"))

    def test_true_state_is_back_after_the_responder_and_nginx(self):
        client = self.login("carol")
        page = self.open_widget("carol")
        self.wait_state(page, "carol", "online", SHOWN_S)
        self.system.responder.stop()
        client.presence(show="dnd")
        self.system.responder.start()
        self.wait_state(page, "carol", "dnd", AGAIN_S)
        self.system.nginx.process.send(signal.SIGHUP)
        client.presence(show="chat")
        self.wait_state(page, "carol", "chat", AGAIN_S)
        self.system.nginx.stop()
        client.presence(show="away")
        self.wait_state(page, "carol", "unknown", 2 * AGAIN_S)
        self.system.nginx.start()
        self.wait_state(page, "carol", "away", 4 * AGAIN_S)
        self.assertTrue(page.evaluate("window.isStillTheSame"))


if __name__ == "__main__":
    unittest.main()
