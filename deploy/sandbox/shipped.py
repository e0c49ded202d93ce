"""The files for operators in this tree, which the sandbox's servers are set up with."""

import os

# The domain that the files name in place of the operator's.
EXAMPLE_DOMAIN = "example.org"

_DEPLOY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def shipped_path(*parts):
    return os.path.join(_DEPLOY, *parts)


def shipped_text(*parts, domain):
    """Returns the text of a file, made for `domain`."""
    with open(shipped_path(*parts), encoding="utf-8") as file:
        return file.read().replace(EXAMPLE_DOMAIN, domain)
