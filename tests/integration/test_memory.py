"""What the responder remembers is what Redis would say: rule by rule, and whatever breaks."""

import time
import unittest

import redis

import expected
import monitor
from redis_wire import DATA, NEWS, RedisWire
from sandbox.deadline import wait_until
from sandbox.redis_server import RESPONDER
from sandbox.store import lease_key, presence_key
from sandbox.system import DOMAIN
from system_test import SystemTest

OTHER_DOMAIN = "tiggerswetl.net"
# Commands that a JID costs that is not remembered: flags, lease, record.
LOOKUP_COMMANDS = 3
# A beat, and as long again for its answer; the rest is for a busy machine.
NEWS_SILENCE_S = 0.5 + 0.5 + 0.5
# A beat, and the timeout of the data connection.
DATA_SILENCE_S = 0.5 + 0.25 + 0.5
# A pause of a second before it connects anew.
RECOVERY_S = 5.0
REFUSED = "cannot hear what changes, so asking Redis each time"
AGAIN = "hearing what changes in Redis again"
# Of a responder in trouble: a tenth of a core.
CPU_SHARE = 0.1


class MemoryTest(SystemTest):
    """Flags, lease and records are written by the test; no bot runs."""

    cache_entries = None
    # What news may take.
    heard_s = 0.1

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        cls.configure(system)
        if cls.cache_entries is not None:
            system.configuration.fcgi_keys = {"cache_entries": cls.cache_entries}
        system.configuration.write()
        system.start_responder()
        system.start_nginx()

    @classmethod
    def configure(cls, system):
        pass

    def setUp(self):
        self.store = self.system.store
        self.fill()

    def fill(self):
        self.store.command("FLUSHALL")
        for domain in (DOMAIN, OTHER_DOMAIN):
            self.store.publish(domain)
            self.store.write_lease(domain, time.time() + 50, ttl_s=50)
            for user in ("alice", "bobby"):
                self.write(user, "dnd", domain)

    def write(self, user, show, domain=DOMAIN):
        self.store.write_record(self.jid(user, domain), type="available", show=show)

    def asked(self, user, domain=DOMAIN):
        """How many commands it takes to answer for a user now."""
        with monitor.Monitor(self.store) as seen:
            self.system.get(self.jid(user, domain))
            return sum(line.startswith(('"GET"', '"HMGET"')) for line in seen.commands())

    def wait_remembered(self, user="alice", domain=DOMAIN):
        wait_until(
            lambda: self.asked(user, domain) == 0, f"an answer for {user} from memory", RECOVERY_S
        )

    def assert_answer(self, jid, status, body, within=None):
        """Once it is there, it stays."""
        def is_there():
            response = self.system.get(jid)
            return (response.status, response.body) == (status, body)

        wait_until(is_there, f"{status} {body} for {jid}", within or self.heard_s)
        self.assertTrue(is_there(), jid)

    def assert_shown(self, user, show, domain=DOMAIN, within=None):
        jid = self.jid(user, domain)
        self.assert_answer(jid, 200, expected.presence(jid, show=show), within)

    def assert_not_found(self, user, domain=DOMAIN):
        jid = self.jid(user, domain)
        self.assert_answer(jid, 404, expected.not_found(jid))

    def assert_not_trusted(self, user, domain=DOMAIN):
        jid = self.jid(user, domain)
        self.assert_answer(jid, 503, expected.not_trusted(jid))

    def assert_trouble_over(self):
        """It remembers again, and hears again what changes."""
        self.wait_remembered()
        for show in ("chat", "away", "dnd"):
            self.write("alice", show)
            self.assert_shown("alice", show)
            self.assertEqual(self.asked("alice"), 0)


