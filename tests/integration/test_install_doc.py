"""docs/install.md, run line by line in a clean Debian 12, until all of it is removed again.

What the world has and the test has not is put there before: the two names (in /etc/hosts) and their
certificates (of an authority that the root trusts), where certbot would put them. There is no
systemd, so its commands are run by a small stand-in that reads the same unit files. In Redis another
program has data, the domain's certificate is renewed, and a panel gets what docs/panel.md gives it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from debian_package import CHECKOUT, COMPANIONS, build_package, dependencies
from debian_root import DebianRoot
from sandbox.certificate import Certificate
from sandbox.deadline import wait_until

DOMAIN, SITE = "example.org", "status.example.org"
STEPS = 10
# What an XMPP server may take to show a new certificate.
RELOAD_S = 10
HERE = os.path.dirname(os.path.abspath(__file__))
BLOCK = re.compile(
    r"^(?P<reason> *<!-- not run: (?P<why>[^\n]*) -->\n)?"
    r"(?P<indent> *)```(?P<kind>\w+)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
LOGIN = f"""
import sys
from sandbox.client import Client
client = Client("alice@{DOMAIN}/tests", sys.argv[1], 5222, sys.argv[2])
client.presence(show="dnd")
print("there", flush=True)
sys.stdin.read()
"""


class Block:
    """A block of the page: its lines as someone would copy them, and why it is not run, if so."""

    def __init__(self, match):
        self.kind = match["kind"]
        self.why_not = match["why"]
        indent = len(match["indent"])
        self.text = "".join(line[indent:] for line in match["text"].splitlines(keepends=True))


def read_page(name):
    """Returns the page's beginning and its sections, {title: text}."""
    with open(os.path.join(CHECKOUT, "docs", name), encoding="utf-8") as file:
        first, *sections = re.split(r"^## ", file.read(), flags=re.MULTILINE)
    return first, {text.partition("\n")[0]: text for text in sections}


def read_blocks(text):
    return [Block(match) for match in BLOCK.finditer(text)]


