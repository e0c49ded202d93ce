"""Passwords go from their file to their use and leave nothing: not in memory, logs or arguments."""

import base64
import contextlib
import errno
import os
import re
import resource
import signal
import subprocess
import tempfile
import unittest

import redis
import seccomp

from bot_test import BotTest
from sandbox import ports
from sandbox.configuration import Configuration
from sandbox.deadline import wait_until
from sandbox.process import environment
from sandbox.redis_server import ACL, BOT, PANEL, RESPONDER
from sandbox.system import BOT_PASSWORD, BOT_USER, DOMAIN
from sentinel_server import MASTER_NAME, REPLICATION_ACL, SENTINEL, SentinelServer
from silent_server import SilentRedis

# For Prosody: the password itself goes over the wire, in base64, as with the weakest of servers.
ONLY_PLAIN = """
disable_sasl_mechanisms = {
    "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS";
}
"""
WRONG_PASSWORD = "never the right password"
SENTINEL_PASSWORD = "sandbox-sentinel-password"
# Another master that Sentinel is told of, which keeps everybody waiting.
SILENT_NAME = "silent"
CHUNK = 1 << 20
# The kernel's, which cannot be read, and a sanitizer's notes about memory, terabytes that are empty.
NOT_OURS = ("[vvar]", "[vvar_vclock]", "[vsyscall]")
SHADOW = 1 << 32
SLEEP_S = 30
PR_SET_DUMPABLE = 4
ATTEMPTS = 3
# Like root without its capabilities, to which other rules would apply; others have none anyway.
POWERLESS = (
    ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--") if os.geteuid() == 0 else ()
)


def memory(pid):
    """All that the process could be made to tell: its readable memory, region by region."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        found = re.findall(r"^(\w+)-(\w+) r\S+ .* (.*)$", file.read(), re.MULTILINE)
    regions = [(int(start, 16), int(end, 16), name) for start, end, name in found]
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for start, end, name in regions:
            if name not in NOT_OURS and end - start < SHADOW:
                file.seek(start)
                yield name, b"".join(
                    iter(lambda end=end: file.read(min(CHUNK, end - file.tell())), b"")
                )


def find(pid, needles):
    """Which of {name: bytes} are in the process's memory, and in which region."""
    return {
        f"{what} in {name or 'anonymous memory'}"
        for name, region in memory(pid) for what, needle in needles.items() if needle in region
    }


def contents(path):
    with open(path, "rb") as file:
        return file.read().rstrip(b"\n")


def refuse_undumpable():
    """Has the kernel refuse this process, and what it becomes, to make itself undumpable."""
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    rules.add_rule(
        seccomp.ERRNO(errno.EPERM), "prctl", seccomp.Arg(0, seccomp.EQ, PR_SET_DUMPABLE)
    )
    rules.load()


