"""The page /xmpp/ in a real browser, worked with keys: what it shows, what it lets one copy."""

import json
import shlex
import subprocess
import time
import unittest
from html.parser import HTMLParser

from devtools import INSECURE_HOST, Browser
from sandbox.ports import LOOPBACK
from sandbox.system import DOMAIN, PAGE
from strict_site import StrictSite
from system_test import SystemTest

SHOWN_S = 5.0
RUN_S = 20
PHONE_PX = 320
# WCAG 2.1, section 1.4.3.
CONTRAST_MIN = 4.5
# What the smallest thing to be hit has to measure: WCAG 2.2, section 2.5.8.
TARGET_MIN_PX = 24
HOSTILE = "\"><script>alert('1')</script>&`$(id)*@x"
TEXT = "document.querySelector({0}).textContent"
# Contrast of every text that is seen with what is behind it.
CONTRASTS = """
(() => {
  const parse = colour => colour.match(/[0-9.]+/g).map(Number);
  const luminance = colour => {
    const [r, g, b] = parse(colour).map(
      part => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    const colour = getComputedStyle(element).backgroundColor;
    return parse(colour)[3] === 0 ? behind(element.parentElement) : colour;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility())
      continue;
    const [low, high] = [getComputedStyle(element).color, behind(element)]
      .map(luminance).sort((a, b) => a - b);
    found.push([walker.currentNode.data.trim(), (high + 0.05) / (low + 0.05)]);
  }
  return found;
})()
"""


class Attributes(HTMLParser):
    """The attributes of the tags in a piece of HTML, by tag."""

    def __init__(self, text):
        super().__init__()
        self.found = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        assert tag not in self.found, tag
        self.found[tag] = dict(attrs)


