"""The system calls that a unit's filter leaves to its program: read from the unit, as systemd does.

As a program, `unit_filter.py UNIT-FILE PROGRAM [ARGUMENT...]` becomes PROGRAM under that filter. A
call that it forbids ends the process with SIGSYS, where the unit would have it fail with EPERM: a
library that copes would hide it.
"""

import os
import re
import subprocess
import sys

RUN_S = 60
# Always allowed, whatever the filter: see systemd.exec(5) on SystemCallFilter=.
ALWAYS = {"execve", "exit", "exit_group", "getrlimit", "rt_sigreturn", "sigreturn"}


def allowed(unit_path):
    """The calls that are left, by name. Some do not exist on this processor."""
    groups = _groups()
    names = ALWAYS | _members("@default", groups)
    is_first = True
    for words in _filters(unit_path):
        members = set().union(*(_members(word, groups) for word in words.strip("~").split()))
        if words.startswith("~"):
            assert not is_first, f"{unit_path}: the first filter must name what is allowed"
            names -= members
        else:
            names |= members
        is_first = False
    assert not is_first, f"{unit_path}: no filter"
    return names


def _filters(unit_path):
    with open(unit_path, encoding="utf-8") as file:
        return re.findall(r"^SystemCallFilter=(.*)$", file.read(), re.MULTILINE)


def _groups():
    """systemd's groups: {"@basic-io": ["read", ...], ...}, some with other groups in them."""
    listing = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter"], capture_output=True, text=True,
        check=True, timeout=RUN_S,
    ).stdout
    return {
        name: re.findall(r"^    (@?[\w-]+)$", body, re.MULTILINE)
        for name, body in re.findall(r"^(@[\w-]+)\n((?:    .*\n)*)", listing, re.MULTILINE)
    }


def _members(word, groups):
    """The calls that a word of a filter stands for."""
    if not word.startswith("@"):
        return {word}
    return set().union(*(_members(name, groups) for name in groups[word]))


def _install(names):
    import seccomp  # not needed by those who only read

    rules = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
    rules.set_attr(seccomp.Attr.CTL_OPTIMIZE, 2)  # a tree: some two hundred are allowed
    for name in names:
        if seccomp.resolve_syscall(seccomp.Arch(), name) >= 0:
            rules.add_rule(seccomp.ALLOW, name)
    rules.load()


def main():
    unit_path, program = sys.argv[1:3]
    _install(allowed(unit_path))
    os.execv(program, sys.argv[2:])


if __name__ == "__main__":
    main()
