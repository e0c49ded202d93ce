"""The consistency test can fail: it catches each bug that is planted in a copy of the sources."""

import os
import shutil
import subprocess
import tempfile
import unittest

import consistency
from sandbox.system import Programs, System

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATCHES = os.path.join(ROOT, "tests", "data", "planted")
# What building the programs does not need.
LEFT_OUT = {".git", "build", "tests"}
# It ends as soon as it has found something.
SECONDS = 60
SEED = 6


class PlantedBugs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        cls.sources = os.path.join(cls.directory, "sources")
        cls.build = os.path.join(cls.directory, "build")
        os.mkdir(cls.sources)
        for part in set(os.listdir(ROOT)) - LEFT_OUT:
            source = os.path.join(ROOT, part)
            copy = shutil.copytree if os.path.isdir(source) else shutil.copy2
            copy(source, os.path.join(cls.sources, part))
        cls.run_quietly(
            "cmake", "-S", cls.sources, "-B", cls.build, "-DBUILD_TESTING=OFF",
            "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        )

    @staticmethod
    def run_quietly(*argv):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{argv}: {done.stdout}{done.stderr}")

    def violations(self):
        """Builds the sources and tries them; returns what was found."""
        self.run_quietly("cmake", "--build", self.build, "--target", "xmpp-status-fcgi", "-j", "2")
        program = os.path.join(self.build, "fcgi", "xmpp-status-fcgi")
        with System(Programs(program, "", "")) as system:
            failures, report = consistency.run(system, SECONDS, SEED, consistency.BUSY_BOUND_S)
        print(report.partition("\nviolation")[0])
        return [failure for failure in failures if "Violation" in failure]

    def test_each_is_caught(self):
        patches = sorted(os.listdir(PATCHES))
        self.assertTrue(patches)
        for name in patches:
            patch = ("patch", "-s", "-p1", "-d", self.sources, "-i", os.path.join(PATCHES, name))
            with self.subTest(name):
                print(name)
                self.run_quietly(*patch)
                try:
                    self.assertTrue(self.violations())
                finally:
                    self.run_quietly(*patch, "-R")


if __name__ == "__main__":
    unittest.main()
