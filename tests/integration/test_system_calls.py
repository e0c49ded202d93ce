"""The filter of system calls that tests run under: it is there, and it ends who breaks it.

Registered for hardened builds, whose services all tests run behind it: see CMakeLists.txt.
"""

import os
import re
import signal
import subprocess
import sys
import unittest

from sandbox import ports
from sandbox.errors import SandboxError
from sandbox.process import Process
from sandbox.system import DOMAIN, Programs, System
from unit_filter import allowed

UNITS = {
    "FCGI": os.path.join(os.environ["XMPP_STATUS_UNITS"], "xmpp-status-fcgi.service"),
    "BOT": os.path.join(os.environ["XMPP_STATUS_UNITS"], "xmpp-status-bot@.service"),
}
SECCOMP_MODE_FILTER = "2"
RUN_S = 30
ELSEWHERE = f"""\
[redis]
address = localhost:{{port}}
[redis bot]
address = {{socket}}
username = {{user}}
password_file = {{password_file}}
[fcgi]
socket = {{directory}}/fcgi.sock
[bot]
lock_dir = {{directory}}
[domain {DOMAIN}]
jid = presence@{DOMAIN}
password_file = {{password_file}}
host = localhost
port = {{port}}
"""
# What somebody who has taken over a program would want, and neither ever needs.
DANGEROUS = {
    "add_key", "bpf", "clone", "clone3", "execveat", "fork", "init_module", "io_uring_setup", "kill",
    "memfd_create", "mount", "open_by_handle_at", "personality", "process_vm_readv", "ptrace",
    "setns", "setresuid", "setuid", "shmat", "unshare", "userfaultfd", "vfork",
}


def filtered(unit, code):
    """Runs a piece of Python behind a unit's filter, in place of a program."""
    launcher = os.path.join(os.path.dirname(os.path.abspath(__file__)), "unit_filter.py")
    return subprocess.run(
        [sys.executable, "-B", "-s", launcher, unit, sys.executable, "-c", code],
        capture_output=True, check=False, timeout=RUN_S,
    ).returncode


class SystemCalls(unittest.TestCase):
    """What the programs really call, from their start to their end."""

    def test_both_programs_call_only_what_their_filters_allow(self):
        with System(Programs.from_environment()) as system:
            traces = {name: system.path(f"{name}.trace") for name in UNITS}
            fcgi, bot = (self.traced(system, name, trace) for name, trace in traces.items())
            system.programs = Programs(fcgi, bot, system.programs.ctl)
            system.start()
            system.store.publish(DOMAIN)
            client = system.login("alice")
            client.presence(show="xa")
            for query in ("", "?format=json", "?format=svg", "?format=nonsense"):
                self.assertNotEqual(system.get(f"alice@{DOMAIN}", query=query).status, 502)
            system.bot.stop()
            system.responder.stop()
            for name, trace in traces.items():
                called = self.calls(trace)
                self.assertIn("socket", called)
                self.assertEqual(called - allowed(UNITS[name]), set(), name)

    @staticmethod
    def traced(system, name, trace):
        """A script that runs the program under strace, which passes signals on to it."""
        path, program = system.path(f"{name}.sh"), os.environ[f"XMPP_STATUS_BUILT_{name}"]
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec strace -D -f -qq -o {trace} -- {program} "$@"\n')
        os.chmod(path, 0o755)
        return path

    @staticmethod
    def calls(trace):
        with open(trace, encoding="utf-8", errors="replace") as file:
            return set(re.findall(r"^\d+ +(\w+)\(", file.read(), re.MULTILINE))


class Filter(unittest.TestCase):
    def test_programs_under_test_are_behind_it(self):
        with System(Programs.from_environment()) as system:
            system.start()
            for process, name in ((system.responder.process, "FCGI"), (system.bot.process, "BOT")):
                with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                    status = dict(line.split(":\t", 1) for line in file.read().splitlines())
                self.assertEqual(status["Seccomp"], SECCOMP_MODE_FILTER)
                self.assertEqual(status["NoNewPrivs"], "1")
                built = os.path.realpath(os.environ[f"XMPP_STATUS_BUILT_{name}"])
                self.assertEqual(os.readlink(f"/proc/{process.pid}/exe"), built)

    def test_it_allows_what_other_configurations_need(self):
        """Names to be looked up, Redis by TCP, the host's own name: not how the sandbox does it."""
        with System(Programs.from_environment()) as system:
            system.start_redis()
            user, password_file = system.redis.users()["bot"]
            path = system.path("elsewhere.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write(ELSEWHERE.format(
                    directory=system.directory, port=ports.pick(), user=user,
                    socket=system.redis.socket_path, password_file=password_file,
                ))
            for program, operands, words in (
                (system.programs.fcgi, (), "serving on"),
                (system.programs.bot, (DOMAIN,), "no secured connection"),
            ):
                process = Process(program, [program, "-c", path, *operands], system.path("log"))
                self.addCleanup(process.kill)
                process.start()
                process.wait_ready(lambda words=words, of=process: words in of.log(), words)
                self.assertEqual(process.stop(), 0)

    def test_it_allows_nothing_dangerous(self):
        for unit in UNITS.values():
            self.assertEqual(allowed(unit) & DANGEROUS, set(), unit)

    def test_call_that_it_forbids_ends_the_process(self):
        for unit in UNITS.values():
            self.assertEqual(filtered(unit, "import os; os.getpid()"), 0)
            for call in ("os.fork()", "os.kill(0, 0)", "os.setuid(0)", "os.sync()"):
                self.assertEqual(filtered(unit, f"import os; {call}"), -signal.SIGSYS, call)

    def test_system_fails_when_its_program_ended_so(self):
        with self.assertRaisesRegex(SandboxError, "not allowed ended xmpp-status-fcgi"):
            with System(Programs.from_environment()) as system:
                system.start_redis()
                system.start_responder()
                system.responder.process.send(signal.SIGSYS)
                system.responder.process.wait()


if __name__ == "__main__":
    unittest.main()
