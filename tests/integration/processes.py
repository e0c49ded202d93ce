"""The processes of a sandbox, found from outside it."""

import os


def processes_in(directory):
    """Returns {process id: command} of those whose command line names the directory."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    line = file.read()
            except OSError:
                continue
            if directory.encode() in line:
                found[int(entry)] = line.replace(b"\0", b" ").decode(errors="replace")
    return found


def connections_to(pid, port):
    """The number of TCP connections that the process has to a loopback port."""
    sockets = set()
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            sockets.add(os.readlink(f"/proc/{pid}/fd/{entry}"))
        except OSError:
            continue
    with open(f"/proc/{pid}/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return sum(
        row[2].endswith(f":{port:04X}") and f"socket:[{row[9]}]" in sockets for row in rows
    )
