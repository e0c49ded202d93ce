"""deploy/quickstart, the very command of the README."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import expected
from processes import processes_in
from sandbox import ports
from sandbox.client import Client
from sandbox.deadline import wait_until

CHECKOUT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
QUICKSTART = os.path.join(CHECKOUT, "deploy", "quickstart")
# Building included.
START_S = 300.0
STOP_S = 20.0
JID = "support@demo.example"


def leave_out_builds(directory, names):
    """What of the checkout is not copied: its build directories, but not deploy/build."""
    return {"build", ".git"}.intersection(names) if directory == CHECKOUT else set()


class Running:
    """A quickstart that is running; its output is read as it comes."""

    def __init__(self, *arguments, directory="/", program=QUICKSTART):
        self.output = ""
        self.popen = subprocess.Popen(
            [program, *arguments], cwd=directory, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.popen.stdout:
            self.output += line

    def wait_for(self, text):
        """Waits until it has printed the text."""
        self.wait_until(lambda: text in self.output, f"{text!r} from the quickstart")

    def wait_until(self, check, what):
        """Waits until check() is true; fails at once if the quickstart ends before."""

        def true_or_ended():
            result = check()
            if not result and self.popen.poll() is not None:
                raise AssertionError(f"ended with {self.popen.returncode}:\n{self.output}")
            return result

        wait_until(true_or_ended, what, START_S)

    def wait(self, seconds=STOP_S):
        """Waits for its end; returns the exit code."""
        try:
            code = self.popen.wait(seconds)
        finally:
            if self.popen.poll() is None:
                os.killpg(self.popen.pid, signal.SIGKILL)
        self._reader.join(STOP_S)
        self.popen.stdout.close()
        return code

    def directory(self):
        return re.search(r"starting it in (\S+)", self.output).group(1)


class Quickstart(unittest.TestCase):
    def assert_nothing_left(self, running, port):
        directory = running.directory()
        self.assertFalse(os.path.exists(directory))
        self.assertEqual(processes_in(directory), {})
        self.assertTrue(ports.is_free(port))

    def commands(self, output):
        return [line[2:] for line in output.splitlines() if line.startswith("$ ")]

    def run_command(self, command):
        return subprocess.run(
            shlex.split(command), capture_output=True, text=True, check=True, timeout=20
        ).stdout

    def test_once_from_another_directory_twice_in_a_row(self):
        port = ports.pick()
        for _ in range(2):
            with tempfile.TemporaryDirectory() as directory:
                running = Running("--once", "--port", str(port), directory=directory)
                self.assertEqual(running.wait(START_S), 0, running.output)
                self.assertEqual(os.listdir(directory), [])
            answers = [
                expected.presence(JID, show="xa", seconds=seconds).decode() for seconds in range(3)
            ]
            self.assertTrue(any(answer in running.output for answer in answers), running.output)
            self.assertIn(expected.not_found(JID).decode(), running.output)
            self.assert_nothing_left(running, port)

    def test_does_what_it_says_until_it_is_stopped(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(number.name):
                port = ports.pick()
                running = Running("--port", str(port))
                running.wait_for("Press Ctrl-C")
                self.check_commands(running)
                self.check_page(running, port)
                self.check_login(running)
                # Ctrl-C reaches the whole foreground group, a kill only the process.
                if number == signal.SIGINT:
                    os.killpg(running.popen.pid, number)
                else:
                    running.popen.send_signal(number)
                self.assertEqual(running.wait(), code, running.output)
                self.assert_nothing_left(running, port)

    def check_commands(self, running):
        """The printed commands, run as they stand, do what was printed."""
        curl, block, _, publish, *_ = self.commands(running.output)
        self.assertIn("curl", curl)
        self.assertIn("<show>xa</show>", self.run_command(curl))
        self.run_command(block)
        self.assertEqual(self.run_command(curl), expected.not_found(JID).decode())
        self.run_command(publish)
        self.assertIn("<show>xa</show>", self.run_command(curl))

    def check_page(self, running, port):
        """The address for a browser is that of the page, with the demo user in it."""
        (address,) = re.findall(r"^ +(http://\S+#\S+)$", running.output, re.MULTILINE)
        page, _, jid = address.partition("#")
        self.assertEqual((page, jid), (f"http://127.0.0.1:{port}/xmpp/", JID))
        self.assertIn('<form id="ask"', self.run_command(f"curl -s {page}"))

    def check_login(self, running):
        """A client of one's own can log in as printed, and its presence shows."""
        jid = re.search(r"JID +(\S+)", running.output).group(1)
        password = re.search(r"password +(.+)", running.output).group(1)
        port = int(re.search(r"server +127\.0\.0\.1, port (\d+)", running.output).group(1))
        authority = re.search(r"^ +(/\S+\.pem)$", running.output, re.MULTILINE).group(1)
        client = Client(jid, password, port, authority)
        client.presence(show="dnd")
        curl = self.commands(running.output)[-1]
        wait_until(lambda: "<show>dnd</show>" in self.run_command(curl), "one's own presence", 2)
        client.drop()

    def test_port_in_use_is_told_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            start = time.monotonic()
            running = Running("--port", str(port))
            self.assertEqual(running.wait(), 1)
            self.assertLess(time.monotonic() - start, 5)
        self.assertIn(f"port {port} on 127.0.0.1 is in use", running.output)
        self.assertIn("--port", running.output)

    def test_two_side_by_side(self):
        first_port, second_port = ports.pick(), ports.pick()
        first = Running("--port", str(first_port))
        second = Running("--port", str(second_port))
        first.wait_for("Press Ctrl-C")
        second.wait_for("Press Ctrl-C")
        first.popen.send_signal(signal.SIGTERM)
        self.assertEqual(first.wait(), 143)
        self.assertIn("<show>xa</show>", self.run_command(self.commands(second.output)[0]))
        second.popen.send_signal(signal.SIGTERM)
        self.assertEqual(second.wait(), 143)
        self.assert_nothing_left(first, first_port)
        self.assert_nothing_left(second, second_port)

    def test_stopped_while_starting(self):
        port = ports.pick()
        running = Running("--port", str(port))
        running.wait_for("3. System")
        running.popen.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(), 143, running.output)
        self.assert_nothing_left(running, port)

    def test_stopped_while_building(self):
        with tempfile.TemporaryDirectory(prefix="xmpp-status-") as directory:
            copy = os.path.join(directory, "checkout")
            shutil.copytree(CHECKOUT, copy, ignore=leave_out_builds)
            running = Running(
                "--port", str(ports.pick()), program=os.path.join(copy, "deploy", "quickstart")
            )
            running.wait_until(
                lambda: any("cc1" in command for command in processes_in(copy).values()),
                "the compiler at work",
            )
            running.popen.send_signal(signal.SIGTERM)
            self.assertEqual(running.wait(), 143, running.output)
            self.assertEqual(processes_in(copy), {})

    def test_part_that_dies_ends_everything_with_a_message(self):
        port = ports.pick()
        running = Running("--port", str(port))
        running.wait_for("Press Ctrl-C")
        redis = [
            pid for pid, command in processes_in(running.directory()).items()
            if command.startswith("redis-server")
        ]
        self.assertEqual(len(redis), 1)
        os.kill(redis[0], signal.SIGKILL)
        self.assertEqual(running.wait(), 1)
        self.assertIn("redis-server ended", running.output)
        self.assert_nothing_left(running, port)

    def test_wrong_usage(self):
        for arguments in (
            ["--port"], ["--port", "0"], ["--port", "x"], ["--port", "70000"], ["-x"],
        ):
            with self.subTest(arguments):
                running = Running(*arguments)
                self.assertEqual(running.wait(), 2)
                self.assertIn("usage: quickstart", running.output)


if __name__ == "__main__":
    unittest.main()
