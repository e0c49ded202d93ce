"""Presence exactly as clients send it, on a real server, as the bot writes it down."""

import time
import unittest

from bot_test import About, BotTest, server_kind
from sandbox.client import Client
from sandbox.system import DOMAIN, PROSODY, USER_PASSWORD

OTHER_DOMAIN = "other.example"
# Characters of Unicode 3.2, as stricter servers want it, XML's own, and the separators of a JID.
RESOURCES = ("Büro", "日本語 ☃", "a/b@c", "<&>'\"", " x ", "0" * 1023)
STATUS_MAX = 1024


class Presence(BotTest):
    other_domains = (OTHER_DOMAIN,)

    def tearDown(self):
        self.system.drop_clients()

    # Shows and idleness

    def test_every_show_and_none(self):
        client = self.system.login("shows")
        for show in ("chat", "dnd"):
            client.presence(show=show)
            self.assert_online_soon("shows", show=show)
        for show in ("away", "xa"):
            now = About(time.time())
            client.presence(show=show)
            self.assert_online_soon("shows", show=show, last=now)
        client.presence()
        self.assert_online_soon("shows")

    def test_unknown_or_empty_show_counts_as_none(self):
        client = self.system.login("strange")
        for show in ("<show>asleep</show>", "<show/>", "<show> away</show>", "<show>AWAY</show>"):
            with self.subTest(show):
                client.presence(show="dnd", status="before", lang="de")
                self.assert_online_soon("strange", show="dnd", status="before", lang="de")
                client.send(f"<presence>{show}</presence>")
                if server_kind() == PROSODY or show == "<show/>":
                    self.assert_online_soon("strange")
                else:  # ejabberd gives such presence back to the client
                    self.assert_all_processed()
                    self.assert_online_soon("strange", show="dnd", status="before", lang="de")

    def test_idle_since_goes_with_any_show(self):
        since = int(time.time()) - 600
        client = self.system.login("idle")
        for show in (None, "chat", "dnd", "away", "xa"):
            client.presence(show=show, idle_since=since)
            fields = {} if show is None else {"show": show}
            self.assert_online_soon("idle", last=str(since), **fields)

    def test_idle_since_in_all_its_spellings(self):
        client = self.system.login("spelling")
        client.presence(show="chat")
        for since, last in (
            ("2026-01-02T03:04:05Z", 1767323045), ("2026-01-02T03:04:05.999999Z", 1767323045),
            ("2026-01-02T05:04:05+02:00", 1767323045),
        ):
            with self.subTest(since):
                client.send("<presence><show>dnd</show></presence>")
                self.assert_online_soon("spelling", show="dnd")
                client.send(f"<presence><idle xmlns='urn:xmpp:idle:1' since='{since}'/></presence>")
                self.assert_online_soon("spelling", last=str(last))

    def test_idle_since_in_the_future_is_now(self):
        now = About(time.time())
        self.log_in("future", idle_since=time.time() + 3600)
        self.assert_online_soon("future", last=now)

    def test_damaged_idle_since_does_not_count(self):
        client = self.log_in("damaged", show="dnd")
        self.assert_online_soon("damaged", show="dnd")
        client.send("<presence><idle xmlns='urn:xmpp:idle:1' since='yesterday'/></presence>")
        self.assert_online_soon("damaged")

    def test_seconds_count_with_away_and_xa_only(self):
        client = self.system.login("seconds")
        for show in ("away", "xa"):
            client.presence(show=show, last_s=500)
            self.assert_online_soon("seconds", show=show, last=About(time.time() - 501, 2))
        for show in ("chat", "dnd"):
            client.presence(show=show, last_s=500)
            self.assert_online_soon("seconds", show=show)
        client.presence(last_s=500)
        self.assert_online_soon("seconds")

    def test_idle_since_is_preferred_to_seconds(self):
        since = int(time.time()) - 600
        self.log_in("both", show="away", idle_since=since, last_s=5)
        self.assert_online_soon("both", show="away", last=str(since))

    # Status texts

    def test_status_in_its_language(self):
        client = self.system.login("texts")
        for content, status, lang in (
            ("<status xml:lang='de'>Hallo</status>", "Hallo", "de"),
            ("<status>Hi</status><status xml:lang='de'>Hallo</status>", "Hi", "en"),
            ("<status xml:lang='de'>Hallo</status><status>Hi</status>", "Hi", "en"),
            ("<status xml:lang='de'>Hallo</status><status xml:lang='fr'>Salut</status>",
             "Hallo", "de"),
            ("<status xml:lang='de'>&lt;Grüße&gt; &amp; 😀</status>", "<Grüße> & 😀", "de"),
        ):
            with self.subTest(content):
                client.presence(show="dnd")
                self.assert_online_soon("texts", show="dnd")
                client.send(f"<presence>{content}</presence>")
                self.assert_online_soon("texts", status=status, lang=lang)

    def test_empty_status_is_none(self):
        client = self.log_in("empty", show="dnd", status="x", lang="de")
        self.assert_online_soon("empty", show="dnd", status="x", lang="de")
        client.send("<presence><status/></presence>")
        self.assert_online_soon("empty")

    def test_long_status_is_cut(self):
        self.log_in("long", status="ü" * 5000, lang="de")
        self.assert_online_soon("long", status="ü" * STATUS_MAX, lang="de")

    def test_parting_words(self):
        client = self.log_in("parting")
        self.assert_online_soon("parting")
        client.send("<presence type='unavailable'><status xml:lang='de'>Tschüs</status></presence>")
        self.assert_left_soon("parting", status="Tschüs", lang="de")

    # Resources and priorities

    def test_priorities_missing_negative_and_senseless(self):
        none = self.log_in("rank", "none", show="dnd")
        self.assert_online_soon("rank", show="dnd")
        below = self.log_in("rank", "below", show="chat", priority=-1)
        above = self.log_in("rank", "above", show="chat", priority=1)
        self.assert_online_soon("rank", show="chat")
        above.logout()
        self.assert_online_soon("rank", show="dnd")
        none.logout()
        self.assert_online_soon("rank", show="chat")
        below.presence(show="dnd", priority=-128)
        self.assert_online_soon("rank", show="dnd")

    def test_everything_comes_from_the_winner(self):
        phone = self.log_in("winner", "phone", show="xa", priority=5, last_s=50, status="phone")
        self.log_in("winner", "laptop", show="chat", priority=1, status="laptop", lang="de")
        last = About(time.time() - 51, 2)
        self.assert_all_processed()
        self.assert_record(
            "winner", type="available", show="xa", last=last, status="phone", lang="en"
        )
        phone.logout()
        self.assert_online_soon("winner", show="chat", status="laptop", lang="de")

    def test_equal_priorities_the_most_reachable_wins(self):
        for show in ("dnd", "xa", "away", None, "chat"):
            self.log_in("equal", f"r-{show}", show=show, idle_since=1767323045)
            fields = {} if show is None else {"show": show}
            self.assert_online_soon("equal", last="1767323045", **fields)

    def test_resources_with_any_unicode(self):
        clients = []
        for number, resource in enumerate(RESOURCES):
            with self.subTest(resource):
                client = self.log_in("unicode", resource, priority=number, status=str(number))
                self.assert_online_soon("unicode", status=str(number), lang="en")
                clients.append(client)
        for number in reversed(range(1, len(clients))):
            clients[number].logout()
            self.assert_online_soon("unicode", status=str(number - 1), lang="en")
        clients[0].logout()
        self.assert_left_soon("unicode")

    # Leaving

    def test_every_way_to_leave(self):
        for name, end in (
            ("logout", lambda client: client.logout()),
            ("stream", lambda client: client.close_stream()),
            ("dropped", lambda client: client.drop()),
        ):
            with self.subTest(name):
                client = self.log_in(name, show="dnd")
                self.assert_online_soon(name, show="dnd")
                end(client)
                self.assert_left_soon(name)

    def test_kick_counts_as_leaving(self):
        client = self.log_in("kicked", show="dnd")
        self.assert_online_soon("kicked", show="dnd")
        self.system.server.kick(client.jid)
        self.assert_gone_soon("kicked")

    def assert_gone_soon(self, user):
        """The user has left, with whatever words the server found for it."""
        before = time.time()
        self.assert_all_processed()
        record = self.record(user)
        self.assertEqual(record["type"], "unavailable")
        self.assertEqual(record["last"], About(before, 3, early_s=3))
        self.assertNotIn(user, self.store.online(DOMAIN))

    def test_unavailable_but_connected_is_offline(self):
        client = self.log_in("invisible", show="chat")
        self.assert_online_soon("invisible", show="chat")
        client.unavailable()
        self.assert_left_soon("invisible")
        left = self.record("invisible")["last"]
        self.bot.process.stop()
        self.bot.start()
        self.bot.wait_synced()
        self.assert_record("invisible", type="unavailable", last=left)
        client.presence(show="dnd")
        self.assert_online_soon("invisible", show="dnd")

    def test_double_unavailable_keeps_the_first(self):
        client = self.log_in("double", show="chat")
        self.assert_online_soon("double", show="chat")
        client.unavailable("bye")
        self.assert_left_soon("double", status="bye", lang="en")
        record = self.record("double")
        time.sleep(1.1)  # so that a second time of leaving would be another one
        client.unavailable()
        client.logout()
        self.assert_all_processed()
        self.assertEqual(self.record("double"), record)

    def test_connected_without_presence_has_no_presence(self):
        self.system.login("silent")
        self.assert_all_processed()
        self.assertNotEqual(self.record("silent").get("type"), "available")
        self.assertNotIn("silent", self.store.online(DOMAIN))

    # What is none of our business

    def test_directed_presence_is_not_the_users_presence(self):
        self.log_in("friend")
        client = self.log_in("sender", show="chat")
        self.assert_online_soon("sender", show="chat")
        client.send(f"<presence to='friend@{DOMAIN}'><show>dnd</show></presence>")
        client.send(f"<presence to='friend@{DOMAIN}' type='unavailable'/>")
        self.assert_all_processed()
        self.assert_record("sender", type="available", show="chat")

    def test_presence_of_another_domain_is_ignored(self):
        self.log_in("alice", show="chat")
        self.assert_online_soon("alice", show="chat")
        self.system.server.register("alice", USER_PASSWORD, OTHER_DOMAIN)
        stranger = Client(
            f"alice@{OTHER_DOMAIN}/x", USER_PASSWORD, self.system.server.port,
            self.system.certificate.authority,
        )
        self.addCleanup(stranger.drop)
        stranger.presence(show="dnd")
        stranger.send(f"<presence to='presence@{DOMAIN}'><show>dnd</show></presence>")
        stranger.send(f"<presence to='presence@{DOMAIN}' type='unavailable'/>")
        self.assert_all_processed()
        self.assert_record("alice", type="available", show="chat")
        self.assertEqual(self.store.record(f"alice@{OTHER_DOMAIN}"), {})

    def test_bot_has_no_record_of_itself(self):
        self.assert_all_processed()
        self.assertEqual(self.record("presence"), {})
        self.assertNotIn("presence", self.store.online(DOMAIN))

    def test_many_changes_end_with_the_last(self):
        client = self.system.login("busy")
        for number in range(500):
            client.presence(show=("dnd", "chat")[number % 2])
        client.presence(show="dnd", status="the last")
        self.assert_online_soon("busy", within=5, show="dnd", status="the last", lang="en")


if __name__ == "__main__":
    unittest.main()
