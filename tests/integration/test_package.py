"""The Debian package: installed, used, removed and purged in a clean Debian 12."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from debian_package import CHECKOUT, COMPANIONS, build_package, dependencies
from debian_root import DebianRoot
from hardening import flaws

PROGRAMS = ("xmpp-status-fcgi", "xmpp-status-bot", "xmpp-status-ctl")
PASSWORD = "/etc/xmpp-status/redis/xmpp-bot.password"
WANTS = "/etc/systemd/system/multi-user.target.wants"


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.package = build_package()
        cls.root = cls.enterClassContext(
            DebianRoot("bookworm", downloaded=[*dependencies(cls.package), *COMPANIONS])
        )
        shutil.copy(cls.package, cls.root.file("root"))
        cls.deb = "/root/" + os.path.basename(cls.package)
        cls.before = cls.root.files()

    def contents(self):
        """What the package brings, without directories."""
        listing = subprocess.run(
            ["dpkg-deb", "-c", self.package], capture_output=True, text=True, check=True
        ).stdout
        return {line.split()[5][1:] for line in listing.splitlines() if not line.startswith("d")}

    def conffiles(self):
        with open(f"{CHECKOUT}/deploy/debian/conffiles", encoding="ascii") as file:
            return set(file.read().split())

    def ours(self):
        """What is in the root now of what has to do with us and was not there before."""
        return {
            path for path in self.root.files() - self.before
            if "xmpp-status" in path and not path.startswith("/var/")
        }

    def test_all_of_etc_are_conffiles(self):
        self.assertEqual(
            {path for path in self.contents() if path.startswith("/etc/")}, self.conffiles()
        )

    def test_files_for_operators_are_all_there(self):
        """Whatever deploy/ has for operators is in the package, with its mode."""
        contents = self.contents()
        for directory, place in (
            ("nginx", "/etc/xmpp-status/nginx"), ("redis", "/usr/share/xmpp-status/redis"),
            ("prosody", "/usr/share/xmpp-status/prosody"),
            ("ejabberd", "/usr/share/xmpp-status/ejabberd"),
        ):
            for name in os.listdir(f"{CHECKOUT}/deploy/{directory}"):
                self.assertIn(f"{place}/{name}", contents)
        for name in set(os.listdir(f"{CHECKOUT}/web")) - {"CMakeLists.txt"}:
            self.assertIn(f"/usr/share/xmpp-status/web/{name}", contents)
        for name in os.listdir(f"{CHECKOUT}/man"):
            if name.endswith((".5", ".8")):
                self.assertIn(f"/usr/share/man/man{name[-1]}/{name}", contents)
        for name in os.listdir(f"{CHECKOUT}/docs"):
            self.assertIn(f"/usr/share/doc/xmpp-status/{name}", contents)

    def test_what_it_depends_on_is_complete_and_recommends_its_neighbours(self):
        wanted = dependencies(self.package)
        for library in ("libc6", "libfcgi0ldbl", "libhiredis0.14", "libstrophe0", "libinih1"):
            self.assertIn(library, wanted)
        fields = subprocess.run(
            ["dpkg-deb", "-f", self.package], capture_output=True, text=True, check=True
        ).stdout
        self.assertRegex(fields, r"(?m)^Recommends: nginx, redis-server")

    def test_its_programs_are_hardened(self):
        with tempfile.TemporaryDirectory(prefix="xmpp-status-") as directory:
            subprocess.run(["dpkg-deb", "-x", self.package, directory], check=True)
            for program in PROGRAMS:
                self.assertEqual(flaws(f"{directory}/usr/sbin/{program}"), [], program)

    def test_life_of_the_package(self):
        """Installed, it runs; removed, it leaves its conffiles; purged, nothing."""
        with self.root.shell() as shell:
            self.assertEqual(shell.run("set -e")[0], 0)
            shell.run(f"apt-get -q install {self.deb}")
            self.check_programs(shell)
            self.check_nothing_is_enabled()
            # What an operator makes: a bot that is enabled, passwords.
            shell.run(
                f"install -d {WANTS} && ln -s /usr/lib/systemd/system/xmpp-status-bot@.service "
                f"{WANTS}/xmpp-status-bot@example.org.service\n"
                f"install -d -m 700 $(dirname {PASSWORD}) && echo secret >{PASSWORD}\n"
                f"dpkg -i {self.deb}\n"
                f"test -L {WANTS}/xmpp-status-bot@example.org.service"
            )
            shell.run("apt-get -q remove xmpp-status")
            self.assertEqual(
                {path for path in self.ours() if os.path.isfile(self.root.file(path[1:]))},
                self.conffiles() | {PASSWORD},
            )
            shell.run("apt-get -q purge xmpp-status")
            self.assertEqual(self.ours(), set())

    def check_programs(self, shell):
        with open(f"{CHECKOUT}/CMakeLists.txt", encoding="utf-8") as file:
            version = re.search(r"project\(xmpp-status VERSION (\S+)", file.read()).group(1)
        for program in PROGRAMS:
            self.assertEqual(shell.run(f"{program} -V")[1], f"{program} {version}\n")
        self.assertIn("the configuration is valid", shell.run("xmpp-status-fcgi -t")[1])
        self.assertIn("the configuration is valid", shell.run("xmpp-status-ctl -t")[1])

    def check_nothing_is_enabled(self):
        self.assertEqual(
            {path for path in self.ours() if path.startswith("/etc/systemd/")}, set()
        )


if __name__ == "__main__":
    unittest.main()