class Rules(MemoryTest):
    """With all connections whole, a change shows in the next answer."""

    def setUp(self):
        super().setUp()
        for domain in (DOMAIN, OTHER_DOMAIN):
            for user in ("alice", "bobby"):
                self.wait_remembered(user, domain)

    def test_a_record_drops_its_own_user_alone(self):
        self.write("alice", "away")
        self.assertEqual(self.asked("bobby"), 0)
        self.assert_shown("alice", "away")
        self.assertEqual(self.asked("alice"), 0)

    def test_a_lease_drops_no_user(self):
        self.store.write_lease(DOMAIN, time.time() + 40)
        self.assertEqual(self.asked("alice"), LOOKUP_COMMANDS)  # the lease came along
        self.assertEqual(self.asked("bobby"), 0)
        self.assertEqual(self.asked("alice", OTHER_DOMAIN), 0)

    def test_a_flag_drops_the_flags_of_its_domain(self):
        self.store.publish(self.jid("celia"), "no")
        for user in ("alice", "bobby"):
            self.assertEqual(self.asked(user), LOOKUP_COMMANDS)
            self.assertEqual(self.asked(user), 0)
            self.assertEqual(self.asked(user, OTHER_DOMAIN), 0)

    def test_flags_show_at_once(self):
        self.store.publish(self.jid("alice"), "no")
        self.assert_not_found("alice")
        self.assert_shown("bobby", "dnd")
        self.store.publish(DOMAIN, "no")
        self.assert_not_found("bobby")
        self.store.publish(DOMAIN)
        self.assert_shown("bobby", "dnd")
        self.assert_not_found("alice")
        self.store.unset(self.jid("alice"))
        self.assert_shown("alice", "dnd")

    def test_absent_keys_are_remembered_and_heard_of(self):
        self.assert_not_found("nobdy")
        self.assertEqual(self.asked("nobdy"), 0)
        self.write("nobdy", "chat")
        self.assert_shown("nobdy", "chat")
        self.store.command("DEL", presence_key(self.jid("nobdy")))
        self.assert_not_found("nobdy")
        self.assertEqual(self.asked("nobdy"), 0)

    def test_absent_flags_and_leases_are_remembered_and_heard_of(self):
        domain = "new.example"
        self.addCleanup(self.store.command, "DEL", "xmpp:publish:{%s}" % domain)
        self.write("alice", "chat", domain)
        self.assert_not_found("alice", domain)
        self.assertEqual(self.asked("alice", domain), 0)
        self.store.publish(domain)
        self.assert_not_trusted("alice", domain)
        self.assertEqual(self.asked("alice", domain), 0)
        self.store.write_lease(domain, time.time() + 30)
        self.assert_shown("alice", "chat", domain)
        self.store.command("DEL", lease_key(domain))
        self.assert_not_trusted("alice", domain)

    def test_a_lease_that_runs_out_is_noticed_in_memory(self):
        self.store.write_lease(DOMAIN, time.time() + 2, ttl_s=30)
        self.assert_shown("alice", "dnd")
        wait_until(
            lambda: self.system.get(self.jid("alice")).status == 503, "the end of the lease", 3.0
        )
        self.assertEqual(self.asked("alice"), 0)

    def test_a_lease_that_expires_is_heard_of(self):
        key = lease_key(DOMAIN)
        self.store.command("SET", key, f"{int(time.time()) + 50} sandbox", "PX", 700)
        self.assert_shown("alice", "dnd")
        start = time.monotonic()
        wait_until(
            lambda: self.system.get(self.jid("alice")).status == 503, "the end of the lease", 3.0
        )
        self.assertGreater(time.monotonic() - start, 0.3)

    def test_a_record_that_expires_is_heard_of(self):
        self.store.command("PEXPIRE", presence_key(self.jid("alice")), 700)
        self.assert_shown("alice", "dnd")
        wait_until(
            lambda: self.system.get(self.jid("alice")).status == 404, "the end of the record", 3.0
        )

    def test_an_emptied_database_empties_memory(self):
        for command in ("FLUSHALL", "FLUSHDB"):
            self.store.command(command)
            self.assert_not_found("alice")
            self.assert_not_found("bobby")
            self.fill()
            self.assert_shown("alice", "dnd")
            self.assertEqual(self.asked("alice"), 0)  # tracking went on
            self.assertEqual(self.asked("bobby"), LOOKUP_COMMANDS)

    def test_keys_that_redis_stops_tracking_are_forgotten(self):
        self.store.command("CONFIG", "SET", "tracking-table-max-keys", 1)
        self.addCleanup(self.store.command, "CONFIG", "SET", "tracking-table-max-keys", 1000000)
        for show in ("chat", "away", "dnd", "chat", "away"):
            for user in ("alice", "bobby"):
                self.write(user, show)
                self.assert_shown(user, show)


