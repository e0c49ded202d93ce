"""A private Redis on a unix socket."""

import os
import shutil

from sandbox.process import Process
from sandbox.store import Store


class RedisServer:
    """Keeps its data in `directory`, which must exist, and has no port."""

    def __init__(self, directory, append_only=False):
        self.directory = directory
        self.socket_path = os.path.join(directory, "redis.sock")
        self.store = Store(self.socket_path)
        self.process = Process(
            "redis-server",
            [
                "redis-server", "--port", "0", "--unixsocket", self.socket_path,
                "--unixsocketperm", "700", "--dir", directory, "--daemonize", "no", "--save", "",
                "--appendonly", "yes" if append_only else "no",
                "--maxmemory-policy", "noeviction",
            ],
            os.path.join(directory, "redis.log"),
        )

    def start(self):
        self.process.start()
        self.process.wait_ready(self.store.is_up, f"PONG on {self.socket_path}")

    def stop(self):
        self.process.stop()

    def forget_everything(self):
        """Removes what a stopped server left on disk."""
        shutil.rmtree(os.path.join(self.directory, "appendonlydir"), ignore_errors=True)
