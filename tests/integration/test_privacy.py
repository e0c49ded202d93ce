"""What is not published cannot be told apart from what does not exist."""

import itertools
import re
import time
import unittest

import expected
import monitor
from sandbox.deadline import wait_until
from sandbox.http import Connection
from sandbox.system import DOMAIN, LOCATION
from system_test import SystemTest

# Of the same letters as the other, so that even Content-Length and the width of a badge must agree.
OTHER_DOMAIN = "tiggerswetl.net"
CLOSED_DOMAIN = "tiggerstewl.net"
# Users of the same letters.
SHOWN, BLOCKED, UNKNOWN, DAMAGED = "alice", "celia", "lacie", "cilea"
REQUEST_HEADERS = (
    (), (("If-None-Match", "*"),), (("If-None-Match", '"0123456789abcdef0123456789abcdef"'),),
    (("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"),), (("Range", "bytes=0-3"),),
    (("Origin", "https://page.example"), ("Accept-Encoding", "gzip")),
)
FLIPS = 50
# For flags, lease and record.
LOOKUP_COMMANDS = 3


class Privacy(SystemTest):
    """Flags, lease and records are written by the test; no bot runs."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx()

    def setUp(self):
        self.store = self.system.store
        self.store.command("FLUSHALL")
        self.store.publish(DOMAIN)
        self.store.write_lease(DOMAIN, time.time() + 30)
        for user in ("alice", "bobby"):
            self.store.write_record(self.jid(user), type="available", show="dnd")

    def answer_without_jid(self, jid):
        """All bytes of an answer but for the JID and the date."""
        response = self.system.get(jid)
        head = re.sub(rb"Date: [^\r]*\r\n", b"", response.head)
        return response.status, head, response.body.replace(jid.encode(), b"JID")

    def prepare_reasons(self):
        """Makes a JID for each reason not to tell; returns {reason: JID}."""
        self.store.publish(self.jid(BLOCKED), "no")
        self.store.write_record(self.jid(BLOCKED), type="available", status="x" * 500, last="1")
        self.store.write_record(self.jid(DAMAGED), type="available", show="asleep")
        self.store.publish(CLOSED_DOMAIN, "no")
        self.store.publish(self.jid(SHOWN, CLOSED_DOMAIN))
        self.store.write_lease(CLOSED_DOMAIN, time.time() + 30)
        self.store.write_record(self.jid(SHOWN, CLOSED_DOMAIN), type="available")
        return {
            "unknown": self.jid(UNKNOWN), "blocked": self.jid(BLOCKED),
            "damaged": self.jid(DAMAGED), "not hosted": self.jid(SHOWN, OTHER_DOMAIN),
            "not published": self.jid(SHOWN, CLOSED_DOMAIN),
        }

    def whole_answer(self, jid, **options):
        """Status, head and body with the JID and the date taken out."""
        response = self.system.get(jid, **options)
        head = re.sub(rb"Date: [^\r]*\r\n", b"", response.head)
        return response.status, head, response.body.replace(jid.encode(), b"JID")

    def test_all_reasons_look_the_same_in_each_format_and_method(self):
        reasons = self.prepare_reasons()
        for form, method, headers in itertools.product(
            expected.FORMATS, ("GET", "HEAD", "POST", "OPTIONS"), REQUEST_HEADERS
        ):
            options = {"query": f"?format={form}", "method": method, "headers": headers}
            answers = {
                reason: self.whole_answer(jid, **options) for reason, jid in reasons.items()
            }
            with self.subTest(form=form, method=method, headers=headers):
                status, _, body = answers["unknown"]
                self.assertEqual(
                    status, {"GET": 404, "HEAD": 404, "POST": 405, "OPTIONS": 204}[method]
                )
                if method == "GET" and form != "svg":
                    self.assertEqual(body, expected.error_in(form, "JID", "item-not-found"))
                self.assertEqual(len(set(answers.values())), 1, answers)

    def test_shown_user_looks_different(self):
        """So that the test above can fail."""
        reasons = self.prepare_reasons()
        for form in expected.FORMATS:
            query = f"?format={form}"
            self.assertNotEqual(
                self.whole_answer(self.jid(SHOWN), query=query),
                self.whole_answer(reasons["unknown"], query=query),
            )

    def lookups(self, jid, before):
        """What Redis is asked for the JID in each format and method, each after `before`."""
        with monitor.Monitor(self.store) as seen:
            for form, method in itertools.product(expected.FORMATS, ("GET", "HEAD")):
                before()
                self.system.get(jid, query=f"?format={form}", method=method)
            lines = seen.commands()
        local, domain = jid.split("@")
        return [
            line.replace(jid, "JID").replace(domain, "DOMAIN").replace(f":{local}", ":LOCAL")
            for line in lines if line.startswith(('"GET"', '"HMGET"'))
        ]

    def make_responder_forget(self):
        """It keeps nothing when it loses the connection on which it hears of changes."""
        self.store.command("CLIENT", "KILL", "TYPE", "pubsub")

    def wait_remembered(self, jid):
        """It may have forgotten just now, and starts to remember once a second at most."""
        wait_until(lambda: not self.lookups(jid, lambda: None), f"{jid} to be remembered", 5.0)

    def test_all_reasons_have_the_same_redis_commands(self):
        reasons = {"shown": self.jid(SHOWN), **self.prepare_reasons()}
        commands = {
            reason: self.lookups(jid, self.make_responder_forget)
            for reason, jid in reasons.items()
        }
        self.assertEqual(len(commands["shown"]), 2 * len(expected.FORMATS) * LOOKUP_COMMANDS)
        for reason, lines in commands.items():
            with self.subTest(reason):
                self.assertEqual(lines, commands["shown"])

    def test_what_is_remembered_asks_redis_nothing(self):
        for reason, jid in self.prepare_reasons().items():
            self.wait_remembered(jid)
            with self.subTest(reason):
                self.assertEqual(self.lookups(jid, lambda: None), [])

    def test_changes_of_a_blocked_user_ask_redis_nothing(self):
        blocked = self.prepare_reasons()["blocked"]
        for jid, is_asked in ((blocked, False), (self.jid(SHOWN), True)):
            self.wait_remembered(jid)
            seen = self.lookups(jid, lambda jid=jid: self.store.write_record(
                jid, type="available", show="away"
            ))
            with self.subTest(jid):
                self.assertEqual(bool(seen), is_asked)

    def test_lapse_makes_all_look_alike_in_each_format(self):
        reasons = self.prepare_reasons()
        jids = [self.jid(SHOWN), *(reasons[name] for name in ("unknown", "blocked", "damaged"))]
        self.store.publish(self.jid("aleci"))  # a yes of its own, and no record
        jids.append(self.jid("aleci"))
        self.store.write_lease(DOMAIN, 0)
        for form, method, headers in itertools.product(
            expected.FORMATS, ("GET", "HEAD"), REQUEST_HEADERS
        ):
            answers = {
                self.whole_answer(jid, query=f"?format={form}", method=method, headers=headers)
                for jid in jids
            }
            with self.subTest(form=form, method=method, headers=headers):
                self.assertEqual(len(answers), 1, answers)
                self.assertEqual(answers.pop()[0], 503)

    def test_unknown_options_fail_closed(self):
        for value in ("yes resource", "yes status,nolast", "yes Status", "yes status nolast x"):
            for flag in (DOMAIN, self.jid("alice")):
                with self.subTest(value, flag=flag):
                    self.store.publish(flag, value)
                    self.assert_not_found()
                    self.store.publish(DOMAIN)
                    self.store.unset(self.jid("alice"))

    def assert_not_found(self, user="alice", domain=DOMAIN):
        jid = self.jid(user, domain)
        response = self.system.get(jid)
        self.assertEqual((response.status, response.body), (404, expected.not_found(jid)))

    def test_all_reasons_give_the_same_bytes(self):
        answers = {"unknown user": self.answer_without_jid(self.jid("nobdy"))}
        answers["unknown domain"] = self.answer_without_jid(self.jid("alice", OTHER_DOMAIN))
        self.store.publish(self.jid("alice"), "no")
        answers["user flag off"] = self.answer_without_jid(self.jid("alice"))
        self.store.unset(self.jid("alice"))
        self.store.write_record(self.jid("bobby"), type="here")
        answers["damaged record"] = self.answer_without_jid(self.jid("bobby"))
        self.store.publish(DOMAIN, "no")
        answers["domain flag off"] = self.answer_without_jid(self.jid("alice"))
        self.store.unset(DOMAIN)
        answers["domain flag absent"] = self.answer_without_jid(self.jid("alice"))

        status, head, body = answers["unknown user"]
        self.assertEqual((status, body), (404, expected.not_found("JID")))
        for reason, answer in answers.items():
            with self.subTest(reason):
                self.assertEqual(answer, (status, head, body))

    def test_closed_domain_stays_closed_to_a_users_yes(self):
        self.store.publish(self.jid("alice"))
        self.store.publish(DOMAIN, "no")
        self.assert_not_found()
        self.store.unset(DOMAIN)
        self.assert_not_found()

    def test_closed_domain_without_lease_is_not_found(self):
        self.store.publish(DOMAIN, "no")
        self.store.command("DEL", "xmpp:bot:{%s}" % DOMAIN)
        self.assert_not_found()

    def test_invalid_lease_gives_503_for_all_alike(self):
        self.store.publish(self.jid("bobby"), "no")
        now = time.time()
        for name, until in (
            ("syncing", 0), ("past", now - 1), ("too far ahead", now + 120), ("absent", None),
        ):
            if until is None:
                self.store.command("DEL", "xmpp:bot:{%s}" % DOMAIN)
            else:
                self.store.write_lease(DOMAIN, until)
            for user in ("alice", "bobby", "nobdy"):
                with self.subTest(lease=name, user=user):
                    self.assert_body(user, expected.not_trusted(self.jid(user)), status=503)

    def test_flag_values_that_are_no_yes_close(self):
        for value in ("", "Yes", "YES", "yes ", " yes", "yes  status", "yes foo", "yes,status",
                      "true", "1", "yes\n", "yes status status", "yes\tstatus", "y" * 70000):
            with self.subTest(value[:20]):
                self.store.publish(DOMAIN, value)
                self.assert_not_found()
                self.store.publish(DOMAIN)
                self.store.publish(self.jid("alice"), value)
                self.assert_not_found()
                self.store.unset(self.jid("alice"))
                self.assert_body("alice", expected.presence(self.jid("alice"), show="dnd"))

    def test_records_that_are_damaged_are_not_found(self):
        for fields in (
            {"show": "dnd"}, {"type": "available", "show": "asleep"}, {"type": ""},
            {"type": "available", "last": "-1"}, {"type": "available", "last": "1e3"},
            {"type": "available", "last": "9" * 30}, {"type": "available\n"},
        ):
            with self.subTest(str(fields)):
                self.store.write_record(self.jid("alice"), **fields)
                self.assert_not_found()

    def test_keys_of_the_wrong_type(self):
        record = "xmpp:presence:{%s}:alice" % DOMAIN
        self.store.command("DEL", record)
        self.store.command("SET", record, "available")
        self.assert_not_found()
        lease = "xmpp:bot:{%s}" % DOMAIN
        self.store.command("DEL", lease)
        self.store.command("HSET", lease, "until", int(time.time()) + 30)
        self.assert_body("alice", expected.not_trusted(self.jid("alice")), status=503)
        flags = "xmpp:publish:{%s}" % DOMAIN
        self.store.command("DEL", flags)
        self.store.command("SET", flags, "yes")
        self.assert_not_found()

    def test_own_yes_without_record_is_offline(self):
        jid = self.jid("nobdy")
        self.store.publish(jid)
        self.assert_body("nobdy", expected.presence(jid, unavailable=True))

    def test_flipping_a_flag_shows_in_the_next_request(self):
        jid = self.jid("alice")
        shown = expected.presence(jid, show="dnd")
        with Connection(self.system.nginx.port) as connection:
            for number in range(FLIPS):
                # The domain's flag and the user's in turn.
                flag = (DOMAIN, jid)[number % 2]
                self.store.publish(flag, "no")
                response = connection.request(LOCATION + jid)
                self.assertEqual((response.status, response.body), (404, expected.not_found(jid)))
                self.store.publish(flag, "yes")
                response = connection.request(LOCATION + jid)
                self.assertEqual((response.status, response.body), (200, shown))

    def test_nothing_of_a_user_gets_into_another_users_key(self):
        # The key of a record ends with the local part, so its shape is the user's to choose.
        self.store.write_record("bobby}:alice@" + DOMAIN, type="available", show="chat")
        self.assert_body("alice", expected.presence(self.jid("alice"), show="dnd"))
        for raw in ("alice%0A", "alice%00", "alice%20", "ali%22ce", "%3Aalice"):
            with self.subTest(raw):
                response = self.system.get(f"{raw}@{DOMAIN}")
                self.assertEqual(response.status, 400)


if __name__ == "__main__":
    unittest.main()
