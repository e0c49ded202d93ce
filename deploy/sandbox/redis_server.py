"""A private Redis on a unix socket, with the users and the settings that we ship."""

import os
import shutil
import subprocess

from sandbox.errors import SandboxError
from sandbox.process import Process
from sandbox.store import Store

SHIPPED = os.path.realpath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "redis")
)
ADMIN = "admin"
RESPONDER, BOT, PANEL = "xmpp-responder", "xmpp-bot", "xmpp-panel"
USERS_OF_PROGRAMS = {"fcgi": RESPONDER, "bot": BOT, "ctl": PANEL}


class RedisServer:
    """Keeps its data in `directory`, which must exist, and has no port; `options` are more of argv.

    The store is the admin's; the passwords of all users are files in there, see password_file().
    """

    def __init__(self, directory, append_only=False, options=()):
        self.directory = directory
        self.socket_path = os.path.join(directory, "redis.sock")
        self.store = Store(self.socket_path, ADMIN, self.password_file(ADMIN))
        self.process = Process(
            "redis-server",
            [
                "redis-server", os.path.join(SHIPPED, "xmpp-status.conf"),
                "--port", "0", "--unixsocket", self.socket_path, "--unixsocketperm", "700",
                "--aclfile", os.path.join(directory, "users.acl"),
                "--dir", directory, "--daemonize", "no", "--save", "",
                *(() if append_only else ("--appendonly", "no")), *options,
            ],
            os.path.join(directory, "redis.log"),
        )

    def password_file(self, user):
        return os.path.join(self.directory, f"{user}.password")

    def users(self):
        """Who each program is, for its configuration."""
        return {
            program: (user, self.password_file(user))
            for program, user in USERS_OF_PROGRAMS.items()
        }

    def store_of(self, user):
        """A store with the rights of one of the users."""
        return Store(self.socket_path, user, self.password_file(user))

    def start(self):
        self._write_users()
        self.process.start()
        self.process.wait_ready(self.store.is_up, f"PONG on {self.socket_path}")

    def stop(self):
        self.process.stop()

    def forget_everything(self):
        """Removes what a stopped server left on disk."""
        shutil.rmtree(os.path.join(self.directory, "appendonlydir"), ignore_errors=True)

    def _write_users(self):
        """Gives the shipped users passwords, the same ones each time."""
        with (
            open(os.path.join(SHIPPED, "xmpp-status.acl"), encoding="ascii") as shipped,
            open(os.path.join(self.directory, "users.acl"), "w", encoding="ascii") as users,
        ):
            done = subprocess.run(
                [os.path.join(SHIPPED, "add-passwords"), self.directory], stdin=shipped,
                stdout=users, stderr=subprocess.PIPE, text=True, check=False, timeout=20,
            )
        if done.returncode != 0:
            raise SandboxError(f"cannot make the users of Redis: {done.stderr}")
