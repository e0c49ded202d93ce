"""Headers that promise no I/O lean on none that does it: the core stays pure."""

import glob
import os
import re
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PARTS = ("lib", "fcgi", "bot", "ctl")
INCLUDES = [f"-I{os.path.join(ROOT, part)}" for part in PARTS]
LIBRARIES = subprocess.run(
    ["pkg-config", "--cflags", "libxml-2.0", "libcjson"], capture_output=True, text=True,
    check=True,
).stdout.split()
# What talks to Redis.
CLIENT = re.compile(r"/hiredis/")
# It is about hiredis's parser, which talks to nobody.
PARSER = os.path.join("lib", "redis_reader.h")
COMPILE_S = 60


def about(path):
    """The comment at the head of a file, on one line."""
    with open(path, encoding="utf-8") as file:
        comment = re.match(r"/\*.*?\*/", file.read(), re.DOTALL)[0]
    return re.sub(r"[\s*]+", " ", comment)


def promises_none(comment):
    return re.search(r"\bno I/O\b(?! but)", comment, re.IGNORECASE) is not None


def does_some(comment):
    return "I/O" in comment and not promises_none(comment)


def leaning(path):
    """The files that a header which promises no I/O includes and should not, of any depth."""
    done = subprocess.run(
        ["gcc", "-M", "-D_GNU_SOURCE", *INCLUDES, *LIBRARIES, "-x", "c", path],
        capture_output=True, text=True, check=True, timeout=COMPILE_S,
    )
    included = [os.path.normpath(name) for name in done.stdout.replace("\\\n", " ").split()[1:]]
    return [
        name for name in included
        if CLIENT.search(name) or (name.startswith(ROOT) and does_some(about(name)))
    ]


class Headers(unittest.TestCase):
    def test_those_without_io_include_none_with_it(self):
        pure = [
            path for part in PARTS for path in glob.glob(os.path.join(ROOT, part, "*.h"))
            if promises_none(about(path)) and os.path.relpath(path, ROOT) != PARSER
        ]
        self.assertGreater(len(pure), 40)
        for path in pure:
            self.assertEqual(leaning(path), [], path)

    def test_one_that_does_would_be_found(self):
        with tempfile.NamedTemporaryFile("w", suffix=".h", encoding="ascii") as file:
            file.write('/* Pure; no I/O. */\n#include "store.h"\n')
            file.flush()
            found = [os.path.basename(name) for name in leaning(file.name)]
        self.assertLessEqual({"store.h", "redis.h", "hiredis.h"}, set(found))


if __name__ == "__main__":
    unittest.main()
