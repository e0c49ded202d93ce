"""A private Redis Sentinel, with the settings that we ship."""

import os
import re

import redis

from sandbox.process import Process
from sandbox.redis_server import SHIPPED

MASTER_NAME = "xmpp-status"
# The users of servers that follow each other; what Sentinel is to Redis is among them.
REPLICATION_ACL = "xmpp-status-replication.acl"
SENTINEL = "xmpp-sentinel"
SENTINEL_CONFIG = os.path.join(SHIPPED, "xmpp-status-sentinel.conf")
# Shorter than shipped, so that a test does not take minutes.
DOWN_AFTER_MS, FAILOVER_TIMEOUT_MS = 1000, 2000
QUICK_S = 0.3


class SentinelServer:
    """Keeps its configuration in `directory`, which must exist; `place` and `master` are addresses
    with their ports.

    `master_password_file` has what Redis wants of it, `password` is what it wants itself, of
    everybody; None: nothing. `quorum` is how many must find the master dead. `within` is a command
    that runs it somewhere else, such as in a namespace.
    """

    def __init__(
        self, directory, place, master, master_password_file, quorum, password=None, within=()
    ):
        self.directory = directory
        self.place = place
        self.password = password
        self._write_config(master, master_password_file, quorum)
        self.process = Process(
            "sentinel",
            [*within, "redis-server", self._config_path, "--sentinel", "--dir", directory],
            f"{directory}.log",
        )

    @property
    def _config_path(self):
        return os.path.join(self.directory, "sentinel.conf")

    def _write_config(self, master, master_password_file, quorum):
        with open(SENTINEL_CONFIG, encoding="ascii") as file:
            text = file.read()
        with open(master_password_file, encoding="ascii") as file:
            master_password = file.readline().rstrip("\n")
        (address, port), (master_address, master_port) = self.place, master
        for pattern, value in (
            (r"^port .*", f"port {port}"),
            (r"^bind .*", f"bind {address}\nprotected-mode no"),
            (r"^(sentinel monitor \S+).*", rf"\1 {master_address} {master_port} {quorum}"),
            (r"^(sentinel down-after-milliseconds \S+).*", rf"\1 {DOWN_AFTER_MS}"),
            (r"^(sentinel failover-timeout \S+).*", rf"\1 {FAILOVER_TIMEOUT_MS}"),
            (r"^(sentinel auth-pass \S+).*", rf"\1 {master_password}"),
        ):
            text, count = re.subn(pattern, value, text, flags=re.M)
            assert count == 1, pattern
        if self.password is not None:
            text += f"requirepass {self.password}\n"
        with open(self._config_path, "w", encoding="ascii") as file:
            file.write(text)

    def start(self):
        self.process.start()
        self.process.wait_ready(lambda: self.ask("PING"), "Sentinel's PONG")

    def stop(self):
        self.process.stop()

    def ask(self, *command):
        """Returns its answer; None if there is none."""
        try:
            return self.ask_as(self.password, *command)
        except redis.RedisError:
            return None

    def ask_as(self, password, *command):
        """Returns its answer to somebody with this password; None: without one."""
        address, port = self.place
        with redis.Redis(
            address, port, password=password, socket_timeout=QUICK_S,
            socket_connect_timeout=QUICK_S, decode_responses=True,
        ) as client:
            return client.execute_command(*command)
