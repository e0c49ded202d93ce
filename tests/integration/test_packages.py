"""install-packages: what it says when it cannot, and that it leaves no trace of having tried."""

import glob
import os
import shutil
import subprocess
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEPLOY = os.path.join(TESTS, "..", "deploy")
POLICY = "/usr/sbin/policy-rc.d"
NOBODY = 65534
RUN_S = 60


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


class Packages(unittest.TestCase):
    """Runs a copy that everybody may read; dpkg and apt are real, but told to look elsewhere."""

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        os.chmod(self.directory, 0o755)
        for name in ("install-packages", "child.sh"):
            shutil.copy(os.path.join(DEPLOY, name), self.directory)
        self.script = os.path.join(self.directory, "install-packages")

    def run_script(self, *groups, argv=(), **changes):
        return subprocess.run(
            [*argv, self.script, *groups], capture_output=True, text=True, check=False,
            timeout=RUN_S, env={**os.environ, **changes},
        )

    def nothing_installed(self):
        """The environment in which nothing is installed, and nothing can be."""
        for name in ("dpkg/updates", "dpkg/info", "lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self.directory, name))
        for name in ("dpkg/status", "dpkg/available", "sources.list"):
            open(os.path.join(self.directory, name), "w", encoding="ascii").close()
        path = os.path.join(self.directory, "apt.conf")
        with open(path, "w", encoding="ascii") as file:
            for key, name in (
                ("State::status", "dpkg/status"), ("State::lists", "lists"), ("Cache", "cache"),
                ("Etc::sourcelist", "sources.list"), ("Etc::sourceparts", "none"),
            ):
                file.write(f'Dir::{key} "{self.directory}/{name}";\n')
        return {"APT_CONFIG": path, "DPKG_ADMINDIR": os.path.join(self.directory, "dpkg")}

    def test_wrong_usage(self):
        for groups in ((), ("everything",), ("build", "rum")):
            with self.subTest(groups):
                done = self.run_script(*groups)
                self.assertEqual(done.returncode, 2)
                self.assertIn("usage: install-packages", done.stderr)

    def test_everything_installed_is_silent_and_needs_no_rights(self):
        argv = self.as_nobody() if os.geteuid() == 0 else ()
        done = self.run_script("build", "run", "test", argv=argv)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_missing_rights_are_told_with_what_is_missing(self):
        argv = self.as_nobody() if os.geteuid() == 0 else ()
        done = self.run_script("run", argv=argv, **self.nothing_installed())
        self.assertEqual(done.returncode, 1)
        self.assertIn("only root may install packages", done.stderr)
        self.assertIn("prosody-modules", done.stderr)

    def test_failing_apt_is_told_with_its_own_words(self):
        if os.geteuid() != 0:
            # Without the right to run apt-get there is just the message above.
            self.test_missing_rights_are_told_with_what_is_missing()
            return
        before = self.policy()
        done = self.run_script("run", **self.nothing_installed())
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get install failed", done.stderr)
        self.assertIn("Unable to locate package", done.stderr)
        self.assertEqual(self.policy(), before)

    def test_without_apt_it_names_the_packages(self):
        path = os.path.join(self.directory, "bin")
        os.mkdir(path)
        for name in ("bash", "dirname", "readlink", "printf"):
            os.symlink(shutil.which(name), os.path.join(path, name))
        done = self.run_script("build", PATH=path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("this is not Debian", done.stderr)
        self.assertIn("libstrophe-dev", done.stderr)

    def test_who_builds_the_tests_installs_what_that_takes(self):
        builders = 0
        for path in glob.glob(os.path.join(TESTS, "*", "*")):
            if os.path.isfile(path) and "deploy/build\" release release" in read(path):
                self.assertIn("install-packages\" build run harness", read(path), path)
                builders += 1
        self.assertGreater(builders, 5)

    @staticmethod
    def as_nobody():
        return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")

    @staticmethod
    def policy():
        if not os.path.exists(POLICY):
            return None
        with open(POLICY, "rb") as file:
            return file.read()


if __name__ == "__main__":
    unittest.main()
