"""docs/panel.md: every example in it, run as it stands, prints what stands below it."""

import os
import re
import shlex
import subprocess
import sys
import unittest

from sandbox.redis_server import PANEL
from sandbox.system import DOMAIN
from system_test import SystemTest

GUIDE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "panel.md"
)
RUNNERS = {"sh": ["bash", "-eu", "-o", "pipefail"], "php": ["php"], "python": [sys.executable]}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
RUN_S = 30
# More than one call of xmpp-status-ctl takes.
FLAGS = 12000


def read_sections():
    """Returns {heading: [(language, code), ...]}, in the order of the document."""
    with open(GUIDE, encoding="utf-8") as file:
        parts = re.split(r"^## (.+)$", file.read(), flags=re.MULTILINE)
    return {title: BLOCK.findall(text) for title, text in zip(parts[1::2], parts[2::2])}


class PanelGuide(SystemTest):
    @classmethod
    def prepare(cls, system):
        system.start_redis()
        cls.sections = read_sections()
        cls.bin = system.path("bin")
        os.mkdir(cls.bin)
        # The document's commands use the default configuration; here it is a private one.
        wrapper = os.path.join(cls.bin, "xmpp-status-ctl")
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nexec %s -c %s "$@"\n' % (
                shlex.quote(system.programs.ctl), shlex.quote(system.configuration.path)))
        os.chmod(wrapper, 0o755)

    def setUp(self):
        self.system.store.command("FLUSHALL")

    def run_code(self, language, code):
        """Runs code with the document's paths replaced by private ones."""
        for path, ours in (
            ("/run/redis/redis-server.sock", self.system.redis.socket_path),
            ("/etc/xmpp-status/redis/xmpp-panel.password", self.system.redis.password_file(PANEL)),
        ):
            code = code.replace(path, ours)
        self.assertNotRegex(code, "/(run|etc)/")
        path = self.system.path(f"example.{language}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(code)
        done = subprocess.run(
            [*RUNNERS[language], path], capture_output=True, text=True, check=False,
            timeout=RUN_S, cwd=self.system.directory, stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": f"{self.bin}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return done.stdout

    def run_section(self, title, languages):
        """Runs the examples of a section one after the other on the same Redis."""
        blocks = self.sections[title]
        self.assertEqual([language for language, _ in blocks[::2]], languages)
        for (language, code), (kind, expected) in zip(blocks[::2], blocks[1::2], strict=True):
            self.assertEqual(kind, "text")
            self.assertEqual(self.run_code(language, code), expected)

    def test_all_examples_are_tested(self):
        with_code = [title for title, blocks in self.sections.items() if blocks]
        # The first is for root, in a system of its own: see test_install_doc.py.
        self.assertEqual(with_code, [
            "Reaching Redis", "How to normalise", "With xmpp-status-ctl", "With redis-cli", "A deleted account",
            "A customer who leaves", "PHP", "Python",
        ])

    def test_normalising(self):
        self.run_section("How to normalise", ["sh", "sh"])

    def test_ctl(self):
        self.run_section("With xmpp-status-ctl", ["sh", "sh"])
        self.assertEqual(self.keys(), {f"xmpp:publish:{{{DOMAIN}}}"})

    def test_redis_cli(self):
        self.run_section("With redis-cli", ["sh"])
        self.assertEqual(self.system.store.command("HGETALL", "xmpp:publish:{%s}" % DOMAIN), [
            b"tiggerswelt.net", b"yes", b"boss@tiggerswelt.net", b"no",
        ])

    def test_deleted_account(self):
        self.run_section("A deleted account", ["sh"])

    def test_customer_who_leaves(self):
        """More flags than one call takes, of users with records and without; others keep theirs."""
        publish, online = f"xmpp:publish:{{{DOMAIN}}}", f"xmpp:online:{{{DOMAIN}}}"
        flags = [word for number in range(FLAGS) for word in (self.jid(f"u{number}"), "no")]
        self.system.store.publish(DOMAIN)
        self.system.store.command("HSET", publish, *flags)
        for user in ("u1", "-hyphen", "brace}x", "m\xfcller"):
            self.system.store.write_record(self.jid(user), type="available")
        self.system.store.command("SADD", online, "u1", "-hyphen", "no-record")
        for domain in ("d.example", f"x.{DOMAIN}"):
            self.system.store.publish(domain)
            self.system.store.write_record(f"u1@{domain}", type="available")
            self.system.store.command("SADD", "xmpp:online:{%s}" % domain, "u1")
        others = {key for key in self.keys() if f"{{{DOMAIN}}}" not in key}
        self.assertEqual(len(others), 6)
        self.run_section("A customer who leaves", ["sh", "sh"])
        self.assertEqual(self.keys(), others)

    def keys(self):
        return {key.decode() for key in self.system.store.command("KEYS", "*")}

    def check_forgets(self, title, language):
        """The record and the member of a user who is forgotten are gone, others' are not."""
        for user in ("support", "other"):
            self.system.store.write_record(self.jid(user), type="available")
            self.system.store.command("SADD", "xmpp:online:{%s}" % DOMAIN, user)
        self.run_section(title, [language])
        self.assertEqual(self.system.store.record(self.jid("support")), {})
        self.assertEqual(self.system.store.record(self.jid("other")), {"type": "available"})
        self.assertEqual(self.system.store.online(DOMAIN), {"other"})

    def test_php(self):
        self.check_forgets("PHP", "php")

    def test_python(self):
        self.check_forgets("Python", "python")

    def test_values_of_the_contract_mean_what_it_says(self):
        """Through ctl's eyes: what the document calls a valid flag is one, the rest is not."""
        with open(GUIDE, encoding="utf-8") as file:
            contract = file.read().partition("## The contract")[2].partition("\n1. ")[0]
        values = re.findall(r"^\| `((?:yes|no)[a-z ]*)` \|", contract, re.MULTILINE)
        self.assertEqual(values, ["yes", "yes status", "yes nolast", "yes status nolast", "no"])
        for number, value in enumerate(values):
            self.system.store.publish(f"u{number}@d.example", value)
        done = subprocess.run(
            [os.path.join(self.bin, "xmpp-status-ctl"), "check", "d.example"],
            capture_output=True, text=True, check=False, timeout=RUN_S,
        )
        self.assertEqual((done.returncode, done.stdout), (0, "d.example: nothing wrong\n"))
        for number, value in enumerate(("Yes", "true", "1", "", "yes  status", "yes all")):
            self.system.store.publish(f"u{number}@d.example", value)
        done = subprocess.run(
            [os.path.join(self.bin, "xmpp-status-ctl"), "check", "d.example"],
            capture_output=True, text=True, check=False, timeout=RUN_S,
        )
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.count("neither no nor a valid yes: counts as no"), 6)


if __name__ == "__main__":
    unittest.main()
