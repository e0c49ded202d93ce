"""A shell that is fed commands one after the other, as by someone who copies them from a page."""

import base64
import os
import selectors
import subprocess
import time
import uuid

BLOCK_S = 240.0


class Shell:
    """Runs `argv`, which becomes a bash, as a context manager; its end is that of all in it."""

    def __init__(self, argv):
        self._argv = argv
        self._popen = None

    def __enter__(self):
        # Ends with us, however we end: `unshare --kill-child` takes the rest with it.
        self._popen = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", "--", *self._argv], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        return self

    def __exit__(self, *_):
        self._popen.kill()
        self._popen.wait()
        self._popen.stdin.close()
        self._popen.stdout.close()

    def child(self):
        """The process id, out here, of the bash."""
        pid = self._popen.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return int(file.read().split()[0])

    def run(self, commands):
        """Runs lines of bash; returns the exit status of the last, and what was printed.

        The commands read nothing, so that none of them swallows those that come after it.
        """
        mark = uuid.uuid4().hex
        coded = base64.b64encode(commands.encode()).decode()
        lines = f"eval \"$(base64 -d <<<{coded})\" </dev/null\nprintf '%s %s\\n' {mark} $?\n"
        self._popen.stdin.write(lines.encode())
        self._popen.stdin.flush()
        output = self._read_until(mark.encode())
        printed, _, status = output.partition(mark.encode())
        return int(status), printed.decode(errors="replace")

    def _read_until(self, mark):
        output = b""
        end = time.monotonic() + BLOCK_S
        with selectors.DefaultSelector() as selector:
            selector.register(self._popen.stdout, selectors.EVENT_READ)
            while not (mark in output and output.endswith(b"\n")):
                if not selector.select(max(0.0, end - time.monotonic())):
                    raise AssertionError(f"not done within {BLOCK_S} s:\n{output.decode()}")
                part = os.read(self._popen.stdout.fileno(), 65536)
                if not part:
                    raise AssertionError(f"the shell has ended:\n{output.decode()}")
                output += part
        return output
