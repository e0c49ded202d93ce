"""What the bot does while requests come: it keeps the lease, and users change."""

import multiprocessing
import random
import threading
import time

from speed.population import DOMAIN, SEED, Writer, available, jid_of

RENEW_S = 10.0
TICK_S = 0.01


class Lease:
    """Keeps the domain's lease valid, as a context manager."""

    def __init__(self, store):
        self._store = store
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self):
        self._store.write_lease(DOMAIN, time.time() + 30)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    def _renew(self):
        while not self._end.wait(RENEW_S):
            self._store.write_lease(DOMAIN, time.time() + 30)


class Changes:
    """Has random users of `count` change `per_s` times a second, as a context manager."""

    def __init__(self, store, count, per_s):
        self._process = multiprocessing.Process(
            target=_change, args=(store, count, per_s), daemon=True
        )

    def __enter__(self):
        self._process.start()
        return self

    def __exit__(self, *_):
        is_alive = self._process.is_alive()
        self._process.terminate()
        self._process.join()
        if not is_alive:
            raise SystemExit("the writer of changes has ended before its time")


def _change(store, count, per_s):
    chance = random.Random(SEED)
    writer = Writer(store)
    start, written = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - start) * per_s)
        writer.write(
            (jid_of(chance.randrange(count)), available(chance)) for _ in range(due - written)
        )
        written = due
        time.sleep(TICK_S)
