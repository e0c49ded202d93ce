"""What we aim at, and how far we are."""

from speed.load import is_held
from speed.table import print_rows, ratio_text

AT_MOST, AT_LEAST = "at most", "at least"

# Workload, ours, the peer to compare with, which of the two comes first, and the bound.
CPU_AIMS = (
    ("hot", "ours", "bare", AT_MOST, 0.70),
    ("hot", "ours", "constant", AT_MOST, 1.15),
    ("uniform", "ours", "bare", AT_MOST, 0.70),
    ("uniform", "ours", "constant", AT_MOST, 1.15),
    ("uniform", "cold", "bare", AT_MOST, 0.95),
    ("hot", "cached", "static", AT_MOST, 1.20),
    ("hot", "php", "ours", AT_LEAST, 4.0),
    ("hot", "prosody", "ours", AT_LEAST, 4.0),
    ("hot", "ejabberd", "ours", AT_LEAST, 4.0),
    ("hot", "php", "cached", AT_LEAST, 9.0),
    ("hot", "prosody", "cached", AT_LEAST, 9.0),
    ("hot", "ejabberd", "cached", AT_LEAST, 9.0),
)
RATE_AIMS = (("hot", "ours", "bare", AT_LEAST, 1.0), ("uniform", "ours", "bare", AT_LEAST, 1.0))
HALF_LOAD_ABOVE_STATIC_MS = 2.0


def print_aims(results, peers):
    names = {peer.key: peer.name for peer in peers}
    rows = []
    for what, aims, ratio in (
        ("CPU", CPU_AIMS, results.cpu_ratio), ("requests/s", RATE_AIMS, results.rate_ratio)
    ):
        for workload, peer, other, side, bound in aims:
            found = ratio(workload, peer, other)
            if found is not None:
                name = f"{what}, {workload}: {names[peer]} to {names[other]}"
                rows.append(_row(name, ratio_text(found), side, found, bound))
    for peer in ("ours", "cached"):
        if peer in results.half_load and "static" in results.half_load:
            rows.append(_half_load_row(results, names, peer))
    print_rows(("aim", "measured", "bound", "met"), rows)


def _half_load_row(results, names, peer):
    mine, static = results.half_load[peer], results.half_load["static"]
    above = mine["p99_ms"] - static["p99_ms"]
    name = f"p99 at half load: {names[peer]} above {names['static']}"
    if not is_held(mine) or not is_held(static):
        return name, "not held", f"{AT_MOST} {HALF_LOAD_ABOVE_STATIC_MS:g}", "NO"
    return _row(name, f"{above:.2f} ms", AT_MOST, above, HALF_LOAD_ABOVE_STATIC_MS)


def _row(name, text, side, found, bound):
    is_met = found <= bound if side == AT_MOST else found >= bound
    return name, text, f"{side} {bound:g}", "yes" if is_met else "NO"
