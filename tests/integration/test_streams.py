"""Streams of events through nginx: each change that shows, once, and nothing else."""

import subprocess
import time
import unittest

from events import EventStream
from sandbox.system import DOMAIN, LOCATION
from stream_test import CHANGE_S, SILENCE_S, StreamTest
from system_test import SystemTest

NO_BOT = "no-bot.example"
# Leases are looked at once a second, and a lost Redis is noticed within one.
LAPSE_S = 4.0
RECOVERY_S = 8.0
COMMENT_S = 20


class Streams(StreamTest):
    def test_head_says_what_it_is(self):
        stream = self.open(self.alice)
        self.assertTrue(1000 <= stream.retry_ms <= 5000)
        for line in (
            "HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Cache-Control: no-store",
            "Access-Control-Allow-Origin: *", "X-Content-Type-Options: nosniff", "Vary: Accept",
        ):
            self.assertIn(line + "\r\n", stream.head)

    def test_begins_with_the_single_answer_and_goes_on_with_each_change(self):
        for options in (
            {"more": "format=events", "accept": None}, {},
            {"accept": "text/html;q=0.5, text/event-stream, */*;q=0.1"},
            {"more": "format=events", "accept": "application/json"},
        ):
            with self.subTest(options):
                self.write(self.alice, "dnd", last=1700000000)
                stream = self.open(self.alice, **options)
                self.assertEqual(stream.next().data, self.ask(self.alice))
                for show in ("chat", "xa", None):
                    self.write(self.alice, show)
                    event = stream.next(CHANGE_S)
                    self.assertEqual(event.word, show or "online")
                    self.assertEqual(event.data, self.ask(self.alice))

    def test_several_begin_in_the_order_asked_for(self):
        asked = [self.bob, "malformed", self.jid("nobody"), f"x@{NO_BOT}", self.alice]
        stream = self.open(*asked)
        self.assertEqual(
            [(event.answer.get("jid"), event.word) for event in (stream.next() for _ in asked)],
            [(self.bob, "away"), (None, "jid-malformed"), (self.jid("nobody"), "item-not-found"),
             (f"x@{NO_BOT}", "item-not-found"), (self.alice, "dnd")],
        )
        self.write(self.alice)
        self.write(self.bob)
        self.assertEqual(stream.next_words(2, CHANGE_S),
                         {self.alice: "online", self.bob: "online"})
        self.assert_silent(stream)

    def test_jid_that_is_named_twice_is_watched_once(self):
        stream = self.open(self.alice, f"Alice@{DOMAIN}/phone", self.bob)
        self.assertEqual(stream.next_words(2), {self.alice: "dnd", self.bob: "away"})
        self.write(self.alice)
        self.assertEqual(stream.next(CHANGE_S).word, "online")
        self.assert_silent(stream)

    def test_any_is_the_most_available(self):
        self.store.write_record(self.bob, type="unavailable")
        stream = self.open(self.bob, self.alice, more="any")
        self.assertEqual(stream.next().answer, {"jid": self.alice, "state": "dnd"})
        self.write(self.bob)
        self.assertEqual(stream.next(CHANGE_S).answer, {"jid": self.bob, "state": "online"})
        self.write(self.alice, "away")
        self.assert_silent(stream)
        self.store.write_record(self.bob, type="unavailable")
        self.assertEqual(stream.next(CHANGE_S).answer, {"jid": self.alice, "state": "away"})
        self.store.publish(self.alice, "no")
        self.assertEqual(stream.next(CHANGE_S).answer, {"jid": self.bob, "state": "offline"})

    def test_many_watch_the_same(self):
        streams = [self.open(self.alice) for _ in range(50)]
        for stream in streams:
            stream.next()
        self.write(self.alice, "chat")
        self.assertEqual({stream.next(CHANGE_S).word for stream in streams}, {"chat"})

    def test_what_does_not_show_causes_not_a_byte(self):
        self.store.publish(self.bob, "no")
        self.store.publish(self.jid("carol"), "yes nolast")
        self.write(self.jid("carol"), last=1, status="one")
        self.store.publish("closed.example", "no")
        self.renew("closed.example")
        jids = (self.alice, self.bob, self.jid("carol"), "x@closed.example")
        streams = [self.open(jid) for jid in jids] + [self.open(*jids), self.open(*jids, more="any")]
        for stream, count in zip(streams, (1, 1, 1, 1, 4, 1)):
            stream.next_words(count)
        for number, show in enumerate(("away", "chat", "dnd") * 3):
            self.write(self.bob, show, last=1700000000 + number)  # blocked
            self.write("x@closed.example", show)  # in a domain that is closed
            self.write(self.jid("carol"), last=number, status=f"text {number}")  # withheld
            self.write(self.alice, "dnd")  # what it was
            self.write(self.jid("dave"), show)  # watched by nobody
            self.renew(seconds=40 + number)
            self.renew("closed.example", seconds=40 + number)
            self.store.publish(self.jid("dave"), "no" if number % 2 else "yes")
        self.assert_silent(*streams)

    def test_block_and_its_end_show(self):
        streams = [self.open(self.alice), self.open(self.bob, self.alice)]
        streams[0].next()
        streams[1].next_words(2)
        for arguments, word in (
            (("block", self.alice), "item-not-found"), (("unset", self.alice), "dnd"),
            (("block", DOMAIN), "item-not-found"), (("publish", DOMAIN), "dnd"),
        ):
            with self.subTest(arguments):
                self.ctl(*arguments)
                self.assertEqual(streams[0].next(CHANGE_S).word, word)
                streams[1].next_words(2 if DOMAIN == arguments[1] else 1, CHANGE_S)
        self.ctl("publish", "-o", "status", self.alice)
        self.assert_silent(*streams)

    def test_deleted_account_and_forgotten_record_show(self):
        stream = self.open(self.alice)
        stream.next()
        self.store.command("DEL", "xmpp:presence:{%s}:alice" % DOMAIN)
        self.assertEqual(stream.next(CHANGE_S).word, "item-not-found")

    def test_lease_that_lapses_is_deleted_or_comes_back_shows(self):
        self.renew(seconds=3)
        stream, both = self.open(self.alice), self.open(self.alice, self.bob)
        self.assertEqual(stream.next().word, "dnd")
        both.next_words(2)
        self.assertEqual(stream.next(3 + LAPSE_S).word, "remote-server-timeout")
        self.assertEqual(set(both.next_words(2, LAPSE_S).values()), {"remote-server-timeout"})
        self.renew()
        self.assertEqual(stream.next(CHANGE_S).word, "dnd")
        self.assertEqual(both.next_words(2, CHANGE_S), {self.alice: "dnd", self.bob: "away"})
        self.store.command("DEL", "xmpp:bot:{%s}" % DOMAIN)
        self.assertEqual(stream.next(CHANGE_S).word, "remote-server-timeout")
        self.renew()
        self.assertEqual(stream.wait_word("dnd", CHANGE_S).word, "dnd")

    def test_somebody_new_does_not_hide_that_the_lease_has_lapsed(self):
        """Whose stream is opened just then is judged at once; all others must be as well."""
        self.renew(seconds=2)
        stream = self.open(self.alice)
        stream.next()
        end = time.monotonic() + 3
        while time.monotonic() < end:
            with EventStream(self.system.nginx.port, LOCATION + self.bob) as other:
                other.next()
        self.assertEqual(stream.next(LAPSE_S).word, "remote-server-timeout")

    def test_redis_that_hangs_and_goes_on(self):
        stream = self.open(self.alice, self.bob)
        stream.next_words(2)
        self.system.redis.process.freeze()
        try:
            words = stream.next_words(2, LAPSE_S)
        finally:
            self.system.redis.process.thaw()
        self.assertEqual(words, dict.fromkeys((self.alice, self.bob), "remote-server-timeout"))
        self.assertEqual(stream.next_words(2, RECOVERY_S), {self.alice: "dnd", self.bob: "away"})
        self.write(self.alice)
        self.assertEqual(stream.next(CHANGE_S).word, "online")

    def test_redis_that_restarts_empty_and_is_filled_again(self):
        stream = self.open(self.alice)
        stream.next()
        self.system.redis.stop()
        self.assertEqual(stream.next(LAPSE_S).word, "remote-server-timeout")
        self.system.redis.start()
        self.assertEqual(stream.next(RECOVERY_S).word, "item-not-found")
        self.store.publish(DOMAIN)
        self.renew()
        self.write(self.alice, "xa")
        stream.wait_word("xa", RECOVERY_S)

    def test_connections_to_redis_that_are_cut_lose_no_change(self):
        stream = self.open(self.alice)
        stream.next()
        for show in ("chat", "xa", "away"):
            self.store.command("CLIENT", "KILL", "USER", "xmpp-responder")
            self.write(self.alice, show)
            stream.wait_word(show, RECOVERY_S)

    def test_comment_comes_when_there_is_nothing_to_say(self):
        stream = self.open(self.alice)
        stream.next()
        end = time.monotonic() + COMMENT_S + 5
        while stream.comments == 0 and time.monotonic() < end:
            self.renew()
            stream.rest(1)
        self.assertEqual(stream.comments, 1)
        self.assertGreater(time.monotonic(), end - 8)


