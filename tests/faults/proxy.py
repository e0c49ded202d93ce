"""A cable between two programs that can be cut, go dead, or be slow."""

import os
import socket
import threading
import time

from sandbox.errors import SandboxError
from sandbox.ports import LOOPBACK, pick

CHUNK = 65536


class Proxy:
    """Passes bytes between who connects to `address` and `target`, until told otherwise.

    `target` is a path, and then `address` is one too and given; or a loopback port, and then a port
    is chosen.
    """

    def __init__(self, target, path=None):
        self.target = target
        self.address = path or pick()
        self.delay_s = 0.0
        self._flows = threading.Event()  # cleared: bytes stay where they are
        self._flows.set()
        self._lock = threading.Lock()
        self._sockets = set()
        self._listener = None
        self.join()

    def join(self):
        """Connections are accepted again."""
        family = socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_UNIX:
            if os.path.exists(self.address):
                os.unlink(self.address)
            listener.bind(self.address)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((LOOPBACK, self.address))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self):
        """Breaks every connection and refuses new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            _close(listener)
        with self._lock:
            broken, self._sockets = self._sockets, set()
        for sock in broken:
            _close(sock)
        self._flows.set()

    def go_dead(self):
        """Half-open: connections stand, new ones too, and nothing passes in either direction."""
        self._flows.clear()

    def revive(self):
        """What was held back passes."""
        self._flows.set()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = self._connect()
            except OSError:
                near.close()
                continue
            with self._lock:
                self._sockets |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _connect(self):
        if isinstance(self.target, int):
            return socket.create_connection((LOOPBACK, self.target), timeout=None)
        far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        far.connect(self.target)
        return far

    def _pass(self, source, sink):
        try:
            while chunk := source.recv(CHUNK):
                self._flows.wait()
                if self.delay_s:
                    time.sleep(self.delay_s)
                sink.sendall(chunk)
        except OSError:
            pass
        for sock in (source, sink):
            _close(sock)
        with self._lock:
            self._sockets -= {source, sink}


def _close(sock):
    """Ends a connection for those, too, who are waiting on it."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    try:
        sock.close()
    except OSError as error:
        raise SandboxError(f"cannot close a socket: {error}") from error
