"""What Redis is asked, by Redis's own account."""

import re
import socket

from sandbox.store import encode

TIMEOUT_S = 10.0
END = "end of monitoring"


class Monitor:
    """A context manager around requests; commands() says what they made Redis do."""

    def __init__(self, store):
        self.store = store
        self._socket = None
        self._file = None

    def __enter__(self):
        with open(self.store.password_file, encoding="ascii") as file:
            password = file.readline().rstrip("\n")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT_S)
        self._socket.connect(self.store.path)
        self._socket.sendall(encode("AUTH", self.store.user, password) + encode("MONITOR"))
        self._file = self._socket.makefile("rb")
        for _ in range(2):
            assert self._file.readline() == b"+OK\r\n"
        return self

    def __exit__(self, *_):
        self._file.close()
        self._socket.close()

    def commands(self):
        """Returns all commands since the start, as Redis writes them, but for time and peer."""
        self.store.command("ECHO", END)
        lines = []
        while True:
            line = self._file.readline().decode()
            assert line.endswith("\r\n"), line
            command = re.sub(r"^\+[0-9.]+ \[[^\]]*\] ", "", line.rstrip())
            if END in command:
                return lines
            if not command.startswith('"AUTH"'):
                lines.append(command)
