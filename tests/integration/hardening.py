"""What there is in a program against exploits: read from its file, and from how it was compiled."""

import re
import shlex
import subprocess

RUN_S = 60
# Of the options of the compiler that decide about each protection, the last one counts.
DECIDED_BY = {
    "fortified": r"-[DU]_FORTIFY_SOURCE(=.*)?",
    "stack protector": r"-f(no-)?stack-protector(-.*)?",
    "stack clash": r"-f(no-)?stack-clash-protection",
    "branches": r"-(fcf|mbranch)-protection(=.*)?",
}


def flaws(path):
    """The protections that a program lacks, by name; an empty list for one that has them all.

    Control-flow protection is not among them: see starts_with_branch_target and marks.
    """
    has = {
        "position-independent": " DYN (Position-Independent Executable" in _read(path, "-h"),
        "stack not executable": re.search(r"GNU_STACK( +0x\w+){5} RW ", _read(path, "-l")),
        "relocations read-only": "GNU_RELRO" in _read(path, "-l"),
        "bound at start": re.search(r"\(FLAGS\) +.*BIND_NOW", _read(path, "-d")),
        "no relocations in code": "TEXTREL" not in _read(path, "-d"),
        "no search path": not re.search(r"\((RPATH|RUNPATH)\)", _read(path, "-d")),
        "no segment writable and executable": not re.search(r" RWE ", _read(path, "-l")),
        "stack protector": "__stack_chk_fail" in _read(path, "--dyn-syms"),
        "fortified": re.search(r" __(?!stack)\w+_chk@", _read(path, "--dyn-syms")),
    }
    return [name for name, there in has.items() if not there]


def lacking(command, branches):
    """The protections that a compiler's command line does not turn on, by name.

    `branches` is the option that turns control-flow protection on here.
    """
    wanted = {
        "fortified": "-D_FORTIFY_SOURCE=3",
        "stack protector": "-fstack-protector-strong",
        "stack clash": "-fstack-clash-protection",
        "branches": branches,
    }
    options = shlex.split(command)
    decisions = {
        name: [option for option in options if re.fullmatch(pattern, option)]
        for name, pattern in DECIDED_BY.items()
    }
    return [name for name, option in wanted.items() if decisions[name][-1:] != [option]]


def starts_with_branch_target(path, function):
    """Says whether a function begins with the instruction that marks where jumps may go."""
    listing = _run("objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}", path)
    first = re.search(rf"<{function}>:\n +\w+:\t(\w+)", listing)
    return first is not None and first[1] in ("endbr64", "endbr32", "bti", "paciasp")


def marks(path):
    """The features, such as IBT and SHSTK, that the program tells the kernel it can bear."""
    found = re.search(r"(?:x86|AArch64) feature: (.*)$", _read(path, "-n"), re.MULTILINE)
    return set(re.split(r", *", found[1].strip())) if found else set()


def _read(path, option):
    return _run("readelf", "-W", option, path)


def _run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=RUN_S)
    return done.stdout
