"""What callgrind has counted, read from its files.

callgrind_annotate takes a part of a run, which begins inside of main, for one function.
"""

import os
import re
import subprocess
from collections import Counter

from sandbox.errors import SandboxError

_NAME = re.compile(r"(c?fn|c?ob)=\((\d+)\)(?: (.+))?$")


def command(out_path):
    """What to put before a command, so that it is counted."""
    return ("valgrind", "--tool=callgrind", f"--callgrind-out-file={out_path}", "-q", "--")


def dump(pid):
    """Writes what has been counted so far, as the next part, OUT_PATH.1 and so on."""
    done = subprocess.run(
        ["callgrind_control", "--dump", str(pid)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SandboxError(f"callgrind_control: {done.stdout}{done.stderr}")


class Costs:
    """Instructions by function, named `function (library)`: its own, and with all that it calls.

    A function that calls itself is counted more than once in the latter.
    """

    def __init__(self):
        self.own, self.inclusive = Counter(), Counter()

    def libraries(self):
        """Own instructions by program and library."""
        found = Counter()
        for function, cost in self.own.items():
            found[function.rpartition(" (")[2].rstrip(")")] += cost
        return found

    def per_request(self, other, requests):
        """What each request of this part costs beyond `other`, which has `requests` fewer."""
        result = Costs()
        for mine, theirs, out in (
            (self.own, other.own, result.own), (self.inclusive, other.inclusive, result.inclusive)
        ):
            for function, cost in mine.items():
                out[function] = (cost - theirs[function]) / requests
        return result


def read_part(path, names):
    """Reads one part; `names`, of numbers, is what the parts before it have filled."""
    costs = Costs()
    at = {}
    is_call = False
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if found := _NAME.match(line):
                _take_name(found, at, names)
            elif line.startswith("calls="):
                is_call = True  # the next line has what the callee cost
            elif re.match(r"[+\-*\d]", line):
                cost = int(line.split()[1])
                if is_call:
                    costs.inclusive[_label(at["cfn"], at.get("cob", at["ob"]), names)] += cost
                    at.pop("cob", None)
                else:
                    costs.own[_label(at["fn"], at["ob"], names)] += cost
                is_call = False
    return costs


def _take_name(found, at, names):
    kind, number, name = found.groups()
    at[kind] = (kind[-2:], number)
    if name is not None:
        names[at[kind]] = name


def _label(function, library, names):
    return f"{names[function]} ({os.path.basename(names[library])})"
