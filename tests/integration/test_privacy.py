"""What is not published cannot be told apart from what does not exist."""

import re
import time
import unittest

import expected
from sandbox.http import Connection
from sandbox.system import DOMAIN, LOCATION
from system_test import SystemTest

# As long as the other, so that even Content-Length must agree.
OTHER_DOMAIN = "tiggerswelt.org"
FLIPS = 50


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
