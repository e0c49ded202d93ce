"""The table of all results, in Markdown."""

HEADINGS = (
    "workload", "peer", "requests/s", "p50 ms", "p99 ms", "CPU µs", "nginx", "server", "Redis",
    "to bare Lua", "to static",
)


def print_rows(headings, rows):
    widths = [max(len(str(row[i])) for row in (headings, *rows)) for i in range(len(headings))]
    for row in (headings, ["-" * width for width in widths], *rows):
        cells = (str(cell).ljust(width) for cell, width in zip(row, widths))
        print("| " + " | ".join(cells) + " |")


def ratio_text(ratio):
    return "–" if ratio is None else f"{ratio:.2f}"


def print_results(results, workloads, peers):
    """A row for each peer in each workload; the ratios are those of CPU per request."""
    rows = []
    for workload in workloads:
        for peer in peers:
            if results.has(workload, peer.key):
                rows.append(_row(results, workload, peer))
    print_rows(HEADINGS, rows)


def _row(results, workload, peer):
    parts = [results.cpu_us(workload, peer.key, role) for role in ("nginx", "server", "redis")]
    return (
        workload, peer.name, f"{results.rate(workload, peer.key):.0f}",
        f"{results.median(workload, peer.key, 'p50_ms'):.2f}",
        f"{results.median(workload, peer.key, 'p99_ms'):.2f}",
        f"{results.cpu_us(workload, peer.key):.1f}", *(f"{part:.1f}" for part in parts),
        ratio_text(results.cpu_ratio(workload, peer.key, "bare")),
        ratio_text(results.cpu_ratio(workload, peer.key, "static")),
    )
