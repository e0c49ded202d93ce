"""A server that shows the bot less than before, or fails to say what it shows: by a stand-in."""

import time

from bot_test import RECOVER_S, About, BotTest
from redis_wire import RedisWire
from sandbox.certificate import Certificate
from sandbox.deadline import wait_until
from sandbox.redis_server import BOT as REDIS_BOT
from sandbox.system import BOT_USER, DOMAIN
from standin import StandIn

BOT = f"{BOT_USER}@{DOMAIN}"
LEASE = f"xmpp:bot:{{{DOMAIN}}}"
LEASE_S = 30.0
# Users, and how much longer each answer to 256 writes takes; until all of them are written.
MANY, DELAY_S, WRITTEN_S = 40000, 0.14, 90.0
ALICE = "<item jid='alice@{0}' subscription='both'/>".format(DOMAIN)


def presence(user, resource="/phone", kind=""):
    return f"<presence from='{user}@{DOMAIN}{resource}' to='{BOT}/xmpp-status'{kind}/>".encode()


class Servers(BotTest):
    """Each test has a server and a bot of its own; most start with alice online."""

    @classmethod
    def prepare(cls, system):
        system.certificate = Certificate(system.directory, (DOMAIN,))

    def serve(self, sync, configuration=None, **options):
        self.server = self.system.server = StandIn(
            DOMAIN, BOT, self.system.certificate, sync, **options
        )
        self.system.bot = self.system.new_bot(DOMAIN, configuration)
        self.addCleanup(self.store.command, "FLUSHALL")
        self.addCleanup(self.bot.stop)
        self.bot.start()

    def start(self, **options):
        self.serve(presence("alice"), **options)
        self.bot.wait_synced()
        self.assert_online_soon("alice")

    def said(self, words):
        return words in self.bot.process.log()

    def assert_believes_nothing(self, words):
        """After a new login with its sync nothing has been written, nor vouched for again."""
        logins = self.server.logins
        self.server.end_session()
        wait_until(lambda: self.server.logins > logins, "the next login", RECOVER_S)
        until = self.store.lease(DOMAIN)[0]
        wait_until(lambda: self.server.logins > logins + 1, "a login after that", RECOVER_S)
        self.assertEqual(self.store.lease(DOMAIN)[0], until)
        self.assert_record("alice", type="available")
        self.assertTrue(self.said(words))

    def assert_recovers(self):
        self.server.sync = presence("alice") + presence("bob")
        self.assert_online_soon("bob", RECOVER_S)
        self.assert_record("alice", type="available")

    def test_refused_roster(self):
        self.start(privileged=False, roster=ALICE)
        self.server.roster, self.server.sync = None, b""
        self.assert_believes_nothing("the server refused our request for the roster")
        self.server.roster = ALICE + ALICE.replace("alice", "bob")
        self.assert_recovers()

    def test_roster_that_is_empty_all_of_a_sudden(self):
        self.start(privileged=False, roster=ALICE)
        self.server.roster, self.server.sync = "", b""
        self.assert_believes_nothing("the server does not show everybody's presence any more")
        self.server.roster = ALICE + ALICE.replace("alice", "bob")
        self.assert_recovers()

    def test_privilege_that_is_gone_while_somebody_is_in_the_roster(self):
        self.start()
        self.server.privileged, self.server.sync = False, presence("carol")
        self.server.roster = ALICE.replace("alice", "carol")
        self.assert_believes_nothing("the server does not show everybody's presence any more")
        self.server.privileged = True
        self.assert_recovers()

    def test_privilege_that_is_withdrawn_in_the_session(self):
        self.start()
        logins = self.server.logins
        self.server.privileged = False
        self.server.send(
            f"<message from='{DOMAIN}' to='{BOT}'><privilege xmlns='urn:xmpp:privilege:2'>"
            "<perm access='presence' type='none'/></privilege></message>".encode()
        )
        wait_until(lambda: self.server.logins > logins, "the next login", RECOVER_S)
        self.assertTrue(self.said("the server does not show everybody's presence any more"))
        self.server.privileged = True
        self.assert_recovers()

    def test_answer_to_a_subscribe_is_no_presence(self):
        """Prosody repeats an old request of ours at each login, and answers it from the bare JID."""
        self.start()
        self.server.send(presence("alice", "", " type='unavailable'") + presence("bob"))
        self.assert_online_soon("bob")
        self.assert_record("alice", type="available")

    def test_roster_does_not_matter_to_the_privileged(self):
        """Whoever ends a subscription to the bot, or did so unseen, is shown as before."""
        roster = ALICE + ALICE.replace("alice", "bob")
        self.start(roster=roster)
        push = ALICE.replace("both", "remove")
        self.server.send(
            f"<iq type='set' id='push'><query xmlns='jabber:iq:roster'>{push}</query></iq>".encode()
            + presence("bob") + presence("bob", kind=" type='unavailable'")
        )
        self.assert_left_soon("bob")
        self.assert_all_written()
        self.assert_record("alice", type="available")
        left = self.record("bob")
        self.server.roster = roster.replace("bob", "carol")
        self.server.sync += presence("erin")
        self.server.end_session()
        self.assert_online_soon("erin", RECOVER_S)
        self.assert_all_written("frank")
        self.assert_record("bob", **left)

    def test_full_jid_still_leaves(self):
        self.start()
        self.server.send(presence("alice", kind=" type='unavailable'"))
        self.assert_left_soon("alice")

    def leave_with_words(self):
        """Alice has said goodbye a while ago, as the server tells now. Returns the record."""
        left_s = int(time.time()) - 1000
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(left_s))
        self.server.send(
            f"<presence from='alice@{DOMAIN}/phone' type='unavailable'><status>bye</status>"
            f"<delay xmlns='urn:xmpp:delay' stamp='{stamp}'/></presence>".encode()
        )
        record = {"type": "unavailable", "last": str(left_s), "status": "bye"}
        self.assert_record_soon("alice", **record)
        return record

    def restart_bot(self):
        self.bot.stop()
        self.bot.start()

    def come_back(self, again, last_s):
        """The bot begins anew, in one way or another, and is told that alice left at `last_s`."""
        asked = len(self.server.asked)
        self.server.sync, self.server.last = b"", {self.jid("alice"): last_s}
        again()
        wait_until(
            lambda: self.jid("alice") in self.server.asked[asked:], "the bot to ask", RECOVER_S
        )
        self.assert_all_written()

    def test_parting_words_outlast_a_restart(self):
        """The server remembers when she left, and nobody but Redis with what words."""
        self.start(privileged=False, roster=ALICE + ALICE.replace("alice", "dave"))
        left = self.leave_with_words()
        left_s = int(left["last"])
        self.come_back(self.restart_bot, left_s)
        self.assert_record("alice", **left)
        self.come_back(self.restart_bot, left_s + 500)  # she came and went again meanwhile
        self.assert_record("alice", type="unavailable", last=About(left_s + 500))

    def test_parting_words_end_with_the_next_visit(self):
        """Which the bot has not seen, but has not been ended meanwhile either."""
        self.start()
        left_s = int(self.leave_with_words()["last"])
        self.come_back(self.server.end_session, left_s + 500)
        self.assert_record("alice", type="unavailable", last=About(left_s + 500))

    def test_bot_without_the_right_to_scan(self):
        """It cannot look for records of those who are not in the roster, and that is all."""
        self.store.command("ACL", "SETUSER", REDIS_BOT, "-scan")
        self.addCleanup(self.store.command, "ACL", "SETUSER", REDIS_BOT, "+scan")
        self.start(privileged=False, roster=ALICE)
        wait_until(lambda: self.said("not looking for records"), "the warning")
        self.server.send(presence("alice", kind=" type='unavailable'"))
        self.assert_left_soon("alice")
        self.assertFalse(self.said("cannot write to Redis"))

    def test_lease_outlasts_the_writing_of_many_records(self):
        """Writes that take longer than it lasts would otherwise lose it, and begin anew, for ever."""
        wire = RedisWire(self.system.redis.socket_path, self.system.path("slow.sock"))
        self.addCleanup(wire.close)
        configuration = self.system.new_configuration("slow")
        configuration.redis_paths = {"bot": wire.address}
        configuration.redis_timeout_ms = 5000
        wire.delay_s = DELAY_S
        self.serve(b"".join(presence(f"user{number}") for number in range(MANY)), configuration)
        begin = time.monotonic()
        self.bot.wait_synced(WRITTEN_S)
        self.assertGreater(time.monotonic() - begin, LEASE_S, "it was not slow enough to tell")
        self.assertEqual(self.store.command("SCARD", f"xmpp:online:{{{DOMAIN}}}"), MANY)

    def test_another_bot_knew_better_meanwhile(self):
        """Who left before the other bot was in charge may have come and gone since."""
        self.start()
        self.server.send(presence("bob") + presence("bob", kind=" type='unavailable'"))
        self.assert_left_soon("bob")
        until = int(time.time()) + int(LEASE_S)
        self.store.command("SET", LEASE, f"{until} another/1")
        self.server.send(presence("erin"))  # which it may not write any more
        wait_until(lambda: self.said("another bot has the lease"), "the bot to yield")
        later = {"type": "unavailable", "last": str(until)}
        self.store.write_record(self.jid("bob"), **later)
        self.store.command("DEL", LEASE)
        self.bot.wait_synced()
        self.assert_all_written()
        self.assert_record("bob", **later)

    def test_another_bot_knew_better_unseen(self):
        """It was in charge while this one waited to log in again, or could not reach Redis."""
        self.start()
        self.server.send(presence("bob") + presence("bob", kind=" type='unavailable'"))
        self.assert_left_soon("bob")
        self.server.sync = presence("dave")
        self.server.end_session()
        wait_until(lambda: self.said("next attempt in"), "the end of the session")
        later = {"type": "unavailable", "last": str(int(time.time()) + 1), "status": "bye"}
        self.store.write_record(self.jid("bob"), **later)
        self.store.command("DEL", LEASE)  # which the other bot has given up again
        self.bot.wait_synced(RECOVER_S)
        self.assert_record("dave", type="available")
        self.assert_record("bob", **later)

    def assert_all_written(self, witness="dave"):
        self.server.send(presence(witness))
        self.assert_online_soon(witness, RECOVER_S)
