"""The built programs are hardened. Registered for builds that are to be: see cmake/hardening.cmake.
"""

import json
import os
import platform
import subprocess
import tempfile
import unittest

from hardening import flaws, lacking, marks, starts_with_branch_target

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Where what is in the programs comes from.
PARTS = ("lib", "fcgi", "bot", "ctl")
# Enough of a program for every protection to have something to protect.
SOURCE = """\
#include <stdio.h>
#include <string.h>
int main(int argc, char *argv[])
{
    char text[32];
    strcpy(text, argv[argc - 1]);
    return puts(text) < 0;
}
"""
HARDENED = (
    "-O2", "-D_FORTIFY_SOURCE=3", "-fstack-protector-strong", "-fPIE", "-pie",
    "-Wl,-z,relro,-z,now",
)
# How each protection is lost.
PLANTED = {
    "position-independent": ("-fno-PIE", "-no-pie"),
    "stack not executable": ("-Wl,-z,execstack",),
    "relocations read-only": ("-Wl,-z,norelro",),
    "bound at start": ("-Wl,-z,lazy",),
    "no search path": ("-Wl,-rpath,/nonexistent",),
    "stack protector": ("-fno-stack-protector",),
    "fortified": ("-U_FORTIFY_SOURCE",),
}
COMPILE_S = 60
IS_X86 = platform.machine() in ("x86_64", "i686")
# Control-flow protection, on and off.
BRANCHES = "-fcf-protection=full" if IS_X86 else "-mbranch-protection=standard"
NO_BRANCHES = "-fcf-protection=none" if IS_X86 else "-mbranch-protection=none"
FORCED, FORCED_MARKS = (
    ("-Wl,-z,ibt,-z,shstk", {"IBT", "SHSTK"}) if IS_X86 else ("-Wl,-z,force-bti", {"BTI"})
)
# How a line that has all of it looks, and what takes each away from it.
LINE = (
    "/usr/bin/cc -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong "
    f"-fstack-clash-protection {BRANCHES}"
)
TAKEN_AWAY = {
    "fortified": ("-D_FORTIFY_SOURCE=3", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"),
    "stack protector": (
        "-fstack-protector-strong", "-fno-stack-protector", "-fstack-protector",
    ),
    "stack clash": ("-fstack-clash-protection", "-fno-stack-clash-protection"),
    "branches": (BRANCHES, NO_BRANCHES),
}


class Hardening(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))

    def compile(self, *options):
        program = os.path.join(self.directory, "program")
        subprocess.run(
            ["gcc", *HARDENED, *options, "-x", "c", "-", "-o", program], input=SOURCE, text=True,
            check=True, capture_output=True, timeout=COMPILE_S,
        )
        return program

    def programs(self):
        return [os.environ[f"XMPP_STATUS_{name}"] for name in ("BUILT_FCGI", "BUILT_BOT", "CTL")]

    def test_programs_lack_nothing(self):
        for program in self.programs():
            self.assertEqual(flaws(program), [], program)

    def test_each_protection_would_be_missed(self):
        self.assertEqual(flaws(self.compile()), [])
        for name, options in PLANTED.items():
            self.assertIn(name, flaws(self.compile(*options)), options)

    def test_every_file_is_compiled_with_them(self):
        """What the file of a program does not show: it may be in some of it only."""
        with open(os.environ["XMPP_STATUS_COMPILE_COMMANDS"], encoding="utf-8") as file:
            commands = [
                (os.path.relpath(entry["file"], ROOT), entry["command"])
                for entry in json.load(file)
            ]
        ours = [(path, command) for path, command in commands if path.split("/")[0] in PARTS]
        sources = {
            os.path.join(part, name)
            for part in PARTS for name in os.listdir(os.path.join(ROOT, part))
            if name.endswith(".c")
        }
        self.assertEqual({path for path, _ in ours}, sources)
        for path, command in ours:
            self.assertEqual(lacking(command, BRANCHES), [], path)

    def test_each_option_would_be_missed(self):
        self.assertEqual(lacking(LINE, BRANCHES), [])
        for name, (option, *later) in TAKEN_AWAY.items():
            self.assertEqual(lacking(LINE.replace(f" {option}", ""), BRANCHES), [name])
            for other in later:
                self.assertEqual(lacking(f"{LINE} {other}", BRANCHES), [name], other)

    def test_programs_mark_where_jumps_may_go(self):
        self.assertFalse(starts_with_branch_target(self.compile(NO_BRANCHES), "main"))
        for program in self.programs():
            self.assertTrue(starts_with_branch_target(program, "main"), program)

    def test_kernel_is_told_of_it_where_the_start_files_allow_it(self):
        """They are Debian's; where they are built without it, no program can have it."""
        possible = marks(self.compile(BRANCHES))
        for program in self.programs():
            self.assertEqual(marks(program), possible, program)
        self.assertLessEqual(FORCED_MARKS, marks(self.compile(BRANCHES, FORCED)))


if __name__ == "__main__":
    unittest.main()
