"""Libraries of our own that all programs are started with, each steered by a small file."""

import mmap
import os

from sandbox.errors import SandboxError

# Where they have been built.
DIRECTORY = "XMPP_STATUS_FAULTS"


class Preloaded:
    """The library of NAME.c and the content of its file, which every process has mapped."""

    def __init__(self, name, content):
        self._name = name
        self._content = content
        self._variable = f"XS_{name.upper()}_FILE"

    def environment(self, directory):
        """The environment of processes that are to have it, with its file in `directory`."""
        library = os.path.join(os.environ.get(DIRECTORY, ""), f"libfaults_{self._name}.so")
        if not os.path.exists(library):
            raise SandboxError(f"{DIRECTORY} does not name the directory of {library}")
        path = os.path.join(directory, self._name)
        with open(path, "wb") as file:
            file.write(self._content)
        # Ours, under sanitizers, want to be the first that is loaded, and can do without.
        sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return [f"LD_PRELOAD={library}", f"{self._variable}={path}", f"ASAN_OPTIONS={sanitizers}"]

    def steer(self, rig, content):
        """Has every process of the rig see the new content at once."""
        path = next(word for word in rig.preload if word.startswith(self._variable))
        with open(path.partition("=")[2], "r+b") as file:
            with mmap.mmap(file.fileno(), len(self._content)) as mapped:
                mapped[:] = content