class Trouble(MemoryTest):
    """Connections that end, fall silent or are refused, on a wire."""

    is_tcp = False
    # The wire is slow.
    heard_s = 0.5

    @classmethod
    def configure(cls, system):
        path = None if cls.is_tcp else system.path("wire.sock")
        cls.wire = RedisWire(system.redis.socket_path, path)
        cls.addClassCleanup(cls.wire.close)
        system.configuration.redis_path = cls.wire.address

    def setUp(self):
        super().setUp()
        self.wait_remembered()
        self.wait_remembered("bobby")
        self.log_start = len(self.log())

    def log(self):
        return self.system.responder.process.log()

    def new_log(self):
        return self.log()[self.log_start:]

    def test_the_connection_for_news_is_cut(self):
        self.wire.cut(NEWS)
        self.write("alice", "away")
        self.assert_shown("alice", "away")
        self.assert_trouble_over()
        self.assertEqual(self.new_log(), "")

    def test_the_connection_for_data_is_cut(self):
        self.wire.cut(DATA)
        self.write("alice", "away")
        self.assert_shown("alice", "away")
        self.assert_trouble_over()
        self.assertEqual(self.new_log(), "")

    def client_ids(self):
        """{kind: id} of the responder's connections, by Redis's account."""
        ids = {}
        for line in self.store.command("CLIENT", "LIST").decode().splitlines():
            client = dict(pair.split("=", 1) for pair in line.split())
            if client["user"] == RESPONDER:
                ids[NEWS if client["sub"] == "1" else DATA] = client["id"]
        return ids

    def test_redis_kills_one_of_them(self):
        for kind in (DATA, NEWS):
            with self.subTest(kind):
                before = self.client_ids()
                self.store.command("CLIENT", "KILL", "ID", before[kind])
                self.write("alice", "away")
                self.assert_shown("alice", "away", within=RECOVERY_S)
                self.assert_trouble_over()
                # One without the other is worth nothing.
                self.assertFalse(set(before.values()) & set(self.client_ids().values()))

    def test_the_connection_for_news_falls_silent(self):
        self.wire.freeze(NEWS)
        self.write("alice", "away")
        self.assert_shown("alice", "away", within=NEWS_SILENCE_S)
        self.assert_trouble_over()

    def test_the_connection_for_data_falls_silent(self):
        self.wire.freeze(DATA)
        self.write("alice", "away")
        self.assert_shown("alice", "away", within=DATA_SILENCE_S + RECOVERY_S)
        self.assert_trouble_over()

    def test_silence_on_data_is_noticed_without_a_question_to_redis(self):
        self.wire.freeze(None)
        self.addCleanup(self.wire.thaw)
        self.wait_status("alice", 503, DATA_SILENCE_S)  # answers for alice come from memory
        self.wire.thaw()
        self.wait_status("alice", 200, RECOVERY_S)
        self.assert_trouble_over()

    def test_a_responder_that_stood_still_trusts_nothing(self):
        process = self.system.responder.process
        process.freeze()
        self.addCleanup(process.thaw)
        self.wire.freeze(NEWS)
        self.write("alice", "away")
        time.sleep(1.5)  # that it stands still is what is tested
        process.thaw()
        self.assert_body("alice", expected.presence(self.jid("alice"), show="away"))
        self.assert_trouble_over()

    def test_redis_is_restarted(self):
        self.system.redis.stop()
        self.wait_status("alice", 503, DATA_SILENCE_S)
        self.system.redis.start()
        self.wait_status("alice", 404, RECOVERY_S)
        self.fill()
        self.wait_status("alice", 200, RECOVERY_S)
        self.assert_trouble_over()

    def assert_works_without_memory(self, user="alice"):
        for show in ("chat", "away", "dnd"):
            self.write(user, show)
            self.assert_shown(user, show)
            self.assertEqual(self.asked(user), LOOKUP_COMMANDS)

    def test_rights_that_are_missing(self):
        for taken, given in (
            ("-client|tracking", "+client|tracking"), ("-client|id", "+client|id"),
            ("-subscribe", "+subscribe"), ("resetchannels", "&__redis__:invalidate"),
            ("-ping", "+ping"),
        ):
            with self.subTest(taken):
                self.log_start = len(self.log())
                self.store.command("ACL", "SETUSER", RESPONDER, taken)
                try:
                    self.wire.cut(None)
                    wait_until(lambda: REFUSED in self.new_log(), "the refusal", RECOVERY_S)
                    self.assert_works_without_memory()
                    time.sleep(1.2)  # it tries again each second, and that is not worth a line
                    self.assert_works_without_memory()
                    self.assertEqual(self.new_log().count(REFUSED), 1)
                finally:
                    self.store.command("ACL", "SETUSER", RESPONDER, given)
                wait_until(lambda: AGAIN in self.new_log(), "the right to be used", RECOVERY_S)
                self.assert_trouble_over()
                self.assertEqual(len(self.new_log().splitlines()), 2, self.new_log())

    def test_redis_has_no_room_for_a_second_connection(self):
        with open(self.store.password_file, encoding="ascii") as file:
            password = file.read().strip()
        with redis.Redis(
            unix_socket_path=self.store.path, username=self.store.user, password=password,
            single_connection_client=True,
        ) as admin:
            admin.config_set("maxclients", 2)  # this one, and one of the responder's
            try:
                self.wire.cut(None)
                wait_until(lambda: REFUSED in self.new_log(), "the refusal", RECOVERY_S)
                for show in ("chat", "away"):
                    admin.hset(presence_key(self.jid("alice")), "show", show)
                    self.assert_shown("alice", show)
                admin.config_set("maxclients", 1)
                self.wire.cut(None)
                self.wait_status("alice", 503, RECOVERY_S)
            finally:
                admin.config_set("maxclients", 10000)
        self.wait_status("alice", 200, RECOVERY_S)
        self.assert_trouble_over()
        self.assertEqual(self.new_log().count(REFUSED), 1)

    def test_a_connection_for_news_that_ends_at_once_makes_nobody_spin(self):
        self.wire.is_news_refused = True
        try:
            self.wire.cut(None)
            accepted = self.wire.accepted
            process = self.system.responder.process
            start, before = time.monotonic(), process.cpu_seconds()
            while time.monotonic() < start + 3:
                for show in ("chat", "away"):
                    self.write("alice", show)
                    self.assert_shown("alice", show, within=RECOVERY_S)
                time.sleep(0.05)
            seconds = time.monotonic() - start
            # Two a second for each start, and data again when it was lost with the news.
            self.assertLess(self.wire.accepted - accepted, 4 * (seconds + 1))
            self.assertLess((process.cpu_seconds() - before) / seconds, CPU_SHARE)
        finally:
            self.wire.is_news_refused = False
        self.assert_trouble_over()


