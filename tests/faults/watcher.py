"""Somebody who watches everybody on a stream of events, and comes back as an EventSource does."""

import random
import time

from events import Ended, EventStream
from model import STREAM, Answer
from reading import read_entry
from sandbox.system import DOMAIN, LOCATION

LOOK_S = 0.2
RETRY_S = 1.0  # until a stream has said otherwise
READ_S = 0.001


def list_target(users, format_name):
    """What to ask for several at once."""
    jids = "&".join(f"jid={user}@{DOMAIN}" for user in users)
    return f"{LOCATION.rstrip('/')}?{jids}&format={format_name}"


class Watcher:
    """look() at it again and again, each time after `pause_s`, from one thread."""

    def __init__(self, rig, users):
        self.pause_s = LOOK_S
        self._rig = rig
        self._users = users
        self._stream = None
        self._shown = {}  # JSON by user
        self._last_id = ""
        self._gaps = []
        self._connected = time.monotonic()  # when it was last known to be

    def look(self):
        """What is shown by now as answers to be judged; none unless it is known to be connected.

        What is no stream, nor the 503 that is promised instead of one, is a problem.
        """
        begin = time.monotonic()
        try:
            if self._stream is None:
                return self._open()
            self._read_events()
        except (OSError, Ended):
            self._lose()
            return []
        except (ValueError, KeyError, IndexError, AssertionError) as problem:
            self._lose()
            return [self._problem(begin, 200, repr(problem))]
        self._connected = begin
        end = time.monotonic()
        return [self._answer(user, begin, end) for user in self._users]

    @property
    def is_connected(self):
        return self._stream is not None

    def all_gaps(self):
        """When it had no stream: (begin, end), up to now."""
        if self.is_connected:
            return list(self._gaps)
        return [*self._gaps, (self._connected, time.monotonic())]

    def _answer(self, user, begin, end):
        if user not in self._shown:
            return Answer(user, begin, end, 0, problem="no event at the beginning", via=STREAM)
        return read_entry(user, begin, end, self._shown[user], STREAM)

    def _problem(self, begin, status, text):
        user = self._users[0]  # it is everybody's
        return Answer(user, begin, time.monotonic(), status, problem=text, via=STREAM)

    def _open(self):
        """Asks for the stream; returns what was wrong with the answer, if anything."""
        begin = time.monotonic()
        headers = [("Last-Event-ID", self._last_id)] if self._last_id else []
        stream = EventStream(
            self._rig.nginx.port, list_target(self._users, "events"), headers,
            source=f"127.{random.randrange(1, 250)}.2.1",
        )
        if stream.status != 200:
            stream.close()
            self._lose()
            if stream.status == 503:
                return []
            return [self._problem(begin, stream.status, f"{stream.status} is not promised")]
        now = time.monotonic()
        self._gaps.append((self._connected, now))
        self._connected = now
        self._stream = stream
        self.pause_s = LOOK_S
        return []

    def _read_events(self):
        """Takes what has come, to the last byte that is there."""
        try:
            while True:
                event = self._stream.next(READ_S)
                self._last_id = event.id
                self._shown[event.answer["jid"].partition("@")[0]] = event.answer
        except TimeoutError:
            pass

    def _lose(self):
        self.pause_s = RETRY_S
        if self._stream is None:
            return
        if self._stream.retry_ms is not None:
            self.pause_s = self._stream.retry_ms / 1000
        self._stream.close()
        self._stream = None
