"""The programs of a build, as all tests run them."""

import os

from sandbox.system import Programs


def programs_of(directory):
    """The programs in a build directory, behind the filter of their units where the build has it."""
    def path(name):
        program = f"xmpp-status-{name}"
        filtered = os.path.join(directory, "tests", "integration", "filtered", program)
        return filtered if os.path.exists(filtered) else os.path.join(directory, name, program)

    return Programs(*(path(name) for name in ("fcgi", "bot", "ctl")))
