"""The command lines of both programs: usage, version, checking the configuration."""

import os
import subprocess
import tempfile
import unittest

from sandbox.configuration import Configuration
from sandbox.system import Programs

RUN_S = 10


class CommandLine(unittest.TestCase):
    def setUp(self):
        directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        self.configuration = Configuration(directory, "/nonexistent/redis", "/nonexistent/fcgi")
        self.configuration.set_domain(
            "d.example", "presence@d.example", "secret", 5222, "/nonexistent/ca"
        )
        programs = Programs.from_environment()
        self.both = (programs.fcgi, programs.bot)
        self.bot = programs.bot

    def run_program(self, *argv):
        return subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=RUN_S,
            stdin=subprocess.DEVNULL,
        )

    def test_version(self):
        for program in self.both:
            with self.subTest(program):
                done = self.run_program(program, "-V")
                self.assertEqual(done.returncode, 0)
                self.assertRegex(
                    done.stdout, rf"\A{os.path.basename(program)} \d+\.\d+\.\d+\n\Z"
                )

    def test_wrong_usage(self):
        for program in self.both:
            for arguments in (["-x"], ["-c"], ["a.example", "b.example"]):
                with self.subTest(program=program, arguments=arguments):
                    done = self.run_program(program, *arguments)
                    self.assertEqual(done.returncode, 2)
                    self.assertIn("usage: " + os.path.basename(program), done.stderr)
                    self.assertEqual(done.stdout, "")

    def test_valid_configuration(self):
        """Nothing that it names is opened: none of it exists."""
        for program in self.both:
            with self.subTest(program):
                done = self.run_program(program, "-c", self.configuration.path, "-t")
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_broken_configuration_is_named_by_file_line_and_key(self):
        with open(self.configuration.path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        for wrong, key in (("timeout_ms = soon", "timeout_ms"), ("colour = blue", "colour")):
            broken = [wrong if line.startswith("timeout_ms") else line for line in lines]
            number = broken.index(wrong) + 1
            with open(self.configuration.path, "w", encoding="utf-8") as file:
                file.write("\n".join(broken) + "\n")
            for program in self.both:
                with self.subTest(program=program, wrong=wrong):
                    done = self.run_program(program, "-t", "-c", self.configuration.path)
                    self.assertEqual(done.returncode, 1)
                    self.assertIn(f"{self.configuration.path}:{number}: {key}: ", done.stderr)

    def test_missing_configuration_is_named(self):
        for program in self.both:
            with self.subTest(program):
                done = self.run_program(program, "-t", "-c", "/nonexistent/x.conf")
                self.assertEqual(done.returncode, 1)
                self.assertIn("/nonexistent/x.conf", done.stderr)

    def test_bot_without_domain_or_with_an_unknown_one(self):
        self.assertEqual(self.run_program(self.bot, "-c", self.configuration.path).returncode, 2)
        done = self.run_program(self.bot, "-c", self.configuration.path, "other.example")
        self.assertEqual(done.returncode, 1)
        self.assertIn("other.example", done.stderr)


if __name__ == "__main__":
    unittest.main()
