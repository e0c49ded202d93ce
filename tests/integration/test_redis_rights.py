"""The users of Redis that we ship: each can do what it needs and is refused all the rest."""

import os
import re
import socket
import stat
import subprocess
import tempfile
import time
import unittest

import redis

from sandbox.redis_server import ADMIN, BOT, PANEL, RESPONDER, SHIPPED, RedisServer
from sandbox.store import RedisError, encode

FLAGS = "xmpp:publish:{d.example}"
RECORD = "xmpp:presence:{d.example}:alice"
ONLINE = "xmpp:online:{d.example}"
LEASE = "xmpp:bot:{d.example}"
FIGURES = "xmpp:metrics:{d.example}"
OTHER = "somebody:else"
INVALIDATE = "__redis__:invalidate"

REFUSAL = (
    "NOPERM|The user executing the script can't|"
    "^ERR (DEBUG|MODULE) command not allowed"
)
# What Redis lets everybody do, even without a password.
FOR_EVERYBODY = {"auth", "hello", "quit", "reset"}
ALLOWED = {
    RESPONDER: {"ping", "get", "hmget", "client|id", "client|tracking", "subscribe"},
    BOT: {
        "ping", "role", "eval", "evalsha", "script|load", "get", "set", "del", "expire",
        "expireat", "type", "hmget", "hset", "sadd", "srem", "smembers", "scan",
    },
    PANEL: {
        "ping", "role", "wait", "multi", "exec", "discard", "eval", "scan", "type", "ttl",
        "exists", "get", "hget", "hmget", "hgetall", "hkeys", "hlen", "hexists", "hscan", "hset", "hdel",
        "scard", "sismember", "smismember", "smembers", "sscan", "del", "srem",
    },
}

# On which keys each user may do what, by command; everything else must be refused.
READS = [
    ("GET", LEASE), ("HMGET", FLAGS, "d.example"), ("HMGET", RECORD, "type", "last"),
]
BOT_WRITES = [
    ("SET", LEASE, "0 bot/1", "EX", "30"), ("EXPIRE", LEASE, "30"), ("DEL", LEASE),
    ("DEL", RECORD), ("HSET", RECORD, "type", "available"), ("EXPIREAT", RECORD, "9999999999"),
    ("SADD", ONLINE, "alice"), ("SREM", ONLINE, "alice"),
]
BOT_FIGURES = [
    ("HSET", FIGURES, "stanzas", "1"), ("EXPIRE", FIGURES, "60"), ("DEL", FIGURES),
]
PANEL_WRITES = [("HSET", FLAGS, "d.example", "yes"), ("HDEL", FLAGS, "alice@d.example")]
PANEL_ERASES = [("DEL", RECORD), ("SREM", ONLINE, "alice")]
PANEL_READS = [
    ("HGETALL", FLAGS), ("HGETALL", RECORD), ("HSCAN", FLAGS, "0"), ("HGET", RECORD, "type"),
    ("SMEMBERS", ONLINE), ("SCARD", ONLINE), ("SISMEMBER", ONLINE, "alice"), ("TTL", LEASE),
    ("EXISTS", FLAGS), ("TYPE", RECORD), ("SCAN", "0", "MATCH", "xmpp:publish:*"),
    ("HKEYS", FLAGS), ("HLEN", FLAGS), ("HEXISTS", FLAGS, "d.example"), ("SSCAN", ONLINE, "0"),
    ("SMISMEMBER", ONLINE, "alice", "bob"), ("GET", LEASE), ("HMGET", RECORD, "type"),
]
BOT_READS = [
    ("GET", LEASE), ("HMGET", RECORD, "type", "last"), ("SMEMBERS", ONLINE), ("TYPE", RECORD),
    ("SCAN", "0", "MATCH", "xmpp:presence:*"),
]
ON_OTHERS = [
    ("GET", OTHER), ("SET", OTHER, "x"), ("DEL", OTHER), ("HMGET", OTHER, "x"),
    ("HSET", OTHER, "x", "y"), ("HGETALL", OTHER), ("SMEMBERS", OTHER),
]


def as_eval(command):
    """The command in a script, its key declared as such and not."""
    code = "return redis.call(unpack(ARGV))"
    yield ("EVAL", code, "1", command[1], *command)
    yield ("EVAL", code, "0", *command)


