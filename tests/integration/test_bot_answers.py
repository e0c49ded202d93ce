"""What the bot says when it is spoken to, and that it never speaks of anybody."""

import time
import unittest
from xml.etree import ElementTree

from bot_test import BotTest, server_kind
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.system import DOMAIN, EJABBERD, PROSODY

BOT = f"presence@{DOMAIN}/xmpp-status"
DISCO = "http://jabber.org/protocol/disco#info"
# Elements within elements. Prosody takes 256 KiB from clients in one stanza; ejabberd 23.01 would as
# well, but ends itself on as many.
LEVELS = {PROSODY: (1000, 250_000 // len("<a></a>")), EJABBERD: (1000,)}
FEATURES = {DISCO, "jabber:iq:version", "urn:xmpp:ping"}
# What others are answered, in bytes: at once, and per second; and what the least answer has.
BURST, RATE, ANSWER = 8192, 512, 250
FLOOD = 500
RENEWED_S = 20.0


class Answers(BotTest):
    @classmethod
    def prepare(cls, system):
        super().prepare(system)
        cls.client = system.login("asker")
        cls.client.presence()
        cls.secret = system.login("secret")
        cls.secret.presence(show="dnd", status="a secret")

    def ask(self, payload, kind="get"):
        """Sends a request to the bot's own session; returns the answer."""
        identifier = f"{self.id()}-{payload[:20].encode().hex()}"
        return self.client.ask(
            f"<iq to='{BOT}' type='{kind}' id='{identifier}'>{payload}</iq>", identifier
        )

    def test_ping(self):
        answer = self.ask("<ping xmlns='urn:xmpp:ping'/>")
        self.assertEqual((answer.get("type"), answer.get("from")), ("result", BOT))

    def test_disco_info(self):
        answer = self.ask(f"<query xmlns='{DISCO}'/>")
        self.assertEqual(answer.get("type"), "result")
        identity = answer.find(f"{{{DISCO}}}query/{{{DISCO}}}identity")
        self.assertEqual((identity.get("category"), identity.get("type")), ("client", "bot"))
        features = {f.get("var") for f in answer.iter(f"{{{DISCO}}}feature")}
        self.assertEqual(features, FEATURES)

    def test_version(self):
        answer = self.ask("<query xmlns='jabber:iq:version'/>")
        self.assertEqual(answer.get("type"), "result")
        name = answer.find("{jabber:iq:version}query/{jabber:iq:version}name")
        self.assertEqual(name.text, "xmpp-status")
        version = answer.find("{jabber:iq:version}query/{jabber:iq:version}version")
        self.assertRegex(version.text, r"^[0-9]+\.[0-9]+")

    def test_anything_else_is_refused(self):
        for payload, kind in (
            ("<query xmlns='jabber:iq:last'/>", "get"),
            ("<query xmlns='jabber:iq:roster'/>", "get"),
            ("<vCard xmlns='vcard-temp'/>", "get"), ("<ping xmlns='urn:xmpp:ping'/>", "set"),
            ("<nonsense xmlns='urn:example:nonsense'/>", "set"),
        ):
            with self.subTest(payload):
                answer = self.ask(payload, kind)
                self.assertEqual(answer.get("type"), "error")
                self.assertIsNotNone(answer.find("error"))

    def test_several_askers(self):
        """Each asks what clients ask when they see a new contact."""
        clients = [self.system.login(f"asker{number}") for number in range(8)]
        for client in clients:
            for name in (DISCO, "jabber:iq:version"):
                answer = client.ask(
                    f"<iq to='{BOT}' type='get' id='i'><query xmlns='{name}'/></iq>", "i"
                )
                self.assertEqual(answer.get("type"), "result")

    def test_flood_is_hardly_answered_and_costs_no_lease(self):
        flooder = self.system.login("flooder")
        answers = []
        flooder.on_iq(lambda answer: answers.append(ElementTree.tostring(answer)))
        begin, (until, _) = time.monotonic(), self.store.lease(DOMAIN)
        for number in range(FLOOD):
            flooder.send(
                f"<iq to='{BOT}' type='get' id='flood{number}'><query xmlns='{DISCO}'/></iq>"
            )
        long = "x" * BURST  # which an answer would have to repeat
        flooder.send(f"<iq to='{BOT}' type='get' id='{long}'><ping xmlns='urn:xmpp:ping'/></iq>")
        wait_until(lambda: self.store.lease(DOMAIN)[0] > until, "a renewed lease", RENEWED_S)
        self.assertTrue(self.bot.is_trusted())
        self.assertEqual(self.ask("<ping xmlns='urn:xmpp:ping'/>").get("type"), "result")
        allowed = BURST + RATE * (time.monotonic() - begin)
        self.assertLessEqual(len(answers) * ANSWER, allowed)
        self.assertGreater(len(answers), 0)
        self.assertLess(max(map(len, answers)), BURST)

    def test_forged_roster_push_changes_nothing(self):
        """RFC 6121 section 2.1.6: a push counts only from the account itself."""
        self.assert_online_soon("secret", show="dnd", status="a secret", lang="en")
        self.ask(
            "<query xmlns='jabber:iq:roster'>"
            f"<item jid='secret@{DOMAIN}' subscription='remove'/></query>", "set",
        )
        self.ask(
            "<query xmlns='jabber:iq:roster'>"
            f"<item jid='invented@{DOMAIN}' subscription='both'/></query>", "set",
        )
        self.assert_all_processed()
        self.assert_record(
            "secret", type="available", show="dnd", status="a secret", lang="en"
        )
        self.assert_record("invented")

    def test_messages_are_ignored(self):
        messages = []
        self.client.on_message(messages.append)
        for text in ("hello", "secret", "status secret", "!help"):
            self.client.send(f"<message to='{BOT}' type='chat'><body>{text}</body></message>")
        self.ask("<ping xmlns='urn:xmpp:ping'/>")  # answered later than any of those would be
        self.assert_all_processed()
        self.assertEqual([ElementTree.tostring(message) for message in messages], [])

    def test_stanzas_as_deep_as_the_server_lets_through_do_no_harm(self):
        """libstrophe frees elements within elements by recursion. Longer ones the server refuses."""
        for levels in LEVELS[server_kind()]:
            deep = "<a>" * levels + "</a>" * levels
            stranger = self.system.login("stranger", f"r{levels}")
            stranger.presence()
            for stanza in (
                f"<presence to='{BOT}'>{deep}</presence>",
                f"<message to='{BOT}'>{deep}</message>",
                f"<iq to='{BOT}' type='get' id='deep'>{deep}</iq>",
            ):
                stranger.send(stanza)
            pid = self.bot.process.pid
            self.assertEqual(self.ask("<ping xmlns='urn:xmpp:ping'/>").get("type"), "result")
            self.assert_all_processed()
            self.assertTrue(self.bot.process.is_alive())
            self.assertEqual(self.bot.process.pid, pid)

    def test_nobodys_presence_is_shown_to_anybody(self):
        for kind in ("probe", "subscribe"):
            for to in (f"secret@{DOMAIN}", BOT, BOT.partition("/")[0]):
                self.client.send(f"<presence to='{to}' type='{kind}'/>")
        self.assert_all_processed()
        try:
            self.client.ask(
                f"<iq type='get' to='secret@{DOMAIN}' id='last-secret'>"
                "<query xmlns='jabber:iq:last'/></iq>", "last-secret",
            )
        except SandboxError:
            self.fail("the server did not answer")
        seen = {p.get("from") for p in self.client.received if p.get("type") is None}
        own = {self.client.jid}
        # ejabberd's shared roster shows users the bot itself, nothing more.
        self.assertLessEqual(seen - own, {BOT})
        for presence in self.client.received:
            self.assertNotIn(b"secret", ElementTree.tostring(presence).replace(b"secret@", b"@"))


if __name__ == "__main__":
    unittest.main()
