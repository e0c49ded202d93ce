"""The one exception of this package."""


class SandboxError(Exception):
    """Something could not be started, reached or stopped; the text says what and why."""