class InstallDoc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.first, cls.ways = read_page("install.md")
        cls.package = build_package()
        cls.packages = [*dependencies(cls.package), *COMPANIONS]

    def test_both_ways_have_ten_steps(self):
        for way in ("With Prosody", "With ejabberd"):
            numbers = re.findall(r"^(\d+)\. ", self.ways[way], re.MULTILINE)
            self.assertEqual([int(number) for number in numbers], list(range(1, STEPS + 1)))

    def test_with_prosody(self):
        self.follow("With Prosody", "prosody")

    def test_with_ejabberd(self):
        self.follow("With ejabberd", "ejabberd")

    def follow(self, way, server):
        blocks = read_blocks(self.first) + read_blocks(self.ways[way])
        left_out = [block.text for block in blocks if block.why_not]
        self.assertEqual(len(left_out), 1)
        self.assertIn("certbot certonly", left_out[0])
        self.assertEqual([block.kind for block in blocks].count("xml"), 1)
        root = self.enterContext(DebianRoot("bookworm", downloaded=self.packages))
        authority = self.prepare(root)
        with root.shell() as shell:
            shell.run("set -e -o pipefail; cd /root; PS4='$ '")
            said = ""
            for block in blocks:
                if block.kind == "sh" and not block.why_not:
                    said = self.run_block(shell, root, block.text)
                elif block.kind == "xml":
                    # What the last block's curl has printed, the first time that anybody asks.
                    self.assertTrue(said.endswith(block.text), f"{said}\n{self.logs(root)}")
                    self.check_alice_online(shell, authority)
                    if server == "ejabberd":
                        # As the page has it, alice is not the last user of the domain.
                        shell.run(f"ejabberdctl register bob {DOMAIN} $ALICE")
                if block.text.startswith("apt-get install ./xmpp-status_"):
                    # Debian starts it when it is installed.
                    self.run_block(
                        shell, root, "systemctl restart redis-server\nredis-cli SET other data\n"
                    )
            self.check_other_data_is_there(shell)
            self.check_files_of_redis_are_hidden(shell)
            self.check_panel(shell, root)
            self.check_keeping_it_running(shell, root, server)
            self.check_renewal(shell, root)
            self.check_removal(shell, root)

    def prepare(self, root):
        """Puts what the world has into the root; returns the authority's certificate."""
        shutil.copy(self.package, root.file("root"))
        shutil.copy(os.path.join(HERE, "systemctl"), root.file("usr/local/bin"))
        root.write("/etc/hosts", f"127.0.0.1 localhost {DOMAIN} {SITE}\n")
        directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        certificate = Certificate(directory, [DOMAIN, SITE])
        for name in (DOMAIN, SITE):
            self.write_certificate(root, name, certificate)
        with open(certificate.authority, encoding="ascii") as file:
            root.write("/usr/local/share/ca-certificates/tests.crt", file.read())
        return certificate.authority

    @staticmethod
    def write_certificate(root, name, certificate):
        for part, path in (
            ("fullchain.pem", certificate.chain), ("privkey.pem", certificate.key),
        ):
            with open(path, encoding="ascii") as file:
                root.write(f"/etc/letsencrypt/live/{name}/{part}", file.read())

    def run_block(self, shell, root, text):
        """Runs a block; fails, with the logs, if a line of it does."""
        try:
            status, said = shell.run(text)
        except AssertionError as error:
            self.fail(f"{text}\n{error}\n{self.logs(root)}")
        self.assertEqual(status, 0, f"{text}\n{said}")
        return said

    @staticmethod
    def logs(root):
        path = root.file("var/log/units.log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def check_alice_online(self, shell, authority):
        """And when she logs in, that shows."""
        login = subprocess.Popen(
            ["nsenter", f"--net=/proc/{shell.child()}/ns/net", sys.executable, "-B", "-s", "-c",
             LOGIN, shell.run("echo $ALICE")[1].strip(), authority],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        try:
            self.assertEqual(login.stdout.readline(), "there\n")
            ask = f"curl -s https://{SITE}/xmpp/status/alice@{DOMAIN}"
            wait_until(lambda: "<show>dnd</show>" in shell.run(ask)[1], "alice is dnd", 5)
        finally:
            login.communicate(timeout=20)

    def check_other_data_is_there(self, shell):
        password = "/etc/xmpp-status/redis/admin.password"
        asked = f"REDISCLI_AUTH=$(cat {password}) redis-cli --user admin GET other"
        self.assertEqual(shell.run(asked), (0, "data\n"))

    def check_files_of_redis_are_hidden(self, shell):
        """From our services, which as members of Redis's group could read them."""
        for unit in ("xmpp-status-fcgi.socket", f"xmpp-status-bot@{DOMAIN}"):
            read = "setpriv --reuid 61999 --regid 61999 --groups redis cat"
            within = f"nsenter --target $(cat /run/units/{unit}.pid) --mount --root --wd=/ {read}"
            for path in ("/etc/redis/redis.conf", "/var/lib/redis/appendonlydir/*.aof"):
                self.assertEqual(shell.run(f"{read} {path} >/dev/null"), (0, ""))
                status, said = shell.run(f"! {within} {path}")
                self.assertEqual(status, 0, said)
                self.assertIn("Permission denied", said)

    def check_panel(self, shell, root):
        """By docs/panel.md: a panel may use Redis as its user there, and not read Redis's files."""
        shell.run("useradd --system --user-group panel")
        panel = "setpriv --reuid panel --regid panel --init-groups"
        publish = f"{panel} xmpp-status-ctl publish panel.example"
        self.assertEqual(shell.run(f"! {publish} 2>/dev/null")[0], 0)
        blocks = read_blocks(read_page("panel.md")[1]["Reaching Redis"])
        self.assertEqual([block.kind for block in blocks], ["sh"])
        self.run_block(shell, root, blocks[0].text)
        self.assertEqual(shell.run(publish), (0, "domain panel.example: yes, was absent\n"))
        for forbidden in (
            "cat /etc/redis/redis.conf", "ls /var/lib/redis", "touch /etc/redis/x",
            "cat /etc/xmpp-status/redis/admin.password", "ls /etc/xmpp-status/redis",
        ):
            status, said = shell.run(f"! {panel} {forbidden}")
            self.assertEqual(status, 0, said)
            self.assertIn("Permission denied", said)

    def check_keeping_it_running(self, shell, root, server):
        """Each block of that section; what an operator has added stays, and all goes on."""
        admin = "REDISCLI_AUTH=$(cat /etc/xmpp-status/redis/admin.password) redis-cli --user admin"
        files = "/etc/xmpp-status/redis/*.password /etc/xmpp-status/*.password"
        shell.run("echo 'user own on >own +ping' >>/etc/redis/xmpp-status.acl")
        old = shell.run(f"sha256sum {files}")[1].splitlines()
        flags = shell.run(f"xmpp-status-ctl list {DOMAIN}")[1]
        self.assertEqual(flags, f"{DOMAIN}\tyes\n")
        for block in read_blocks(self.ways["Keeping it running"]):
            if block.why_not:
                continue
            if block.text.startswith("export REDISCLI_AUTH") and "HSET" in block.text:
                shell.run(f"{admin} DEL xmpp:publish:{{{DOMAIN}}}")
            said = self.run_block(
                shell, root, block.text.replace("server=prosody", f"server={server}")
            )
            self.assertNotIn("ERR", said)
        self.assertEqual(shell.run(f"xmpp-status-ctl list {DOMAIN}")[1], flags)
        new = shell.run(f"sha256sum {files}")[1].splitlines()
        self.assertEqual({line.split("/")[-1] for line in set(new) - set(old)},
                         {"xmpp-responder.password", f"{DOMAIN}.password"})
        self.assertEqual(shell.run(f"{admin} ACL LIST | grep -c '^user'")[1], "6\n")

    def check_removal(self, shell, root):
        """What other programs had in Redis is there, as they knew it; of us nothing is left."""
        for block in read_blocks(self.ways["Removing it"]):
            if not block.why_not:
                self.run_block(shell, root, block.text)
        self.assertEqual(shell.run("cd /root; redis-cli GET other"), (0, "data\n"))
        self.assertEqual(shell.run("redis-cli KEYS 'xmpp:publish:*'"), (0, "\n"))
        left = {
            path for path in root.files()
            if "xmpp-status" in path and path.startswith(("/etc/", "/usr/", "/var/lib/redis/"))
        }
        self.assertEqual({path for path in left if "prosody" not in path}, set())

    def check_renewal(self, shell, root):
        """As certbot does it: a new certificate, and then the hooks. The server shows it."""
        directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        self.write_certificate(root, DOMAIN, Certificate(directory, [DOMAIN]))
        live = f"/etc/letsencrypt/live/{DOMAIN}"
        status, said = shell.run(
            f"export RENEWED_DOMAINS={DOMAIN} RENEWED_LINEAGE={live}\n"
            "run-parts --exit-on-error /etc/letsencrypt/renewal-hooks/deploy\n"
        )
        self.assertEqual(status, 0, said)
        shown = (f"(openssl s_client -connect 127.0.0.1:5222 -starttls xmpp -xmpphost {DOMAIN} "
                 "2>/dev/null | openssl x509 -noout -fingerprint 2>&1) || true")
        _, new = shell.run(f"openssl x509 -in {live}/fullchain.pem -noout -fingerprint")
        self.assertIn("Fingerprint", new)
        wait_until(lambda: shell.run(shown)[1] == new, "the new certificate", RELOAD_S)


if __name__ == "__main__":
    unittest.main()
