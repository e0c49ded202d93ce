"""Each threat in docs/security.md names tests, and they exist."""

import os
import re
import unittest

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DOC = os.path.join(TESTS, "..", "docs", "security.md")


def read(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as file:
        return file.read()


class SecurityDoc(unittest.TestCase):
    def setUp(self):
        self.text = read(DOC)
        # The first part explains what names look like.
        self.claims = self.text[self.text.index("## What is protected"):]

    def test_tests_that_it_names_exist(self):
        named = re.findall(r"`(test_\w+)\.(test_\w+)`", self.claims)
        self.assertGreater(len(named), 50)
        for file, test in named:
            with self.subTest(file=file, test=test):
                self.assertIn(f"    def {test}(self):", read(TESTS, "integration", f"{file}.py"))
                name = file.removeprefix("test_")
                self.assertRegex(
                    read(TESTS, "integration", "CMakeLists.txt"),
                    rf"xs_add_integration_test\({name} ",
                )
        for directory, pattern in (("unit", r"`unit/(test_\w+)`"), ("fuzz", r"`(fuzz_\w+)`")):
            for name in re.findall(pattern, self.claims):
                self.assertTrue(os.path.exists(os.path.join(TESTS, directory, f"{name}.c")), name)

    def test_each_row_names_a_test(self):
        rows = [line for line in self.claims.splitlines() if re.match(r"\| (?!---)", line)]
        headings = [row for row in rows if row.endswith("| shown by |")]
        self.assertEqual(len(headings), 6)
        for row in rows:
            if row not in headings:
                self.assertRegex(row.split(" | ")[-1], r"`(test_\w+\.|unit/|fuzz_)")


if __name__ == "__main__":
    unittest.main()
