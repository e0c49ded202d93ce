"""The JIDs of tests/data/jids.txt, whose head says how it is to be read."""

import os
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

PATH = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "jids.txt")
ERRORS = ("INVALID", "TOO_LONG")


@dataclass(frozen=True)
class Row:
    """`bare` is the normal form as bytes; None if `raw` is not a JID."""

    line: int
    raw: bytes
    bare: bytes
    why: str


def _expand(field):
    repeated = re.sub(r"\{([^*]+)\*(\d+)\}", lambda m: m[1] * int(m[2]), field)
    return unquote_to_bytes(repeated)


def read():
    """Returns all rows."""
    rows = []
    with open(PATH, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip() and not line.startswith("#"):
                raw, result, why = line.split(maxsplit=2)
                bare = None if result in ERRORS else _expand(result)
                rows.append(Row(number, _expand(raw), bare, why.strip()))
    return rows
