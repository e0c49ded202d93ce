"""A wire between the responder and Redis on which single connections can be cut or fall silent."""

import multiprocessing
import os
import socket
import threading
import time

from sandbox.ports import LOOPBACK

PIECE = 65536
# Which command shows what a connection is for.
NEWS, DATA = "news", "data"
MARKS = ((b"SUBSCRIBE", NEWS), (b"TRACKING", DATA), (b"HMGET", DATA))


class _Link:
    """One connection: the client's side, Redis's side, and what it is for once that shows."""

    def __init__(self, client, server):
        self.client = client
        self.server = server
        self.kind = None
        self.flows = threading.Event()
        self.is_open = True
        self.flows.set()

    def cut(self):
        self.is_open = False
        for sock in (self.client, self.server):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was not connected any more
        self.flows.set()


class RedisWire:
    """Passes connections on to the Redis on `target`, a unix socket.

    It listens on the unix socket `path`, or on a loopback port if that is None. `address` is what
    to configure. With `is_news_refused` a connection that has subscribed is closed at once. Answers
    take `delay_s` longer, and data `data_delay_s` more than that: news overtakes it.
    """

    def __init__(self, target, path=None, data_delay_s=0.0):
        self.target = target
        self.path = path
        self.accepted = 0
        self.is_news_refused = False
        self.delay_s = 0.0
        self.data_delay_s = data_delay_s
        self._is_silent = False
        self._links = []
        self._lock = threading.Lock()
        if path is None:
            self._listener = socket.create_server((LOOPBACK, 0))
            self.address = "%s:%d" % self._listener.getsockname()
        else:
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(path)
            self._listener.listen(16)
            self.address = path
        self._start(self._accept)

    @staticmethod
    def _start(work, *args):
        threading.Thread(target=work, args=args, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut(None)
        if self.path is not None:
            os.unlink(self.path)

    def choose_target(self):
        """Where the next connection leads."""
        return self.target

    def cut(self, kind):
        """Closes the connections of a kind; None: all."""
        for link in self.links(kind):
            link.cut()

    def freeze(self, kind):
        """Lets those that are there fall silent; None: all, and all that are made until thaw()."""
        self._is_silent = kind is None
        for link in self.links(kind):
            link.flows.clear()

    def thaw(self):
        """What was held back goes on its way."""
        self._is_silent = False
        for link in self.links(None):
            link.flows.set()

    def links(self, kind):
        """The open connections of a kind; None: all."""
        with self._lock:
            self._links = [link for link in self._links if link.is_open]
            return [link for link in self._links if kind in (None, link.kind)]

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._start(self._serve, client)

    def _serve(self, client):
        with client, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            link = _Link(client, server)
            try:
                server.connect(self.choose_target())
            except OSError:
                return  # Redis is away
            if self._is_silent:
                link.flows.clear()
            with self._lock:
                self._links.append(link)
            back = threading.Thread(target=self._pass, args=(link, server, client), daemon=True)
            back.start()
            self._pass(link, client, server)
            back.join()

    def _pass(self, link, source, sink):
        try:
            while piece := source.recv(PIECE):
                self._note(link, piece, source is link.server)
                link.flows.wait()
                if source is link.server:
                    time.sleep(self.delay_s + (self.data_delay_s if link.kind == DATA else 0))
                sink.sendall(piece)
                if self.is_news_refused and link.kind == NEWS and b"subscribe" in piece:
                    break
        except OSError:
            pass  # one side has gone
        link.flows.wait()
        link.cut()

    @staticmethod
    def _note(link, piece, is_answer):
        for mark, kind in MARKS:
            if not is_answer and link.kind is None and mark in piece:
                link.kind = kind


class RemoteWire:
    """The same in a process of its own, so that a busy test does not hold up what passes."""

    def __init__(self, target, path, data_delay_s=0.0):
        self.address = path
        context = multiprocessing.get_context("fork")
        self._control, far_end = context.Pipe()
        self._process = context.Process(
            target=_serve_orders, args=(self._control, far_end, target, path, data_delay_s),
            daemon=True,
        )
        self._process.start()
        far_end.close()
        self._control.recv()  # it listens

    def _order(self, *order):
        self._control.send(order)
        self._control.recv()

    def cut(self, kind):
        self._order("cut", kind)

    def freeze(self, kind):
        self._order("freeze", kind)

    def thaw(self):
        self._order("thaw")

    def close(self):
        self._order("close")
        self._control.close()
        self._process.join()


def _serve_orders(near_end, control, target, path, data_delay_s):
    near_end.close()
    wire = RedisWire(target, path, data_delay_s)
    control.send(None)
    try:
        while True:
            name, *arguments = control.recv()
            getattr(wire, name)(*arguments)
            control.send(None)
    except EOFError:
        pass  # whoever gave the orders has gone
