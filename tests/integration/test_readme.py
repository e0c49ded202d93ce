"""README.md: its command lines for xmpp-status-ctl do what they say."""

import os
import re
import shlex
import subprocess

from system_test import SystemTest

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")
RUN_S = 30


class Readme(SystemTest):
    @classmethod
    def prepare(cls, system):
        system.start_redis()

    def test_command_lines(self):
        with open(README, encoding="utf-8") as file:
            lines = re.findall(r"^xmpp-status-ctl (.*?) +#", file.read(), re.MULTILINE)
        self.assertGreater(len(lines), 3)
        output = ""
        for line in lines:
            done = subprocess.run(
                [self.system.programs.ctl, "-c", self.system.configuration.path,
                 *shlex.split(line)],
                capture_output=True, text=True, check=False, timeout=RUN_S,
            )
            self.assertEqual((line, done.returncode, done.stderr), (line, 0, ""))
            output = done.stdout
        flags = self.system.store.command("HGETALL", "xmpp:publish:{example.org}")
        self.assertEqual(
            dict(zip(flags[::2], flags[1::2])),
            {b"example.org": b"yes", b"alice@example.org": b"no",
             b"bob@example.org": b"yes status"},
        )
        self.assertIn("alice@example.org", output)
