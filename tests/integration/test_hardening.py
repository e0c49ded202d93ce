"""The built programs are hardened. Registered for builds that are to be: see cmake/hardening.cmake.
"""

import os
import platform
import subprocess
import tempfile
import unittest

from hardening import flaws, marks, starts_with_branch_target

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