class Secrets(BotTest):
    @classmethod
    def prepare(cls, system):
        super().prepare(system)
        system.start_responder()
        system.start_nginx()
        system.store.publish(DOMAIN)

    def setUp(self):
        self.pids = {
            name: process.pid for name, process in (
                ("bot", self.bot.process), ("responder", self.system.responder.process),
            )
        }
        redis = self.system.redis
        plain = f"\0{BOT_USER}\0{BOT_PASSWORD}".encode()
        self.secrets = {
            "XMPP password": BOT_PASSWORD.encode(),
            "XMPP password in base64": base64.b64encode(plain),
            **{
                f"Redis password of {user}": contents(redis.password_file(user))
                for user in (BOT, RESPONDER, PANEL)
            },
        }
        # Both programs have used their passwords.
        self.assertEqual(self.system.get(f"nobody@{DOMAIN}").status, 404)

    def test_memory_of_running_programs_holds_no_password(self):
        for name, pid in self.pids.items():
            self.assertEqual(find(pid, self.secrets), set(), name)

    def test_memory_is_really_looked_at(self):
        for pid in self.pids.values():
            where = find(pid, {"file": self.system.redis.password_file(BOT).encode()})
            self.assertNotEqual(where, set())

    def test_command_line_and_environment_hold_no_password(self):
        for name, pid in self.pids.items():
            for file in ("cmdline", "environ"):
                self.assert_none_in(contents(f"/proc/{pid}/{file}"), (name, file))
            self.assertIn(self.system.configuration.path.encode(), contents(f"/proc/{pid}/cmdline"))

    def test_programs_dump_no_core_and_are_read_by_nobody(self):
        """Not even by their own user, which another domain's bot runs as."""
        sleep = ["sleep", str(SLEEP_S)]
        self.assertEqual(self.exposure(sleep, self.await_exec("sleep")), {"read", "dumped"})
        bot, responder = self.others()
        self.assertEqual(self.exposure(bot, self.await_words(b"started as")), set())
        self.assertEqual(self.exposure(responder, self.await_words(b"serving on")), set())
        with self.waiting_ctl() as (ctl, await_wait):
            self.assertEqual(self.exposure(ctl, await_wait), set())

    def test_programs_that_cannot_prevent_it_do_nothing(self):
        """Linux never refuses; somebody's filter of system calls might."""
        with self.waiting_ctl() as (ctl, _):
            for argv in (*self.others(), ctl):
                done = subprocess.run(
                    argv, capture_output=True, text=True, check=False, timeout=SLEEP_S,
                    env=environment(), preexec_fn=refuse_undumpable,
                )
                self.assertEqual(done.returncode, 1, argv)
                self.assertIn(
                    f"cannot prepare the process: {os.strerror(errno.EPERM)}", done.stderr
                )

    def test_waiting_ctl_holds_no_password(self):
        with self.waiting_ctl() as (ctl, await_wait), subprocess.Popen(ctl) as process:
            try:
                await_wait(process)
                self.assertEqual(find(process.pid, self.secrets), set())
                for file in ("cmdline", "environ"):
                    self.assert_none_in(contents(f"/proc/{process.pid}/{file}"), file)
            finally:
                process.kill()

    def test_refused_password_is_in_no_log_and_in_no_memory(self):
        """A bot that waits before it tries again, which it does with what the file says then."""
        self.secrets["refused password"] = WRONG_PASSWORD.encode()
        path = os.path.join(self.system.configuration.directory, f"{DOMAIN}.password")
        right = contents(path)
        self.addCleanup(self.restart_with, path, right)
        self.restart_with(path, WRONG_PASSWORD.encode(), "login failed")
        self.bot.process.freeze()
        self.addCleanup(self.bot.process.thaw)
        self.assertEqual(find(self.bot.process.pid, self.secrets), set())

    def test_logs_hold_no_password(self):
        for process in (self.bot.process, self.system.responder.process):
            self.assertIn("info: ", process.log())
            self.assert_none_in(process.log().encode(), process.name)

    def assert_none_in(self, text, where):
        found = {what for what, secret in self.secrets.items() if secret in text}
        self.assertEqual(found, set(), where)

    def restart_with(self, path, password, awaited=None):
        self.bot.stop()
        with open(path, "wb") as file:
            file.write(password + b"\n")
        self.bot.start()
        if awaited is None:
            self.bot.wait_synced()
        else:
            # By then the pause before the next attempt is long.
            self.bot.process.wait_ready(
                lambda: self.bot.process.log().count(awaited) >= ATTEMPTS, awaited
            )
        self.assert_none_in(self.bot.process.log().encode(), "log")

    def new_configuration(self, redis_address, **options):
        """One for programs beside the running ones, and not in their way."""
        directory = tempfile.mkdtemp(dir=self.system.directory)
        configuration = Configuration(
            directory, redis_address, os.path.join(directory, "fcgi.sock"),
            redis_users=self.system.redis.users(), **options,
        )
        configuration.name = "another"  # one of the same name would take the lease over
        return configuration

    def others(self):
        """How to start another bot and another responder."""
        configuration = self.new_configuration(self.system.redis.socket_path)
        bot = self.system.new_bot(DOMAIN, configuration)
        return bot.process.argv, [self.system.programs.fcgi, "-c", configuration.path]

    @contextlib.contextmanager
    def waiting_ctl(self):
        """How to start a ctl that logs in and then waits for Redis, and how to wait for that."""
        with contextlib.closing(SilentRedis()) as silent:
            configuration = self.new_configuration(silent.address, redis_timeout_ms=SLEEP_S * 1000)
            self.lead_to(silent, configuration)
            yield (
                [self.system.programs.ctl, "-c", configuration.path, "domains"],
                lambda _: self.assertTrue(silent.asked.wait(SLEEP_S)),
            )

    def lead_to(self, silent, configuration):
        """Has programs with this configuration find that Redis in the way that is tested here."""

    def exposure(self, argv, await_start):
        """What a program lets out once it has started: to its user, and when it fails."""
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        found = set()
        with subprocess.Popen(
            [*POWERLESS, *argv], cwd=self.system.directory, stderr=subprocess.PIPE,
            env=environment(ASAN_OPTIONS="handle_abort=0"),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, unlimited),
        ) as process:
            await_start(process)
            reader = subprocess.run(
                [*POWERLESS, "cat", f"/proc/{process.pid}/auxv"], capture_output=True, check=False,
                timeout=SLEEP_S,
            )
            if reader.returncode == 0 and reader.stdout:
                found.add("read")
            process.send_signal(signal.SIGABRT)
            _, status = os.waitpid(process.pid, 0)
        self.assertEqual(os.WTERMSIG(status), signal.SIGABRT)
        if os.WCOREDUMP(status):
            found.add("dumped")
        return found

    @staticmethod
    def await_exec(program):
        return lambda process: wait_until(
            lambda: contents(f"/proc/{process.pid}/cmdline").startswith(program.encode()),
            f"the start of {program}", SLEEP_S,
        )

    def await_words(self, words):
        def wait(process):
            line = b""
            while words not in line:
                line = process.stderr.readline()
                self.assertNotEqual(line, b"", words)

        return wait


