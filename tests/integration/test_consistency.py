"""No answer is older than promised, whatever is written and whatever breaks meanwhile."""

import unittest

import consistency
from sandbox.system import Programs, System

SECONDS = 20
SEED = 6
ANSWERS = 1000


class Consistency(unittest.TestCase):
    def test_answers_are_never_older_than_promised(self):
        """The short form; tests/consistency runs it for as long as one likes."""
        with System(Programs.from_environment()) as system:
            failures, report = consistency.run(system, SECONDS, SEED, consistency.BUSY_BOUND_S)
        print(report)
        self.assertEqual(failures, [], report)
        for line in report.splitlines()[1:3]:
            self.assertGreater(int(line.split()[1]), ANSWERS)


if __name__ == "__main__":
    unittest.main()
