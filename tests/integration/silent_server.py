"""Servers between a program and the truth: two that fall silent, and a wire."""

import re
import socket
import threading

from sandbox.ports import LOOPBACK

STREAM = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='1' from='silent' version='1.0'>"
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "</stream:features>"
)
PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
PIECE = 65536


class _Listener:
    """Accepts connections on a loopback port until it is closed."""

    def __init__(self):
        self._listening = socket.create_server((LOOPBACK, 0))
        self.port = self._listening.getsockname()[1]
        self._sockets = [self._listening]
        self.accepted = 0
        self._start(self._accept)

    @staticmethod
    def _start(work, *args):
        threading.Thread(target=work, args=args, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.accepted += 1
            self._sockets.append(connection)
            self._start(self._serve_quietly, connection)

    def _serve_quietly(self, connection):
        try:
            self.serve(connection)
        except OSError:
            pass  # the other side has gone

    def serve(self, connection):
        raise NotImplementedError

    def close(self):
        for sock in self._sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was not connected any more
            sock.close()


class SilentServer(_Listener):
    """Agrees to TLS and then says nothing more, ever."""

    def __init__(self):
        self.in_handshake = 0
        super().__init__()

    def serve(self, connection):
        self._await(connection, b"<stream:stream")
        connection.sendall(STREAM.encode())
        self._await(connection, b"<starttls")
        connection.sendall(PROCEED.encode())
        self.in_handshake += 1
        while connection.recv(PIECE):
            pass

    @staticmethod
    def _await(connection, word):
        got = b""
        while word not in got or b">" not in got[got.index(word):]:
            piece = connection.recv(PIECE)
            if not piece:
                raise ConnectionResetError("closed before " + word.decode())
            got += piece


class SilentRedis(_Listener):
    """Lets in whoever begins with a user and a password, and answers nothing else.

    `address` is what to configure; `asked` tells that somebody who was let in waits for an answer.
    """

    # AUTH with two arguments, each after a line with its length.
    _AUTH = re.compile(rb"\*3\r\n\$4\r\nAUTH\r\n(\$\d+\r\n[^\r]*\r\n){2}")

    def __init__(self):
        self.asked = threading.Event()
        super().__init__()
        self.address = f"{LOOPBACK}:{self.port}"

    def serve(self, connection):
        got = b""
        while not self._AUTH.match(got):
            piece = connection.recv(PIECE)
            if not piece:
                return
            got += piece
        connection.sendall(b"+OK\r\n")
        while connection.recv(PIECE):
            self.asked.set()


class Wire(_Listener):
    """Passes connections on to a port; once cut, takes everything and passes nothing on."""

    def __init__(self, port):
        self._to = port
        self._cut = threading.Event()
        super().__init__()

    def serve(self, connection):
        cut = self._cut
        if cut.is_set():
            return
        onward = socket.create_connection((LOOPBACK, self._to))
        self._sockets.append(onward)
        self._start(self._pass, onward, connection, cut)
        self._pass(connection, onward, cut)

    @staticmethod
    def _pass(source, target, cut):
        try:
            while piece := source.recv(PIECE):
                if not cut.is_set():
                    target.sendall(piece)
            if not cut.is_set():
                target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side has gone

    def cut(self):
        """The network swallows everything from now on: both sides only hear silence."""
        self._cut.set()

    def mend(self):
        """New connections work again; those that were cut stay dead."""
        self._cut = threading.Event()
