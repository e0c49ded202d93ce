"""A client of a stream of events, as a browser's EventSource is one: for the tests."""

import json
import socket
import time
from dataclasses import dataclass

from sandbox.ports import LOOPBACK

TIMEOUT_S = 10.0
# From linux/tcp.h: a socket in repair is closed without a word to its peer.
TCP_REPAIR = 19


@dataclass(frozen=True)
class Event:
    """An event as it was sent; `data` is the text, `answer` what it is in JSON."""

    id: str
    data: str

    @property
    def answer(self):
        return json.loads(self.data)

    @property
    def word(self):
        """The state, or the error, of the answer."""
        return self.answer.get("state") or self.answer["error"]


class Ended(Exception):
    """The stream has come to its end, cleanly."""


class EventStream:
    """A context manager; next() gives one event after the other.

    `head` is the head of the answer as text, `status` its number, `retry_ms` what the client was
    told last, `comments` how many there were, `last_id` what the browser would come back with.
    """

    def __init__(self, port, target, headers=(), source=LOOPBACK, accept="text/event-stream"):
        self._socket = socket.create_connection(
            (LOOPBACK, port), timeout=TIMEOUT_S, source_address=(source, 0)
        )
        lines = [f"GET {target} HTTP/1.1", "Host: localhost"]
        if accept:
            lines.append(f"Accept: {accept}")
        lines += [f"{name}: {value}" for name, value in headers]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._wire = b""
        self._text = b""
        self.retry_ms = None
        self.comments = 0
        self.last_id = ""
        self.bytes = 0
        self.head = self._take(b"\r\n\r\n", time.monotonic() + TIMEOUT_S).decode() + "\r\n"
        self.status = int(self.head.split(" ")[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def vanish(self):
        """Is gone without closing: the peer hears nothing, not even an end. For root only."""
        self._socket.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        self.close()

    def body(self):
        """The body of an answer that is no stream."""
        length = int(self.head.partition("Content-Length: ")[2].split("\r\n")[0])
        while len(self._wire) < length:
            self._receive(time.monotonic() + TIMEOUT_S)
        return self._wire[:length]

    def next(self, within=TIMEOUT_S):
        """The next event; TimeoutError if there is none in time, Ended at the end."""
        end = time.monotonic() + within
        while True:
            while b"\n\n" not in self._text:
                self._take_chunk(end)
            block, _, self._text = self._text.partition(b"\n\n")
            event = self._read(block.decode())
            if event is not None:
                return event

    def start(self, within=TIMEOUT_S):
        """Takes what every stream begins with: when to come back."""
        end = time.monotonic() + within
        while b"\n\n" not in self._text:
            self._take_chunk(end)
        block, _, self._text = self._text.partition(b"\n\n")
        assert self._read(block.decode()) is None and self.retry_ms is not None, block

    def next_words(self, count, within=TIMEOUT_S):
        """The words of so many events, by the JIDs they are for."""
        return {event.answer.get("jid"): event.word
                for event in (self.next(within) for _ in range(count))}

    def wait_word(self, word, within=TIMEOUT_S):
        """Takes events up to the first with the word; returns it."""
        end = time.monotonic() + within
        while True:
            event = self.next(max(end - time.monotonic(), 0.001))
            if event.word == word:
                return event

    def rest(self, within):
        """All events that come within so many seconds."""
        end = time.monotonic() + within
        events = []
        while True:
            try:
                events.append(self.next(max(end - time.monotonic(), 0.001)))
            except TimeoutError:
                return events

    def wait_end(self, within=TIMEOUT_S):
        """Takes what there is up to the clean end; returns the last events."""
        end = time.monotonic() + within
        events = []
        while True:
            try:
                events.append(self.next(max(end - time.monotonic(), 0.001)))
            except Ended:
                return events

    def _read(self, block):
        fields = {}
        for line in block.split("\n"):
            if line.startswith(":"):
                self.comments += 1
                continue
            name, _, value = line.partition(":")
            assert name in ("id", "data", "retry") and name not in fields, block
            fields[name] = value.removeprefix(" ")
        if "retry" in fields:
            self.retry_ms = int(fields["retry"])
        if "data" not in fields:
            return None
        self.last_id = fields["id"]
        return Event(fields["id"], fields["data"])

    def _take_chunk(self, end):
        """Takes a chunk; nothing of it if it does not come in time as a whole."""
        while b"\r\n" not in self._wire:
            self._receive(end)
        line = self._wire.partition(b"\r\n")[0]
        begin = len(line) + 2
        size = int(line, 16)
        while len(self._wire) < begin + size + 2:
            self._receive(end)
        self._text += self._wire[begin:begin + size]
        self.bytes += size
        self._wire = self._wire[begin + size + 2:]
        if size == 0:
            raise Ended

    def _take(self, mark, end):
        """What is before the mark; nothing is lost if it does not come in time."""
        while mark not in self._wire:
            self._receive(end)
        part, _, self._wire = self._wire.partition(mark)
        return part

    def _receive(self, end):
        self._socket.settimeout(max(end - time.monotonic(), 0.001))
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError(f"the connection ended after {self._wire!r}")
        self._wire += data
