"""Clean Debian systems in directories, made by debootstrap, for tests that install things.

They need root, and the mirror of this machine. What has been made once is kept as an archive in the
directory that XMPP_STATUS_ROOTS names.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile

from shell import Shell

MAKE_S = 1200
RUN_S = 600
# Nothing starts by being installed: there is no init. No questions, and only what is named.
POLICY = "#!/bin/sh\nexit 101\n"
APT = (
    'APT::Install-Recommends "false";\nAPT::Get::Assume-Yes "true";\nDpkg::Use-Pty "false";\n'
    'APT::Keep-Downloaded-Packages "true";\nAPT::Sandbox::User "root";\n'
)


def mirrors(suite):
    """Where this machine gets Debian from, as {suite: address}, for `suite` in place of its own."""
    own = re.search(r"^VERSION_CODENAME=(\w+)", _read("/etc/os-release"), re.MULTILINE).group(1)
    listing = _run([
        "apt-get", "indextargets", "--format", "$(ORIGIN) $(RELEASE) $(REPO_URI)",
        "Created-By: Packages", "Component: main",
    ])
    found = re.findall(rf"^Debian {own}(\S*) (\S+)$", listing, re.MULTILINE)
    return {suite + extension: address for extension, address in found}


class DebianRoot:
    """A clean system of `suite`, as a context manager; `path` is its directory.

    The packages in `installed` are there already; those in `downloaded`, with what they depend on,
    wait for apt-get in its cache, so that they can be installed without a network.
    """

    def __init__(self, suite, installed=(), downloaded=()):
        self.suite = suite
        self.installed = sorted(installed)
        self.downloaded = sorted(downloaded)
        self.mirrors = mirrors(suite)
        self.path = None

    def __enter__(self):
        if os.geteuid() != 0:
            raise PermissionError("only root can make a Debian root")
        archive = self._archive_path()
        self.path = tempfile.mkdtemp(prefix="xmpp-status-root-")
        os.chmod(self.path, 0o755)
        if os.path.exists(archive):
            _run(["tar", "-x", "-f", archive, "-C", self.path])
        else:
            self._make()
            os.makedirs(os.path.dirname(archive), exist_ok=True)
            _run(["tar", "-c", "-f", archive + ".part", "-C", self.path, "."])
            os.rename(archive + ".part", archive)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def file(self, *parts):
        return os.path.join(self.path, *parts)

    def write(self, path, text, mode=0o644):
        """Writes a file in the root, with the directories above it."""
        full = self.file(path.lstrip("/"))
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(full, mode)

    def run(self, *argv):
        """Runs a command in the root, on the machine's network; returns what it printed."""
        return _run([
            "unshare", "--mount", "--pid", "--fork", "--kill-child",
            f"--mount-proc={self.file('proc')}", "chroot", self.path, *argv,
        ])

    def shell(self):
        """A bash in the root with a network of its own, which is only loopback."""
        return Shell(
            ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child",
             f"--mount-proc={self.file('proc')}", "sh", "-c",
             'ip link set lo up && exec chroot "$1" bash', "sh", self.path],
        )

    def files(self):
        """The paths of everything in the root but in /proc."""
        found = set()
        for directory, names, files in os.walk(self.path):
            if directory == self.path:
                names.remove("proc")
            for name in names + files:
                found.add(os.path.join(directory, name)[len(self.path):])
        return found

    def _archive_path(self):
        what = "\n".join([self._sources(), APT, *self.installed, "", *self.downloaded])
        digest = hashlib.sha256(what.encode()).hexdigest()[:16]
        return os.path.join(os.environ["XMPP_STATUS_ROOTS"], f"{self.suite}-{digest}.tar")

    def _sources(self):
        return "".join(f"deb {address} {suite} main\n" for suite, address in self.mirrors.items())

    def _make(self):
        mirror = self.mirrors[self.suite]
        _run(["debootstrap", "--variant=minbase", self.suite, self.path, mirror])
        self.write("/etc/apt/sources.list", self._sources())
        self.write("/usr/sbin/policy-rc.d", POLICY, 0o755)
        self.write("/etc/apt/apt.conf.d/10tests", APT)
        self.run("apt-get", "-q", "update")
        if self.installed:
            self.run(*_apt("install"), *self.installed)
        if self.downloaded:
            self.run(*_apt("install"), "--download-only", *self.downloaded)


def _apt(command):
    return ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", command)


def _read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def _run(argv):
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False, timeout=MAKE_S if argv[0] == "debootstrap" else RUN_S,
    )
    if done.returncode != 0:
        raise AssertionError(f"{argv} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout
