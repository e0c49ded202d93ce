"""What the other tests rest on: the private servers behave as an operator's, and leave nothing."""

import os
import signal
import subprocess
import sys
import time
import unittest
from xml.etree import ElementTree

from processes import processes_in
from sandbox import ports
from sandbox.client import Client
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.process import Process
from sandbox.store import RedisError
from sandbox.system import BOT_PASSWORD, BOT_USER, DOMAIN, USER_PASSWORD, Programs, System

NO_PROGRAMS = Programs(*3 * ["/nonexistent"])
LAST = "{jabber:iq:last}query"
ORPHAN = """\
import sys, time
from sandbox.system import Programs, System
with System(Programs(*3 * ["/nonexistent"])) as system:
    system.start_redis()
    system.start_nginx()
    system.start_prosody()
    print(system.directory, flush=True)
    time.sleep(60)
"""


class Sandbox(unittest.TestCase):
    """What the bot's account is shown by Prosody, seen with a client of our own."""

    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System(NO_PROGRAMS))
        cls.system.start_redis()
        cls.system.start_prosody()

    def tearDown(self):
        self.system.drop_clients()

    def watch(self):
        """Logs in as the bot does."""
        bot = self.system.login_as_bot()
        bot.send("<presence><priority>-1</priority></presence>")
        return bot

    def seen(self, bot, client, kind=None, show=None):
        """Waits for presence of a client; returns it."""

        def find():
            for stanza in list(bot.received):
                if (stanza.get("from"), stanza.get("type")) == (client.jid, kind) and (
                    stanza.findtext("show") == show
                ):
                    return (stanza,)
            return ()

        return wait_until(find, f"presence of {client.jid}: {kind} {show}", 5)[0]

    def test_bot_account_sees_who_is_online_and_every_change(self):
        alice = self.system.login("alice")
        alice.presence(show="away", status="x", priority=3, idle_since=time.time() - 60)
        bot = self.watch()
        stanza = self.seen(bot, alice, show="away")
        self.assertIsNotNone(stanza.find("{urn:xmpp:delay}delay"))
        self.assertIsNotNone(stanza.find("{urn:xmpp:idle:1}idle"))
        alice.presence(show="dnd")
        self.seen(bot, alice, show="dnd")
        alice.unavailable()
        self.seen(bot, alice, kind="unavailable")

    def test_bot_account_may_ask_for_last_activity(self):
        alice = self.system.login("alice")
        alice.presence()
        bot = self.watch()
        self.seen(bot, alice)
        alice.logout()
        self.seen(bot, alice, kind="unavailable")
        jid = f"alice@{DOMAIN}"
        answer = bot.ask(
            f"<iq type='get' id='outer' to='{jid}'><privileged_iq xmlns='urn:xmpp:privilege:2'>"
            f"<iq xmlns='jabber:client' type='get' id='inner' to='{jid}'>"
            "<query xmlns='jabber:iq:last'/></iq></privileged_iq></iq>", "outer",
        )
        query = next(answer.iter(LAST))
        self.assertLess(int(query.get("seconds")), 5)

    def test_users_do_not_see_each_other(self):
        alice, bob = self.system.login("alice"), self.system.login("bob")
        bot = self.watch()
        alice.presence(show="chat")
        bob.presence(show="chat")
        self.seen(bot, bob, show="chat")
        self.assertEqual([p for p in bob.received if p.get("from") == alice.jid], [])

    def test_server_answers_pings(self):
        bot = self.watch()
        answer = bot.ask(
            f"<iq type='get' id='p1' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>", "p1"
        )
        self.assertEqual(answer.get("type"), "result", ElementTree.tostring(answer))

    def test_wrong_password_is_told(self):
        with self.assertRaisesRegex(SandboxError, "wrong password"):
            Client(f"{BOT_USER}@{DOMAIN}", "wrong", self.system.prosody.port,
                   self.system.certificate.authority)

    def test_certificate_is_verified(self):
        with self.assertRaisesRegex(SandboxError, "certificate"):
            Client(f"{BOT_USER}@{DOMAIN}", BOT_PASSWORD, self.system.prosody.port,
                   "/etc/ssl/certs/ssl-cert-snakeoil.pem"
                   if os.path.exists("/etc/ssl/certs/ssl-cert-snakeoil.pem")
                   else self.system.certificate.chain)

    def test_certificate_is_for_the_domain(self):
        with self.assertRaises(SandboxError):
            Client(f"{BOT_USER}@another.example", BOT_PASSWORD, self.system.prosody.port,
                   self.system.certificate.authority)

    def test_errors_of_redis_are_told(self):
        with self.assertRaisesRegex(RedisError, "unknown command"):
            self.system.store.command("NONSENSE")

    def test_ports_are_on_loopback_only(self):
        port = self.system.prosody.port
        listening = []
        for name in ("/proc/net/tcp", "/proc/net/tcp6"):
            if os.path.exists(name):
                with open(name, encoding="ascii") as file:
                    rows = [line.split() for line in file.readlines()[1:]]
                listening += [row[1] for row in rows if row[3] == "0A"]
        mine = [address for address in listening if address.endswith(f":{port:04X}")]
        self.assertEqual(mine, [f"0100007F:{port:04X}"])