class RedisRights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        cls.redis = RedisServer(directory, append_only=True)
        cls.redis.start()
        cls.addClassCleanup(cls.redis.stop)

    def setUp(self):
        self.redis.store.command("FLUSHALL")
        self.redis.store.command("HSET", FLAGS, "d.example", "yes")
        self.redis.store.command("HSET", RECORD, "type", "available")
        self.redis.store.command("SADD", ONLINE, "alice")
        self.redis.store.command("SET", LEASE, "9 bot/1")

    def assert_allowed(self, user, *commands):
        for command in commands:
            with self.subTest(user=user, command=command):
                self.redis.store_of(user).command(*command)

    def assert_refused(self, user, *commands):
        """The refusal is one of rights, or Redis lets nobody do it; not of arguments or types."""
        for command in commands:
            with self.subTest(user=user, command=command):
                with self.assertRaisesRegex(RedisError, REFUSAL):
                    self.redis.store_of(user).command(*command)

    def assert_may_run(self, user, command):
        """It may fail for any reason but that the command itself is forbidden."""
        with self.subTest(user=user, command=command):
            try:
                self.redis.store_of(user).command(*command)
            except RedisError as error:
                self.assertNotIn("no permissions to run", str(error))

    def test_responder_reads_and_no_more(self):
        self.assert_allowed(RESPONDER, ("PING",), *READS, ("HMGET", FIGURES, "stanzas"))
        self.assert_refused(
            RESPONDER, *BOT_WRITES, *BOT_FIGURES, *PANEL_WRITES, *PANEL_ERASES, *ON_OTHERS,
            ("SCAN", "0"), ("KEYS", "*"), ("EVAL", "return 1", "0"),
        )

    def test_responder_is_told_whether_a_replica_is_current(self):
        """Redis looks at the first word only, so that this gives all sections: none has a key."""
        self.assert_allowed(RESPONDER, ("INFO", "replication"))
        self.assert_refused(RESPONDER, ("INFO",), ("INFO", "server"), ("INFO", "everything"))
        for user in (BOT, PANEL):
            self.assert_refused(user, ("INFO", "replication"))

    def test_writers_find_out_whether_they_have_the_master(self):
        for user in (BOT, PANEL):
            self.assert_allowed(user, ("ROLE",))
        self.assert_refused(RESPONDER, ("ROLE",), ("WAIT", "0", "1"))
        self.assert_allowed(PANEL, ("WAIT", "0", "1"))

    def test_responder_is_told_of_changes_and_of_nothing_else(self):
        with open(self.redis.password_file(RESPONDER), encoding="ascii") as file:
            password = file.readline().rstrip("\n")

        def connect():
            client = redis.Redis(
                unix_socket_path=self.redis.socket_path, username=RESPONDER, password=password,
                single_connection_client=True, socket_timeout=5,
            )
            self.addCleanup(client.close)
            return client

        listener, data = connect(), connect()
        channel = listener.pubsub()
        self.addCleanup(channel.close)
        channel.connection = listener.connection
        number = listener.client_id()
        channel.subscribe(INVALIDATE)
        data.execute_command("CLIENT", "TRACKING", "ON", "REDIRECT", str(number))
        data.hmget(FLAGS, "d.example")
        self.redis.store_of(PANEL).command("HSET", FLAGS, "d.example", "no")
        end = time.monotonic() + 5
        message = None
        while (message is None or message["type"] != "message") and time.monotonic() < end:
            message = channel.get_message(timeout=1)
        self.assertEqual(message["data"], [FLAGS.encode()])
        self.assert_refused(
            RESPONDER, ("SUBSCRIBE", "other"), ("PSUBSCRIBE", "*"), ("PUBLISH", INVALIDATE, "x"),
            ("SUBSCRIBE", "__keyspace@0__:x"),
        )

    def test_bot_writes_what_it_sees_and_never_a_flag(self):
        self.assert_allowed(BOT, ("PING",), *BOT_READS, *BOT_WRITES, *BOT_FIGURES)
        sha = self.redis.store_of(BOT).command("SCRIPT", "LOAD", "return 1")
        self.assert_allowed(BOT, ("EVALSHA", sha, "3", LEASE, ONLINE, RECORD))
        for write in (*BOT_WRITES, *BOT_FIGURES):
            self.assert_allowed(BOT, *as_eval(write))
        for touch in (("HMGET", FLAGS, "d.example"), ("HSET", FLAGS, "d.example", "yes"),
                      ("DEL", FLAGS), *ON_OTHERS):
            self.assert_refused(BOT, touch, *as_eval(touch))
        self.assert_refused(BOT, *PANEL_WRITES, ("RENAME", RECORD, FLAGS), ("COPY", RECORD, FLAGS))
        self.assertEqual(self.redis.store.command("HGET", FLAGS, "d.example"), b"yes")

    def test_bot_can_be_kept_to_its_domain(self):
        """By the line in docs/security.md, which has the rights of the shipped user but for keys."""
        with open(os.path.join(SHIPPED, "../../docs/security.md"), encoding="utf-8") as file:
            line = re.search(r"^user (xmpp-bot-example\.org) on (.*)$", file.read(), re.MULTILINE)
        with open(os.path.join(SHIPPED, "xmpp-status.acl"), encoding="ascii") as file:
            shipped = re.search(r"^user xmpp-bot on (.*)$", file.read(), re.MULTILINE)
        user, rules = line[1], line[2].replace("example.org", "d.example")
        own = shipped[1].replace("presence:*", "presence:{d.example}:*")
        self.assertEqual(rules, re.sub(r"(xmpp:\w+:)\*", r"\1{d.example}", own))
        with open(self.redis.password_file(user), "w", encoding="ascii") as file:
            file.write("one domain\n")
        self.redis.store.command("ACL", "SETUSER", user, "on", ">one domain", *rules.split())
        self.addCleanup(self.redis.store.command, "ACL", "DELUSER", user)
        self.assert_allowed(user, *BOT_READS, *BOT_WRITES)
        for write in BOT_WRITES:
            other = [word.replace("{d.example}", "{other.example}") for word in write]
            self.assert_refused(user, other, *as_eval(other))
        self.assert_refused(user, ("HSET", FLAGS, "d.example", "yes"))

    def test_panel_writes_flags_reads_ours_and_erases_users(self):
        self.assert_allowed(PANEL, ("PING",), *READS, *PANEL_READS, *PANEL_WRITES)
        for write in (*PANEL_WRITES, *PANEL_ERASES):
            self.assert_allowed(PANEL, write, *as_eval(write))
        for touch in (
            ("HSET", RECORD, "type", "available"), ("SADD", ONLINE, "alice"),
            ("SET", LEASE, "9999999999 x"), ("DEL", LEASE), ("EXPIRE", LEASE, "1"),
            ("DEL", FLAGS), ("DEL", ONLINE), ("HMGET", FIGURES, "stanzas"), *BOT_FIGURES,
            *ON_OTHERS,
        ):
            self.assert_refused(PANEL, touch, *as_eval(touch))

    def test_every_command_that_is_not_needed_is_refused(self):
        """Every command that this Redis knows, with as many arguments as it wants."""
        known = self.redis.store.command("COMMAND", "LIST")
        self.assertGreater(len(known), 200)
        for user, allowed in ALLOWED.items():
            self.assertLessEqual(allowed, {name for name, _ in self.all_commands(known)})
            for name, words in self.all_commands(known):
                if name in allowed:
                    self.assert_may_run(user, words)
                elif name not in FOR_EVERYBODY:
                    self.assert_refused(user, words)

    def all_commands(self, known):
        """Yields (name, words) of all commands, of those with subcommands each of them."""
        for info in self.redis.store.command("COMMAND", "INFO", *known):
            for name, arity in [(sub[0], sub[1]) for sub in info[9]] or [(info[0], info[1])]:
                words = name.decode().split("|")
                yield name.decode(), (*words, *["1"] * (abs(arity) - len(words)))

    def test_nobody_without_a_password(self):
        with redis.Redis(unix_socket_path=self.redis.socket_path) as client:
            with self.assertRaises(redis.AuthenticationError):
                client.ping()
        for user in (ADMIN, RESPONDER, BOT, PANEL, "default"):
            for password in ("", "wrong"):
                with redis.Redis(
                    unix_socket_path=self.redis.socket_path, username=user, password=password
                ) as client, self.subTest(user=user, password=password):
                    with self.assertRaisesRegex(redis.RedisError, "WRONGPASS|invalid username"):
                        client.execute_command("AUTH", user, password)

    def test_shipped_settings_hold(self):
        for setting, value in (
            ("appendonly", b"yes"), ("appendfsync", b"everysec"),
            ("maxmemory-policy", b"noeviction"),
        ):
            self.assertEqual(
                self.redis.store.command("CONFIG", "GET", setting), [setting.encode(), value]
            )
        with open(os.path.join(SHIPPED, "xmpp-status.conf"), encoding="ascii") as file:
            settings = [line.split() for line in file if re.match("[a-z]", line)]
        self.assertEqual(settings, [
            ["appendonly", "yes"], ["maxmemory-policy", "noeviction"],
            ["unixsocket", "/run/redis/redis-server.sock"], ["unixsocketperm", "770"],
            ["aclfile", "/etc/redis/xmpp-status.acl"],
        ])

    def append_only_server(self):
        directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        server = RedisServer(directory, append_only=True)
        server.start()
        self.addCleanup(server.stop)
        return server

    def test_a_block_survives_a_crash(self):
        server = self.append_only_server()
        server.store_of(PANEL).command("HSET", FLAGS, "alice@d.example", "no")
        server.process.kill()
        server.start()
        self.assertEqual(server.store_of(PANEL).command("HGET", FLAGS, "alice@d.example"), b"no")

    def test_flags_of_a_transaction_survive_a_restart(self):
        """Redis reads its append-only file with the rights of a user who is off."""
        server = self.append_only_server()
        with open(server.password_file(PANEL), encoding="ascii") as file:
            password = file.readline().rstrip("\n")
        panel = redis.Redis(
            unix_socket_path=server.socket_path, username=PANEL, password=password
        )
        with panel.pipeline(transaction=True) as transaction:
            transaction.hset(FLAGS, "alice@d.example", "no")
            transaction.hset(FLAGS, "bob@d.example", "no")
            transaction.execute()
        panel.close()
        server.stop()
        server.start()
        flags = server.store_of(PANEL).command("HMGET", FLAGS, "alice@d.example", "bob@d.example")
        self.assertEqual(flags, [b"no", b"no"])

    def test_user_who_is_off_cannot_be_had_for_all_its_rights(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock, sock.makefile("rb") as file:
            sock.connect(self.append_only_server().socket_path)
            for command, refusal in (
                ("GET", b"-NOAUTH"), ("AUTH", b"-WRONGPASS"), ("HELLO", b"-WRONGPASS"),
            ):
                arguments = {"GET": [FLAGS], "AUTH": ["default", ""],
                             "HELLO": ["2", "AUTH", "default", ""]}[command]
                sock.sendall(encode(command, *arguments))
                self.assertTrue(file.readline().startswith(refusal), command)


class Passwords(unittest.TestCase):
    """add-passwords, and the file as it is shipped."""

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        with open(os.path.join(SHIPPED, "xmpp-status.acl"), encoding="ascii") as file:
            self.shipped = file.read()

    def add(self, text, directory=None):
        return subprocess.run(
            [os.path.join(SHIPPED, "add-passwords"), directory or self.directory], input=text,
            capture_output=True, text=True, check=False, timeout=20,
        )

    def test_shipped_file_holds_no_password(self):
        self.assertNotRegex(self.shipped, "nopass|[ ][>#]")
        self.assertRegex(self.shipped, r"(?m)^user default off ~\* &\* \+@all$")

    def test_each_user_gets_a_password_that_stays(self):
        first = self.add(self.shipped)
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        files = sorted(os.listdir(self.directory))
        self.assertEqual(files, sorted(f"{u}.password" for u in (ADMIN, RESPONDER, BOT, PANEL)))
        passwords = set()
        for name in files:
            path = os.path.join(self.directory, name)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            with open(path, encoding="ascii") as file:
                password = file.read()
            self.assertRegex(password, r"\A[0-9a-f]{64}\n\Z")
            self.assertNotIn(password.strip(), first.stdout)
            passwords.add(password)
        self.assertEqual(len(passwords), 4)
        self.assertEqual(self.add(self.shipped).stdout, first.stdout)
        self.assertEqual(self.add(first.stdout).stdout, first.stdout)

    def test_password_of_ones_own_is_used(self):
        path = os.path.join(self.directory, "me.password")
        with open(path, "w", encoding="ascii") as file:
            file.write("abc")
        digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        self.assertEqual(self.add("user me on ~*\n").stdout, f"user me on #{digest} ~*\n")

    def test_last_line_may_lack_its_end(self):
        whole = self.add(self.shipped + "user last on ~*\n")
        self.assertRegex(whole.stdout, r"\nuser last on #[0-9a-f]{64} ~\*\n\Z")
        self.assertEqual(self.add(self.shipped + "user last on ~*").stdout, whole.stdout)

    def test_wrong_usage_and_an_empty_password(self):
        self.assertEqual(self.add(self.shipped, "/nonexistent").returncode, 1)
        with open(os.path.join(self.directory, "me.password"), "w", encoding="ascii"):
            pass
        done = self.add("user me on ~*\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("me.password is empty", done.stderr)


if __name__ == "__main__":
    unittest.main()