class PageTest(SystemTest):
    """Records and leases are written by the test; no bot runs."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx()
        cls.service = f"http://{LOOPBACK}:{system.nginx.port}"
        cls.address = cls.service + PAGE
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.store = self.system.store
        self.store.publish(DOMAIN)
        self.store.write_lease(DOMAIN, time.time() + 55, ttl_s=60)
        self.alice = self.jid("alice")
        self.store.write_record(self.alice, type="available", show="dnd")

    def open(self, jid=None, **options):
        page = self.enterContext(self.browser.open(**options))
        page.go(self.address if jid is None else f"{self.address}#{jid}")
        return page

    def wait_shown(self, page, text):
        page.wait_for(f"{TEXT.format('`#presence`')} == {json.dumps(text)}", text, SHOWN_S)

    def snippet(self, page, name):
        return page.evaluate(TEXT.format(f"'#{name}'"))


class Shown(PageTest):
    def test_jid_is_typed_and_shown_by_keyboard_alone(self):
        page = self.open()
        self.assertTrue(page.evaluate("document.querySelector('#answer').hidden"))
        for _ in range(3):
            page.press("Tab")
        self.assertEqual(page.evaluate("document.activeElement.id"), "jid")
        page.type(f" xmpp:{self.alice}")
        page.press("Enter")
        self.wait_shown(page, f"{self.alice} do not disturb")
        self.assertEqual(page.evaluate("location.hash"), f"#{self.alice}")
        names = page.names()
        self.assertIn(("link", f"{self.alice}: do not disturb"), names)
        for name in (("textbox", "XMPP address (JID)"), ("button", "Show"), ("radio", "Dot"),
                     ("group", "Badge"), ("button", "Copy: Badge in Markdown")):
            self.assertIn(name, names)
        self.assertEqual([name for role, name in names if role == "button" and not name], [])
        self.assertEqual(page.faults(), [])

    def test_badges_of_both_styles_are_loaded(self):
        page = self.open(self.alice)
        page.wait_for(
            "[...document.querySelectorAll('#styles img')].every(i => i.naturalWidth > 100)",
            "both badges", SHOWN_S,
        )
        widths = page.evaluate(
            "[...document.querySelectorAll('#styles img')].map(i => i.naturalWidth)")
        self.assertEqual(len(set(widths)), 2)

    def test_details_are_what_is_published(self):
        self.store.publish(self.alice, "yes status")
        self.store.write_record(self.alice, type="unavailable", last=str(int(time.time()) - 86400),
                                status="<b>Bis morgen</b>", lang="de")
        try:
            page = self.open(self.alice)
            self.wait_shown(page, f"{self.alice} offline")
            details = page.evaluate("document.querySelector('#details').innerHTML")
        finally:
            self.store.publish(self.alice, "yes")
        self.assertIn('<q lang="de" dir="auto">&lt;b&gt;Bis morgen&lt;/b&gt;</q>', details)
        self.assertRegex(details, r"<p>Left: .*20\d\d")

    def test_error_is_unknown_and_says_which(self):
        for jid, why in (
            (self.jid("nobody"), "not published"), ("nonsense", "not an XMPP address"),
        ):
            page = self.open(jid)
            self.wait_shown(page, f"{jid} unknown")
            page.wait_for(f"{TEXT.format('`#details`')}.includes('{why}')", why, SHOWN_S)
        self.store.command("DEL", f"xmpp:bot:{{{DOMAIN}}}")
        page = self.open(self.alice)
        page.wait_for(f"{TEXT.format('`#details`')}.includes('at present')", "no lease", SHOWN_S)
        self.wait_shown(page, f"{self.alice} unknown")

    def test_way_back_leads_to_whom_was_shown_before(self):
        page = self.open(self.alice)
        self.wait_shown(page, f"{self.alice} do not disturb")
        page.go(f"{self.address}#{self.jid('nobody')}")
        self.wait_shown(page, f"{self.jid('nobody')} unknown")
        page.evaluate("history.back()")
        self.wait_shown(page, f"{self.alice} do not disturb")
        self.assertEqual(page.evaluate("document.querySelector('#jid').value"), self.alice)

    def test_german_by_the_browser_and_by_the_switch_which_keeps_the_jid(self):
        page = self.enterContext(self.browser.open())
        page.speak("de-AT,de;q=0.9,en;q=0.8")
        page.go(f"{self.address}#{self.alice}")
        self.wait_shown(page, f"{self.alice} bitte nicht stören")
        self.assertIn(("link", f"{self.alice}: bitte nicht stören"), page.names())
        page.go(page.evaluate("document.querySelector('nav [hreflang=en]').href"))
        self.wait_shown(page, f"{self.alice} do not disturb")

    def test_jid_of_an_attacker_is_but_text(self):
        page = self.open()
        page.evaluate("document.querySelector('#jid').focus()")
        page.type(HOSTILE)
        page.press("Enter")
        self.wait_shown(page, f"{HOSTILE} unknown")
        image = Attributes(self.snippet(page, "html")).found
        self.assertEqual(list(image), ["img"])
        self.assertEqual(image["img"]["alt"], HOSTILE)
        self.assertEqual(image["img"]["src"], self.snippet(page, "url"))
        widget = Attributes(self.snippet(page, "widget")).found
        self.assertEqual(set(widget), {"script", "a"})
        self.assertEqual(widget["a"]["data-xmpp-status"], HOSTILE)
        command = self.snippet(page, "curl")
        self.assertEqual(len(shlex.split(command)), 3)
        self.assertNotRegex(shlex.split(command)[2], "[`$()'\"]")
        self.assertEqual(page.faults(), [])


class Copied(PageTest):
    def test_button_copies_by_keyboard_and_says_so(self):
        page = self.open(self.alice)
        self.browser.call("Browser.grantPermissions", origin=self.service,
                          permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        for name in ("url", "html", "widget", "markdown", "curl"):
            page.evaluate(f"document.querySelector('#{name} + button').focus()")
            page.press("Enter")
            title = page.evaluate(TEXT.format(f"':has(+ #{name})'"))
            page.wait_for(f"{TEXT.format('`#copied`')} == 'Copied: {title}'", "the word", SHOWN_S)
            self.assertEqual(page.evaluate("navigator.clipboard.readText()"),
                             self.snippet(page, name))

    def test_button_copies_without_tls_too(self):
        page = self.enterContext(self.browser.open())
        page.go(f"http://{INSECURE_HOST}:{self.system.nginx.port}{PAGE}#{self.alice}")
        self.assertFalse(page.evaluate("isSecureContext"))
        self.wait_shown(page, f"{self.alice} do not disturb")
        url = self.snippet(page, "url")
        page.evaluate("document.querySelector('#url + button').focus()")
        page.press("Enter")
        page.wait_for(f"{TEXT.format('`#copied`')}.startsWith('Copied')", "the word", SHOWN_S)
        page.evaluate("document.querySelector('#jid').select()")
        page.paste()
        page.wait_for(f"document.querySelector('#jid').value == {json.dumps(url)}", url, SHOWN_S)

    def test_style_chosen_by_keyboard_is_in_the_snippets(self):
        page = self.open(self.alice)
        self.assertNotIn("style=", self.snippet(page, "html"))
        page.evaluate("document.querySelector('#styles [value=dot]').focus()")
        page.press(" ")
        for name in ("url", "html", "markdown"):
            self.assertIn("style=dot", self.snippet(page, name))

    def test_snippets_work_on_a_page_of_somebody_else(self):
        page = self.open(self.alice)
        body = self.snippet(page, "html") + self.snippet(page, "widget")
        with StrictSite(self.service, body) as site:
            other = self.enterContext(self.browser.open())
            other.go(site.address)
            other.wait_for("document.querySelector('img').naturalWidth > 100", "badge", SHOWN_S)
            other.wait_for("document.querySelector('.xmpp-status-dnd')", "the widget", SHOWN_S)
            self.assertEqual(other.faults(), [])

    def test_command_works(self):
        page = self.open(self.alice)
        done = subprocess.run(
            shlex.split(self.snippet(page, "curl")), capture_output=True, text=True, check=True,
            timeout=RUN_S,
        )
        self.assertEqual(done.stdout, "dnd\n")


class Anybody(PageTest):
    def test_without_javascript_the_form_leads_to_the_badge(self):
        page = self.enterContext(self.browser.open())
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.go(self.address)
        said = page.evaluate("document.querySelector('noscript').innerText")
        self.assertIn("Without JavaScript you get the badge", said)
        page.evaluate("document.querySelector('#jid').focus()")
        page.type(self.alice)
        page.press("Enter")
        page.wait_for("document.querySelector('svg > title')", "the badge", SHOWN_S)
        title = page.evaluate("document.querySelector('svg > title').textContent")
        self.assertIn(f"{self.alice}\u2069: do not disturb", title)

    def test_fits_a_phone(self):
        jid = "a" * 100 + f"@{DOMAIN}"
        for language in ("en", "de"):
            page = self.enterContext(self.browser.open())
            page.resize(PHONE_PX, 640, mobile=True)
            page.go(f"{self.address}{language}.html#{jid}")
            page.wait_for("document.querySelector('.xmpp-status-text')", "presence", SHOWN_S)
            page.wait_for("document.querySelector('#styles img').naturalWidth", "badge", SHOWN_S)
            self.assertEqual(page.evaluate("document.documentElement.scrollWidth"), PHONE_PX)
            heights = page.evaluate(
                "[...document.querySelectorAll('button, nav a, input, #styles label')]"
                ".filter(e => !['hidden', 'radio'].includes(e.type)).map(e => e.getBoundingClientRect().height)")
            self.assertGreater(len(heights), 8)
            self.assertGreaterEqual(min(heights), TARGET_MIN_PX)

    def test_can_be_read_light_and_dark_in_every_state(self):
        for scheme in ("light", "dark"):
            page = self.enterContext(self.browser.open())
            page.prefer(scheme)
            for show in (None, "chat", "away", "xa", "dnd"):
                fields = {} if show is None else {"show": show}
                self.check_contrast(page, {"type": "available", **fields})
            self.check_contrast(page, {"type": "unavailable"})
            page.go(f"{self.address}#{self.jid('nobody')}")
            self.wait_shown(page, f"{self.jid('nobody')} unknown")
            self.assert_contrasts(page)

    def check_contrast(self, page, record):
        self.store.write_record(self.alice, **record)
        word = record.get("show", "offline" if record["type"] == "unavailable" else "online")
        page.go(f"{self.address}?{word}#{self.alice}")
        page.wait_for(f"document.querySelector('.xmpp-status-{word}')", word, SHOWN_S)
        self.assert_contrasts(page)

    def assert_contrasts(self, page):
        contrasts = page.evaluate(CONTRASTS)
        self.assertGreater(len(contrasts), 30)
        for text, contrast in contrasts:
            self.assertGreaterEqual(contrast, CONTRAST_MIN, text)


if __name__ == "__main__":
    unittest.main()
