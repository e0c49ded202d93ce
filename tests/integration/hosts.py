"""Hosts of a network of our own, whose links can be cut."""

import ctypes
import os
import subprocess
import sys

from sandbox.errors import SandboxError
from sandbox.process import Process, environment

CLONE_NEWNET = 0x40000000
INSIDE = "XMPP_STATUS_NETWORK"
BRIDGE = "xs0"
NETWORK = "10.77.0"


def enter_network():
    """Moves this process, before it has threads, into a network namespace of its own.

    It gets a loopback and a bridge for the hosts, and is gone with the last process in it. Who is
    not root starts this program anew in a user namespace, in which everybody may do that.
    """
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            raise SandboxError(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    elif INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", [
            "unshare", "--user", "--map-current-user", "--keep-caps", "--net", *sys.orig_argv
        ])
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", BRIDGE, "type", "bridge")
    _run("ip", "address", "add", f"{NETWORK}.254/24", "dev", BRIDGE)
    _run("ip", "link", "set", BRIDGE, "up")


class Host:
    """A network namespace with an address in the network; `within` runs a command in there."""

    redis_port, sentinel_port = 6379, 26379

    def __init__(self, number, directory):
        self.name = f"h{number}"
        self.address = f"{NETWORK}.{number}"
        self._link = f"xs{number}"
        # The namespace lives as long as this does.
        self._holder = Process(
            "host", ["unshare", "--net", "sleep", "infinity"],
            os.path.join(directory, f"{self.name}.log"),
        )

    @property
    def within(self):
        return ("nsenter", "--net", "--target", str(self._holder.pid), "--")

    def start(self):
        self._holder.start()
        self._holder.wait_ready(self._is_apart, "a network namespace")
        _run("ip", "link", "add", self._link, "type", "veth", "peer", "name", "eth0",
             "netns", str(self._holder.pid))
        _run("ip", "link", "set", self._link, "master", BRIDGE, "up")
        _run(*self.within, "ip", "link", "set", "lo", "up")
        _run(*self.within, "ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        _run(*self.within, "ip", "link", "set", "eth0", "up")

    def stop(self):
        self._holder.stop()

    def cut(self):
        _run("ip", "link", "set", self._link, "down")

    def join(self):
        _run("ip", "link", "set", self._link, "up")

    def _is_apart(self):
        def network(pid):
            return os.readlink(f"/proc/{pid}/ns/net")

        return network(self._holder.pid) != network("self")


def _run(*argv):
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=10,
        env=environment(),
    )
    if done.returncode != 0:
        raise SandboxError(f"{' '.join(argv)}: {done.stdout}")
