"""The Debian package of this tree, built by CPack."""

import fcntl
import glob
import os
import subprocess

# What an operator installs with it: all of docs/install.md, and what docs/panel.md wants.
COMPANIONS = (
    "acl", "ca-certificates", "curl", "ejabberd", "nginx", "openssl", "prosody", "prosody-modules",
    "redis-server",
)
CHECKOUT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD_S = 600


def build_package():
    """Builds the package in the directory XMPP_STATUS_PACKAGE; returns its path."""
    directory = os.environ["XMPP_STATUS_PACKAGE"]
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for old in glob.glob(os.path.join(directory, "*.deb")):
            os.unlink(old)
        _run("cmake", "--preset", "package", "-B", directory)
        _run("cmake", "--build", directory, "--parallel", str(os.cpu_count()))
        _run("cpack", "--config", os.path.join(directory, "CPackConfig.cmake"), "-B", directory)
        (package,) = glob.glob(os.path.join(directory, "*.deb"))
        return package


def _run(*argv):
    done = subprocess.run(
        argv, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, timeout=BUILD_S,
    )
    if done.returncode != 0:
        raise AssertionError(f"{argv} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def dependencies(package):
    """The names of the packages that it depends on."""
    line = _run("dpkg-deb", "--field", package, "Depends")
    return [entry.split()[0] for entry in line.split(",")]
