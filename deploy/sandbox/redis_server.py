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
SHIPPED_CONFIG = os.path.join(SHIPPED, "xmpp-status.conf")
ACL = "xmpp-status.acl"
ADMIN = "admin"
RESPONDER, BOT, PANEL = "xmpp-responder", "xmpp-bot", "xmpp-panel"
USERS_OF_PROGRAMS = {"fcgi": RESPONDER, "bot": BOT, "ctl": PANEL}


class RedisServer:
    """Keeps its data in `directory`, which must exist, and has no port; `options` are more of argv.

    The store is the admin's; the passwords of all users are files in there, see password_file(), or
    in `secrets`, for several servers with the same ones. `config_path` is a configuration, with its
    port, in place of the shipped one, for a server that has to rewrite its own; `within` is a command
    that runs it somewhere else, such as in a namespace.
    """

    def __init__(
        self, directory, append_only=False, acl_names=(ACL,), secrets=None, config_path=None,
        within=(), options=(),
    ):
        self.directory = directory
        self.acl_names = acl_names
        self.secrets = secrets or directory
        self.socket_path = os.path.join(directory, "redis.sock")
        self.store = Store(self.socket_path, ADMIN, self.password_file(ADMIN))
        self.process = Process(
            "redis-server",
            [
                *within, "redis-server",
                *((config_path,) if config_path else (SHIPPED_CONFIG, "--port", "0")),
                "--unixsocket", self.socket_path, "--unixsocketperm", "700",
                "--aclfile", os.path.join(directory, "users.acl"),
                "--dir", directory, "--daemonize", "no", "--save", "",
                *(() if append_only else ("--appendonly", "no")), *options,
            ],
            os.path.join(directory, "redis.log"),
        )

    def password_file(self, user):
        return os.path.join(self.secrets, f"{user}.password")

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
        self.write_users()
        self.process.start()
        self.process.wait_ready(self.store.is_up, f"PONG on {self.socket_path}")

    def stop(self):
        self.process.stop()

    def forget_everything(self):
        """Removes what a stopped server left on disk."""
        shutil.rmtree(os.path.join(self.directory, "appendonlydir"), ignore_errors=True)

    def write_users(self):
        """Gives the shipped users passwords, the same ones each time."""
        shipped = ""
        for name in self.acl_names:
            with open(os.path.join(SHIPPED, name), encoding="ascii") as file:
                shipped += file.read()
        with open(os.path.join(self.directory, "users.acl"), "w", encoding="ascii") as users:
            done = subprocess.run(
                [os.path.join(SHIPPED, "add-passwords"), self.secrets], input=shipped,
                stdout=users, stderr=subprocess.PIPE, text=True, check=False, timeout=20,
            )
        if done.returncode != 0:
            raise SandboxError(f"cannot make the users of Redis: {done.stderr}")
