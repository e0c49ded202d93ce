"""What a client does shows in the next answer: client, Prosody, bot, Redis, responder, nginx."""

import time
import unittest

import expected
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN
from system_test import SystemTest

STATUS = "Grüße & <Küsse>"


class EndToEnd(SystemTest):
    @classmethod
    def prepare(cls, system):
        system.start()
        system.store.publish(DOMAIN)

    def test_example_of_the_contract(self):
        last = int(time.time()) - 8973
        self.system.store.write_record(
            self.jid("support"), type="available", show="xa", last=str(last)
        )
        bodies = [
            (
                b'<presence xmlns="jabber:client" from="support@tiggerswelt.net">\n'
                b"  <show>xa</show>\n"
                b'  <query xmlns="jabber:iq:last" seconds="%d"/>\n'
                b"</presence>\n"
            ) % seconds
            for seconds in (8973, 8974)
        ]
        self.assert_body("support", *bodies)

    def test_every_show_and_none_and_unavailable(self):
        client = self.system.login("states")
        for show in ("chat", "dnd", None):
            client.presence(show=show)
            self.assert_soon_presence("states", show=show)
        for show in ("away", "xa"):
            client.presence(show=show)
            self.assert_soon_presence("states", show=show, seconds_since=0)
        client.unavailable()
        self.assert_unavailable_soon("states")
        client.presence()
        self.assert_soon_presence("states")

    def test_show_that_does_not_exist_counts_as_none(self):
        client = self.system.login("strange")
        client.presence(show="asleep")
        self.assert_soon_presence("strange")

    def test_seconds_count_up(self):
        client = self.system.login("counting")
        client.presence(show="away", last_s=100)
        self.assert_soon_presence("counting", show="away", seconds_since=100)
        later = expected.presence(self.jid("counting"), show="away", seconds=103)
        self.assert_soon("counting", later, within=4)

    def test_two_resources_best_priority_wins_then_the_other_then_none(self):
        phone = self.system.login("two", "phone")
        laptop = self.system.login("two", "laptop")
        phone.presence(show="dnd", priority=5)
        laptop.presence(show="chat", priority=1)
        # Both have certainly arrived once a third change behind them shows.
        phone.presence(show="xa", priority=5, last_s=50)
        self.assert_soon_presence("two", show="xa", seconds_since=50)
        phone.logout()
        self.assert_soon_presence("two", show="chat")
        laptop.logout()
        self.assert_unavailable_soon("two")

    def test_missing_priority_is_zero(self):
        low = self.system.login("priority", "low")
        none = self.system.login("priority", "none")
        none.presence(show="dnd")
        self.assert_soon_presence("priority", show="dnd")
        low.presence(show="chat", priority=-1)
        high = self.system.login("priority", "high")
        high.presence(show="away", priority=1, last_s=70)
        self.assert_soon_presence("priority", show="away", seconds_since=70)
        high.logout()
        self.assert_soon_presence("priority", show="dnd")

    def test_equal_priority_most_reachable_show_wins(self):
        clients = {}
        for show, seconds in (("dnd", None), ("xa", 0), ("away", 0), (None, None), ("chat", None)):
            clients[show] = self.system.login("equal", f"r-{show}")
            clients[show].presence(show=show)
            self.assert_soon_presence("equal", show=show, seconds_since=seconds)
        clients["chat"].logout()
        self.assert_soon_presence("equal")

    def test_clean_logout_counts_as_leaving(self):
        self.check_end("logout", lambda client: client.logout())

    def test_end_of_stream_counts_as_leaving(self):
        self.check_end("stream", lambda client: client.close_stream())

    def test_hard_drop_counts_as_leaving(self):
        self.check_end("dropped", lambda client: client.drop())

    def test_kick_counts_as_leaving(self):
        self.check_end("kicked", lambda client: self.system.prosody.kick(client.jid))

    def test_deleted_account_counts_as_leaving(self):
        self.check_end("deleted", lambda client: self.system.prosody.delete("deleted"))

    def check_end(self, user, end):
        client = self.system.login(user)
        client.presence(show="dnd")
        self.assert_soon_presence(user, show="dnd")
        self.assertIn(user, self.system.store.online(DOMAIN))
        end(client)
        self.assert_unavailable_soon(user)
        self.assertNotIn(user, self.system.store.online(DOMAIN))

    def test_connected_without_presence_is_not_available(self):
        self.system.login("silent")
        marker = self.system.login("after-silent")
        marker.presence()
        self.assert_soon_presence("after-silent")
        self.assert_body("silent", expected.not_found(self.jid("silent")), status=404)

    def test_idle_since_is_preferred_and_absolute(self):
        client = self.system.login("idle")
        client.presence(show="away", idle_since=time.time() - 600, last_s=5)
        self.assert_soon_presence("idle", show="away", seconds_since=600)
        client.presence(idle_since=time.time() - 60)
        self.assert_soon_presence("idle", seconds_since=60)
        client.presence()
        self.assert_soon_presence("idle")

    def test_last_without_show_is_not_idleness(self):
        client = self.system.login("initial")
        client.presence(last_s=600)
        self.assert_soon_presence("initial")

    def test_status_shows_only_with_its_option(self):
        client = self.system.login("texts")
        jid = self.jid("texts")
        client.presence(show="dnd", status=STATUS, lang="de")
        self.assert_soon_presence("texts", show="dnd")
        self.system.store.publish(jid, "yes status")
        shown = expected.presence(jid, show="dnd", status=STATUS, lang="de")
        self.assert_body("texts", shown)
        client.unavailable("Feierabend")
        self.assert_soon_presence(
            "texts", seconds_since=0, unavailable=True, status="Feierabend", lang="en"
        )

    def test_nolast_withholds(self):
        client = self.system.login("withheld")
        self.system.store.publish(self.jid("withheld"), "yes nolast")
        client.presence(show="xa")
        self.assert_soon_presence("withheld", show="xa")

    def test_bot_itself_is_unknown(self):
        jid = self.jid("presence")
        self.assert_body("presence", expected.not_found(jid), status=404)

    def test_jid_in_any_spelling(self):
        client = self.system.login("strasse")
        client.presence(show="chat")
        self.assert_soon_presence("strasse", show="chat")
        body = expected.presence(self.jid("strasse"), show="chat")
        for spelling in (
            "strasse@tiggerswelt.net", "STRASSE@TiggersWelt.Net", "strasse@tiggerswelt.net.",
            "stra%C3%9Fe@tiggerswelt.net", "%73trasse%40tiggerswelt.net",
            "strasse@tiggerswelt.net/phone", "strasse@tiggerswelt.net/", "/strasse@tiggerswelt.net",
            "strasse@tiggerswelt.net/a/b%2Fc%0A", "strasse@tiggerswelt.net%2Fphone",
        ):
            with self.subTest(spelling):
                response = self.system.get(spelling)
                self.assertEqual((response.status, response.body), (200, body))

    def test_many_changes_end_with_the_last(self):
        client = self.system.login("busy")
        for number in range(200):
            client.presence(show=("dnd", "chat")[number % 2])
        client.presence(show="dnd", status="the last")
        wait_until(
            lambda: self.system.store.record(self.jid("busy")).get("status") == "the last",
            "the last record", 5,
        )
        self.assert_body("busy", expected.presence(self.jid("busy"), show="dnd"))


if __name__ == "__main__":
    unittest.main()
