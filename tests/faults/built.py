"""The programs of a build, as all tests run them."""

import os
from dataclasses import replace

from sandbox.system import Programs


def programs_of(directory):
    """The programs in a build directory, behind the filter of their units where the build has it."""
    filtered = os.path.join(directory, "tests", "integration", "filtered")
    programs = Programs.from_build(directory)
    if not os.path.isdir(filtered):
        return programs
    return replace(programs, fcgi=os.path.join(filtered, "xmpp-status-fcgi"),
                   bot=os.path.join(filtered, "xmpp-status-bot"))
