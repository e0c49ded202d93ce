"""Loopback ports."""

import random
import socket

from sandbox.errors import SandboxError

LOOPBACK = "127.0.0.1"
# Below the range from which the kernel takes the ports of outgoing connections, so that none of
# those can slip in between the choice and the use.
FIRST, LAST = 10000, 32000
TRIES = 100


def is_free(port):
    """Says whether a server could listen on the loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((LOOPBACK, port))
            sock.listen(1)
        except PermissionError as error:
            raise SandboxError(f"no right to use port {port}: choose one above 1023") from error
        except OSError:
            return False
    return True


def pick():
    """Returns a loopback port that nobody listens on."""
    for _ in range(TRIES):
        port = random.randint(FIRST, LAST)
        if is_free(port):
            return port
    raise SandboxError(f"no free port on {LOOPBACK} between {FIRST} and {LAST}")


def answers(port):
    """Says whether something accepts connections on the loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False