class PlainLogin(Secrets):
    """The same where the server takes the password itself."""

    @classmethod
    def prepare(cls, system):
        super().prepare(system)
        with open(system.server.config_path, "a", encoding="utf-8") as file:
            file.write(ONLY_PLAIN)
        system.bot.stop()
        system.server.stop()
        system.server.start()
        system.bot.start()
        system.bot.wait_synced()


class ThroughSentinel(Secrets):
    """The same where a Sentinel that wants a password of its own says where Redis is."""

    @classmethod
    def prepare(cls, system):
        place = (ports.LOOPBACK, ports.pick())
        master = cls.open_to_sentinel(system)
        os.mkdir(system.path("sentinel"))
        cls.sentinel = SentinelServer(
            system.path("sentinel"), place, master, system.redis.password_file(SENTINEL),
            quorum=1, password=SENTINEL_PASSWORD,
        )
        cls.addClassCleanup(cls.sentinel.stop)
        cls.sentinel.start()
        # The responder asks the Redis of its host, see docs/scaling.md.
        system.configuration.redis_paths = {"fcgi": system.redis.socket_path}
        cls.configure(system.configuration, place, SENTINEL_PASSWORD)
        super().prepare(system)

    @staticmethod
    def open_to_sentinel(system):
        """Gives Redis a port and the user for Sentinel. Returns its address and port."""
        place = (ports.LOOPBACK, ports.pick())
        system.redis.acl_names = (ACL, REPLICATION_ACL)
        system.redis.write_users()
        system.store.command("ACL", "LOAD")
        system.store.command("CONFIG", "SET", "bind", place[0], "port", place[1])
        return place

    @staticmethod
    def configure(configuration, place, password, master=MASTER_NAME):
        path = os.path.join(configuration.directory, "sentinel.password")
        with open(path, "w", encoding="ascii") as file:
            file.write(password + "\n")
        configuration.redis_path = "sentinel://%s@%s:%d" % (master, *place)
        configuration.redis_keys = {"sentinel_password_file": path}
        configuration.write()

    def setUp(self):
        super().setUp()
        self.secrets["Sentinel's password"] = SENTINEL_PASSWORD.encode()

    def lead_to(self, silent, configuration):
        self.sentinel.ask("SENTINEL", "MONITOR", SILENT_NAME, ports.LOOPBACK, silent.port, 1)
        self.addCleanup(self.sentinel.ask, "SENTINEL", "REMOVE", SILENT_NAME)
        self.configure(configuration, self.sentinel.place, SENTINEL_PASSWORD, SILENT_NAME)

    def test_sentinel_answers_only_who_has_its_password(self):
        question = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME)
        self.assertIsNotNone(self.sentinel.ask(*question))
        with self.assertRaises(redis.AuthenticationError):
            self.sentinel.ask_as(None, *question)

    def test_password_that_sentinel_refuses_is_in_no_message(self):
        self.secrets["refused password"] = WRONG_PASSWORD.encode()
        configuration = self.new_configuration(self.system.redis.socket_path)
        self.configure(configuration, self.sentinel.place, WRONG_PASSWORD)
        done = subprocess.run(
            [self.system.programs.ctl, "-c", configuration.path, "domains"], capture_output=True,
            check=False, timeout=SLEEP_S,
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"WRONGPASS", done.stderr)
        self.assert_none_in(done.stdout + done.stderr, "output")


if __name__ == "__main__":
    unittest.main()