class Returning(StreamTest):
    def test_who_comes_back_gets_nothing_twice_and_misses_nothing(self):
        jids = (self.alice, self.bob, self.jid("nobody"))
        with self.open(*jids) as stream:
            stream.next_words(3)
            last_id = stream.last_id
        headers = [("Last-Event-ID", last_id)]
        self.assert_silent(self.open(*jids, headers=headers))
        self.write(self.bob, "chat")
        stream = self.open(*jids, headers=headers)
        self.assertEqual(stream.next().answer, {"jid": self.bob, "state": "chat"})
        self.assert_silent(stream)
        self.write(self.alice)
        self.assertEqual(stream.next(CHANGE_S).word, "online")

    def test_who_was_cut_off_in_the_middle_gets_the_rest(self):
        jids = (self.alice, self.bob)
        first_id = self.open(*jids).next().id
        stream = self.open(*jids, headers=[("Last-Event-ID", first_id)])
        self.assertEqual(stream.next().answer["jid"], self.bob)
        self.assert_silent(stream)

    def test_restarted_responder_knows_the_id(self):
        with self.open(self.alice, self.bob) as stream:
            stream.next_words(2)
            self.system.responder.stop()
            stream.wait_end()
            self.assertTrue(1000 <= stream.retry_ms <= 5000)
        self.system.responder.start()
        again = self.open(self.alice, self.bob, headers=[("Last-Event-ID", stream.last_id)])
        self.assert_silent(again)
        self.write(self.alice)
        self.assertEqual(again.next(CHANGE_S).word, "online")

    def test_any_has_an_id_too(self):
        with self.open(self.alice, self.bob, more="any") as stream:
            self.assertEqual(stream.next().answer["jid"], self.bob)
        headers = [("Last-Event-ID", stream.last_id)]
        again = self.open(self.alice, self.bob, more="any", headers=headers)
        self.assert_silent(again)
        self.write(self.alice, "chat")
        self.assertEqual(again.next(CHANGE_S).answer["jid"], self.alice)

    def test_id_that_is_none_of_ours_is_as_good_as_none(self):
        other = self.open(self.bob).next().id
        for last_id in ("", "x", "AAAAAA", "......", "AAAAA=", other, "A" * 600, "%00", "é"):
            with self.subTest(last_id):
                stream = self.open(self.alice, headers=[("Last-Event-ID", last_id)])
                self.assertEqual(stream.next().answer, {"jid": self.alice, "state": "dnd"})


