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
