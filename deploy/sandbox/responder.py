"""Our responder."""

import os
import socket
import stat

from sandbox.process import Process

BACKLOG = 511


class Responder:
    """Runs `program`; listens on `socket_path` by its configuration, or inherits the socket."""

    def __init__(self, program, config_path, socket_path, log_path):
        self.socket_path = socket_path
        self.process = Process("xmpp-status-fcgi", [program, "-c", config_path], log_path)

    def start(self):
        """Starts it so that it makes the socket itself."""
        self.process.start()
        self.process.wait_ready(self._is_listening, f"a listener on {self.socket_path}")

    def start_with_descriptor(self, address=None):
        """Starts it with a listening socket on descriptor 0, as systemd and spawn-fcgi do."""
        path = address or self.socket_path
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            if os.path.exists(path):
                os.unlink(path)
            listener.bind(path)
            listener.listen(BACKLOG)
            self.process.start(stdin=listener)

    def stop(self):
        return self.process.stop()

    def _is_listening(self):
        try:
            if not stat.S_ISSOCK(os.stat(self.socket_path).st_mode):
                return False
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.connect(self.socket_path)
                return True
        except OSError:
            return False