class Processes(unittest.TestCase):
    def test_process_that_ends_at_once_is_reported_with_its_log(self):
        with System(NO_PROGRAMS) as system:
            process = Process("sh", ["sh", "-c", "echo broken; exit 3"], system.path("log"))
            process.start()
            with self.assertRaisesRegex(SandboxError, "sh ended with 3.*\n.*broken|broken"):
                process.wait_ready(lambda: False, "nothing", 5)

    def test_process_that_is_never_ready_is_reported(self):
        with System(NO_PROGRAMS) as system:
            process = Process("sleep", ["sleep", "60"], system.path("log"))
            process.start()
            try:
                with self.assertRaisesRegex(SandboxError, "in vain for: a miracle"):
                    process.wait_ready(lambda: False, "a miracle", 0.1)
            finally:
                process.kill()

    def test_program_that_does_not_exist_is_reported(self):
        with System(NO_PROGRAMS) as system:
            system.start_redis()
            with self.assertRaisesRegex(SandboxError, "/nonexistent"):
                system.start_responder()

    def test_frozen_process_is_stopped(self):
        with System(NO_PROGRAMS) as system:
            system.start_redis()
            system.redis.process.freeze()
            start = time.monotonic()
            system.redis.stop()
            self.assertLess(time.monotonic() - start, 5)

    def test_port_in_use_is_told(self):
        with System(NO_PROGRAMS) as first, System(NO_PROGRAMS) as second:
            for system in (first, second):
                system.start_redis()
            first.start_nginx(spread=False)
            second.http_port = first.nginx.port
            with self.assertRaisesRegex(SandboxError, f"port {first.nginx.port} .* is in use"):
                second.start_nginx(spread=False)
            self.assertFalse(ports.is_free(first.nginx.port))

    def test_nothing_is_left_behind(self):
        with System(NO_PROGRAMS) as system:
            system.start_redis()
            system.start_nginx()
            system.start_prosody()
            system.login("alice", password=USER_PASSWORD).presence()
            directory = system.directory
            self.assertGreaterEqual(len(processes_in(directory)), 3)
        self.assertEqual(processes_in(directory), {})
        self.assertFalse(os.path.exists(directory))

    def test_no_process_outlives_a_killed_parent(self):
        parent = subprocess.Popen(
            [sys.executable, "-B", "-s", "-c", ORPHAN], stdout=subprocess.PIPE, text=True
        )
        directory = parent.stdout.readline().strip()
        self.addCleanup(subprocess.run, ["rm", "-rf", "--", directory], check=True)
        self.assertGreaterEqual(len(processes_in(directory)), 3)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
        wait_until(lambda: not processes_in(directory), "all processes to end", 5)


if __name__ == "__main__":
    unittest.main()
