"""What the harness knows of a peer."""

from sandbox.http import Connection
from sandbox.system import LOCATION


class Peer:
    """A server to ask on a loopback port.

    A subclass has `name`, `workloads` (the names of those it can answer), `port`, start() and
    stop(), and processes(), which returns the first process ids by role, "server" for the one that
    is not nginx. `fills_cache`: its server keeps what it has looked up.
    """

    name = ""
    workloads = ("hot", "uniform", "zipf", "404", "304")
    fills_cache = False

    def target(self, jid):
        """Where to ask for a JID."""
        return LOCATION + jid

    def get(self, jid, headers=()):
        with Connection(self.port) as connection:
            return connection.request(self.target(jid), headers=headers)
