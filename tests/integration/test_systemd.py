"""systemd's own judgement on the units, and what the responder would tell it.

There is no systemd here to run them, so what can be checked without it is: that the files are
valid, how much they expose, and what the programs would tell systemd. For the filters of system
calls see test_system_calls.py.
"""

import glob
import grp
import os
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import time
import unittest

from sandbox.process import environment
from sandbox.system import Programs, System

UNITS = os.environ["XMPP_STATUS_UNITS"]
SERVICE, SOCKET = "xmpp-status-fcgi.service", "xmpp-status-fcgi.socket"
# Of several responders, and the name of one of them.
TEMPLATES = ("xmpp-status-fcgi@.service", "xmpp-status-fcgi@.socket")
INSTANCE = "xmpp-status-fcgi@2"
BOT = "xmpp-status-bot@.service"
EXPOSURE_MAX = 1.5
# Where the group whose socket they use may read: all that Debian's Redis has on disk.
OF_REDIS = {"/etc/redis", "/var/lib/redis"}
RUN_S = 60


def read_unit(name):
    with open(os.path.join(UNITS, name), encoding="utf-8") as file:
        return file.read()


def values(name, key):
    """All values of a key of a unit."""
    return re.findall(rf"^{key}=(.*)$", read_unit(name), re.MULTILINE)


def group_name(number):
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return None


def analyse(*arguments):
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False,
        timeout=RUN_S, env=environment(),
    )


class Units(unittest.TestCase):
    """The socket and the service, with the path of a program that need not be installed."""

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        program = Programs.from_environment().fcgi
        shutil.copy(os.path.join(UNITS, SOCKET), self.directory)
        with open(self.path(SERVICE), "w", encoding="utf-8") as file:
            file.write(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={program}", read_unit(SERVICE)))

    def path(self, name):
        return os.path.join(self.directory, name)

    def test_paths_are_those_of_the_installation(self):
        self.assertRegex(
            read_unit(SERVICE), r"(?m)^ExecStart=/\S+/sbin/xmpp-status-fcgi -c /etc/\S+\.conf$"
        )
        self.assertNotRegex(read_unit(SERVICE) + read_unit(SOCKET), r"@[A-Z_]+@")

    def test_units_are_valid(self):
        done = analyse("verify", "--man=no", self.path(SERVICE), self.path(SOCKET))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_templates_are_valid_and_the_same_but_for_the_name(self):
        for template, single in zip(TEMPLATES, (SERVICE, SOCKET)):
            text = read_unit(template)
            self.assertEqual(
                text.replace("xmpp-status-fcgi@%i.", "xmpp-status-fcgi.").replace("-%i", ""),
                read_unit(single),
            )
            with open(self.path(template), "w", encoding="utf-8") as file:
                program = Programs.from_environment().fcgi
                file.write(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={program}", text))
        instances = [self.path(f"{INSTANCE}.{kind}") for kind in ("service", "socket")]
        done = analyse("verify", "--man=no", *instances)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_service_exposes_little(self):
        done = analyse("security", "--offline=true", "--no-pager", self.path(SERVICE))
        found = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
        self.assertIsNotNone(found, done.stderr)
        self.assertLessEqual(float(found[1]), EXPOSURE_MAX)

    def test_starts_are_not_limited(self):
        """After five failures within ten seconds, systemd gives up the service and its socket."""
        for name in (SERVICE, TEMPLATES[0], BOT):
            section = read_unit(name).partition("\n[Service]\n")[0]
            self.assertRegex(section, r"(?m)^StartLimitIntervalSec=0$", name)

    def test_socket_is_the_one_that_nginx_connects_to(self):
        directory = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/nginx")
        with open(os.path.join(directory, "upstream.conf"), encoding="utf-8") as file:
            self.assertIn(f"server unix:{values(SOCKET, 'ListenStream')[0]} ", file.read())

    def test_credentials_have_the_names_of_the_configured_files(self):
        """Which is how the programs find them."""
        shipped = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy")
        with open(os.path.join(shipped, "xmpp-status.conf"), encoding="utf-8") as file:
            configured = re.findall(r"^;?password_file = (\S+)$", file.read(), re.MULTILINE)
        handed_over = values(SERVICE, "LoadCredential") + values(BOT, "LoadCredential")
        for credential in handed_over:
            name, path = credential.replace("%i", "example.org").split(":")
            self.assertEqual(name, os.path.basename(path))
            self.assertIn(path, configured)
        self.assertEqual(len(handed_over), 3)

    def test_group_of_redis_is_for_its_socket_alone(self):
        """What else the group may read on this machine is out of the services' sight."""
        for path in glob.glob("/etc/*/") + glob.glob("/var/lib/*/") + glob.glob("/var/log/*/"):
            status = os.stat(path)
            if group_name(status.st_gid) == "redis" and status.st_mode & stat.S_IRWXG:
                self.assertIn(path.rstrip("/"), OF_REDIS)
        for unit in (SERVICE, TEMPLATES[0], BOT):
            self.assertEqual(values(unit, "SupplementaryGroups"), ["redis"])
            (hidden,) = values(unit, "InaccessiblePaths")
            self.assertEqual({path.removeprefix("-") for path in hidden.split()}, OF_REDIS, unit)


class Notification(unittest.TestCase):
    """The responder as under systemd, which we stand in for: readiness, signs of life, the end."""

    WATCHDOG_S = 1.0

    def setUp(self):
        self.system = self.enterContext(System(Programs.from_environment()))
        self.system.start_redis()
        self.system.start_responder(start=False)
        path = self.system.path("notify.sock")
        self.socket = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.socket.bind(path)
        self.socket.settimeout(self.WATCHDOG_S)
        process = self.system.responder.process
        process.argv = [
            "env", f"NOTIFY_SOCKET={path}", f"WATCHDOG_USEC={int(self.WATCHDOG_S * 1e6)}",
            *process.argv,
        ]
        self.system.responder.start()

    def hear(self):
        """The next message; fails if none comes within the watchdog's time."""
        return self.socket.recv(4096).decode()

    def test_ready_alive_while_nobody_asks_and_stopping(self):
        self.assertEqual(self.hear(), "READY=1")
        start = time.monotonic()
        for _ in range(8):
            self.assertEqual(self.hear(), "WATCHDOG=1")
        # Four in the watchdog's time, of which the first came at once.
        self.assertGreater(time.monotonic() - start, self.WATCHDOG_S)
        self.assertEqual(self.system.responder.stop(), 0)
        self.socket.setblocking(False)
        said = ""
        while said != "STOPPING=1":
            said = self.hear()

    def test_one_that_hangs_gives_no_sign(self):
        self.hear()
        self.system.responder.process.freeze()
        with self.assertRaises(TimeoutError):
            while True:
                self.assertEqual(self.hear(), "WATCHDOG=1")
        self.system.responder.process.thaw()
        self.assertEqual(self.hear(), "WATCHDOG=1")


if __name__ == "__main__":
    unittest.main()
