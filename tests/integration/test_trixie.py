"""The tree on Debian 13: it compiles with warnings as errors there, and its unit tests pass."""

import os
import re
import subprocess
import unittest

from debian_package import CHECKOUT
from debian_root import DebianRoot

SUITE = "trixie"
UNIT_TESTS = ("libcmocka-dev",)


def packages_to_build():
    """What deploy/install-packages installs for building."""
    with open(os.path.join(CHECKOUT, "deploy", "install-packages"), encoding="utf-8") as file:
        return re.search(r"^packages_build=\((.*?)\)", file.read(), re.M | re.S).group(1).split()


class Trixie(unittest.TestCase):
    def test_tree_builds_and_passes_its_unit_tests(self):
        with DebianRoot(SUITE, installed=[*packages_to_build(), *UNIT_TESTS]) as root:
            os.mkdir(root.file("source"))
            source = subprocess.Popen(
                ["tar", "-c", "-C", CHECKOUT, "--exclude=./build", "--exclude=./.git", "."],
                stdout=subprocess.PIPE,
            )
            subprocess.run(
                ["tar", "-x", "-C", root.file("source")], stdin=source.stdout, check=True
            )
            source.stdout.close()
            self.assertEqual(source.wait(), 0)
            root.run("sh", "-c", "cd /source && cmake --preset release -B /build")
            root.run("cmake", "--build", "/build", "--parallel", str(os.cpu_count()))
            said = root.run("ctest", "--test-dir", "/build", "-L", "unit", "--output-on-failure")
            self.assertRegex(said, r"100% tests passed, 0 tests failed out of \d\d")


if __name__ == "__main__":
    unittest.main()
