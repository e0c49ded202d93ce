"""What systemd does for the bot: hears when it is ready, and ends it when it gives no sign of life.

As systemd does, the watchdog counts only once the process is ready; until then the time to start
counts, which the process may extend.
"""

import os
import signal
import socket
import time


class Supervisor:
    """Starts and watches a bot with a notification socket in `directory`, which must exist."""

    def __init__(self, bot, directory, timeout_s, restart_s=1.0):
        self.process = bot.process
        self.timeout_s = timeout_s
        self.restart_s = restart_s
        self.ready = False
        self.watchdogs = self.kills = 0
        self._deadline = self._restart_at = None
        path = os.path.join(directory, f"notify-{bot.domain}")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(path)
        self.process.argv = [
            "env", f"NOTIFY_SOCKET={path}", f"WATCHDOG_USEC={int(timeout_s * 1e6)}",
            *self.process.argv,
        ]

    def start(self):
        self.ready = False
        self._restart_at = None
        self._deadline = time.monotonic() + self.timeout_s
        self.process.start()

    def tend(self):
        """Does what is due: to be called often. Starts the process again if it has ended."""
        self._listen()
        now = time.monotonic()
        if self._restart_at is not None:
            if now >= self._restart_at:
                self.start()
        elif not self.process.is_alive():
            self._restart_at = now + self.restart_s
        elif now >= self._deadline:
            self.process.send(signal.SIGABRT)
            self.process.thaw()  # a process that is stopped dies only when it goes on
            self.process.wait()
            self.kills += 1
            self._restart_at = now + self.restart_s

    def tend_until(self, check, seconds):
        """Tends until check() is true; returns whether it became true within the time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.tend()
            if check():
                return True
            time.sleep(0.02)
        return False

    def _listen(self):
        while True:
            try:
                message = self._socket.recv(4096).decode()
            except BlockingIOError:
                return
            for line in message.splitlines():
                self._hear(*line.split("=", 1))

    def _hear(self, name, value):
        now = time.monotonic()
        if name == "READY":
            self.ready = True
            self._deadline = now + self.timeout_s
        elif name == "WATCHDOG":
            self.watchdogs += 1
            if self.ready:
                self._deadline = now + self.timeout_s
        elif name == "EXTEND_TIMEOUT_USEC" and not self.ready:
            self._deadline = max(self._deadline, now + int(value) / 1e6)

    def close(self):
        self._socket.close()
        self.process.stop()
