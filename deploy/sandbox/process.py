"""One child process: started, watched, stopped, by its process id."""

import os
import signal
import subprocess

from sandbox.deadline import wait_until
from sandbox.errors import SandboxError

STOP_S = 10.0
LOG_TAIL_LINES = 30


def environment(**changes):
    """Our own environment, with the directories where servers are and users rarely look."""
    path = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    return {**os.environ, "PATH": path, **changes}


class Process:
    """A child with its output in a log file.

    It gets a session of its own, so that Ctrl-C reaches only us and we stop everything in order. If
    we die ourselves, the kernel ends it: start it from a thread that lives as long as it should.
    """

    def __init__(self, name, argv, log_path, death_signal="KILL"):
        self.name = name
        self.argv = [str(arg) for arg in argv]
        self.log_path = log_path
        self.death_signal = death_signal
        self._popen = None

    def start(self, stdin=subprocess.DEVNULL):
        if self.is_alive():
            raise SandboxError(f"{self.name} is running already")
        argv = ["setpriv", f"--pdeathsig={self.death_signal}", "--", *self.argv]
        with open(self.log_path, "ab") as log:
            try:
                self._popen = subprocess.Popen(
                    argv, stdin=stdin, stdout=log, stderr=log, env=environment(),
                    start_new_session=True,
                )
            except OSError as error:
                raise SandboxError(f"cannot start {self.name}: {error}") from error

    @property
    def pid(self):
        return self._popen.pid

    @property
    def exit_code(self):
        """None while it runs; negative if a signal ended it; None also if it never ran."""
        return None if self._popen is None else self._popen.poll()

    def is_alive(self):
        return self._popen is not None and self._popen.poll() is None

    def wait_ready(self, check, what, seconds=15.0):
        """Waits until check() is true; fails at once, with the log, if the process ends before."""

        def ready_or_dead():
            if not self.is_alive():
                raise SandboxError(f"{self.name} ended with {self.exit_code}: {self.log_tail()}")
            return check()

        try:
            return wait_until(ready_or_dead, what, seconds)
        except SandboxError as error:
            if not self.is_alive():
                raise
            raise SandboxError(f"{self.name}: {error}\n{self.log_tail()}") from error

    def send(self, signal_number):
        if self.is_alive():
            self._popen.send_signal(signal_number)

    def freeze(self):
        """Stops it from running, without it noticing."""
        self.send(signal.SIGSTOP)

    def thaw(self):
        self.send(signal.SIGCONT)

    def wait(self, seconds=STOP_S):
        """Waits for its end; returns the exit code."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise SandboxError(
                f"{self.name} has not ended within {seconds:g} s\n{self.log_tail()}"
            ) from None

    def kill(self):
        """Ends it at once. Nothing happens if it is not running."""
        if self.is_alive():
            self._popen.kill()
        if self._popen is not None:
            self._popen.wait()

    def stop(self, seconds=STOP_S):
        """Asks it to end, insists after `seconds`, and returns the exit code (None: never ran)."""
        if not self.is_alive():
            return self.exit_code
        self.thaw()
        self.send(signal.SIGTERM)
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.exit_code

    def cpu_seconds(self):
        """Processor time used so far by the process itself, in seconds."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100.0

    def descriptors(self):
        """The number of its open file descriptors."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def log(self):
        """All it has written to its standard output and error."""
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def log_tail(self):
        lines = self.log().splitlines()[-LOG_TAIL_LINES:]
        return "\n".join([f"last lines of {self.log_path}:", *lines])