class Blind(StreamTest):
    """Without memory Redis does not say what changes; then it is asked every second."""

    fcgi_keys = {"cache_entries": 0}

    def test_changes_show_all_the_same(self):
        stream = self.open(self.alice, self.bob)
        stream.next_words(2)
        self.write(self.alice)
        self.assertEqual(stream.next(LAPSE_S).word, "online")
        self.store.publish(self.bob, "no")
        self.assertEqual(stream.next(LAPSE_S).word, "item-not-found")
        self.store.command("DEL", "xmpp:bot:{%s}" % DOMAIN)
        self.assertEqual(set(stream.next_words(2, LAPSE_S).values()), {"remote-server-timeout"})
        self.assert_silent(stream, within=2 * SILENCE_S)


class Live(SystemTest):
    """Everything, with a real server, a bot and a session."""

    @classmethod
    def prepare(cls, system):
        system.start()
        system.store.publish(DOMAIN)

    def test_presence_of_a_session_shows_as_it_changes(self):
        client = self.system.login("alice")
        client.presence()
        self.assert_soon_presence("alice")
        with EventStream(self.system.nginx.port, LOCATION + self.jid("alice")) as stream:
            self.assertEqual(stream.next().word, "online")
            for show in ("dnd", "xa", "chat"):
                client.presence(show=show)
                self.assertEqual(stream.next(CHANGE_S).word, show)
            subprocess.run(
                [self.system.programs.ctl, "-c", self.system.configuration.path, "block",
                 self.jid("alice")], check=True, timeout=20, stdout=subprocess.DEVNULL,
            )
            self.assertEqual(stream.next(CHANGE_S).word, "item-not-found")
            before = stream.bytes
            client.presence(show="away")
            self.assertEqual(stream.rest(SILENCE_S), [])
            self.assertEqual(stream.bytes, before)
            self.system.store.unset(self.jid("alice"))
            self.assertEqual(stream.next(CHANGE_S).word, "away")
            self.system.bot.process.kill()
            client.drop()
            stream.wait_word("remote-server-timeout", 45)
            self.system.bot.start()
            self.assertEqual(stream.next(30).word, "offline")


if __name__ == "__main__":
    unittest.main()
