"""What was answered when, as a table."""

import threading
import time

ROW_S = 0.5


class Timeline:
    """Collects events and answers; column by column, from any thread."""

    def __init__(self, columns):
        self.columns = columns
        self._start = time.monotonic()
        self._events = []
        self._answers = []
        self._lock = threading.Lock()

    def event(self, text):
        with self._lock:
            self._events.append((time.monotonic() - self._start, text))

    def answer(self, column, text):
        with self._lock:
            self._answers.append((time.monotonic() - self._start, column, text))

    def table(self):
        """Rows of half a second, those with the same answers as the one before left out."""
        rows = []
        with self._lock:
            end = max((t for t, *_ in self._answers), default=0.0)
            for number in range(int(end / ROW_S)):
                first, last = number * ROW_S, (number + 1) * ROW_S
                events = [f"{t:.2f} {text}" for t, text in self._events if first <= t < last]
                cells = [
                    " ".join(sorted({
                        text for t, name, text in self._answers
                        if name == column and first <= t < last
                    })) or "-"
                    for column in self.columns
                ]
                if events or not rows or rows[-1][1] != cells:
                    rows.append((first, cells, events))
        widths = [max(len(c), *(len(row[1][i]) for row in rows)) + 2
                  for i, c in enumerate(self.columns)]
        lines = ["    t  " + "".join(c.ljust(w) for c, w in zip(self.columns, widths)) + "event"]
        for first, cells, events in rows:
            line = f"{first:5.1f}  " + "".join(c.ljust(w) for c, w in zip(cells, widths))
            lines.append((line + "; ".join(events)).rstrip())
        return "\n".join(lines)