class Tcp(Trouble):
    """The same on TCP."""

    is_tcp = True


class WithoutMemory(MemoryTest):
    cache_entries = 0

    def client_count(self):
        clients = self.store.command("CLIENT", "LIST").decode()
        return clients.count(f"user={RESPONDER} ")

    def test_redis_is_asked_each_time(self):
        for show in ("chat", "away", "dnd"):
            self.write("alice", show)
            self.assert_shown("alice", show)
            self.assertEqual(self.asked("alice"), LOOKUP_COMMANDS)
        self.assertEqual(self.client_count(), 1)


class TinyMemory(MemoryTest):
    """Room for a domain and two of its users."""

    cache_entries = 3

    def test_of_those_in_use_the_first_goes(self):
        users = ("alice", "bobby", "celia")
        self.write("celia", "dnd")
        self.wait_remembered("alice")
        self.wait_remembered("bobby")
        self.assertEqual(self.asked("alice"), 0)
        self.assertEqual(self.asked("celia"), LOOKUP_COMMANDS)
        self.assertEqual(self.asked("bobby"), 0)
        self.assertEqual(self.asked("celia"), 0)
        self.assertEqual(self.asked("alice"), LOOKUP_COMMANDS)
        for show in ("chat", "away", "xa"):
            for user in users:
                self.write(user, show)
            for user in users + users:
                self.assert_shown(user, show)

    def test_changes_of_what_went_are_harmless(self):
        for number in range(50):
            user = f"user{number % 7}"
            self.write(user, "away")
            self.assert_shown(user, "away")
            self.assert_shown("alice", "dnd", (DOMAIN, OTHER_DOMAIN)[number % 2])
            self.write(user, "chat")
            self.assert_shown(user, "chat")


if __name__ == "__main__":
    unittest.main()
