"""Our responder: behind the shipped location, behind the shipped cache, and without its own."""

import os
import subprocess

from sandbox.configuration import Configuration
from sandbox.nginx import Nginx
from sandbox.responder import Responder
from speed.peers.nginx_server import WORKERS, ShippedSite
from speed.peers.peer import Peer

NO_CACHE = "cache_entries = 0\n"


class Ours(Peer):
    """`program` on `redis`, behind nginx without a cache; `prefix` is a command that runs it."""

    name = "xmpp-status"
    fills_cache = True

    def __init__(self, directory, program, redis, prefix=()):
        self.directory = directory
        self.program = program
        socket_path = os.path.join(directory, "fcgi.sock")
        self.configuration = Configuration(
            directory, redis.socket_path, socket_path, redis_users=redis.users()
        )
        self.responder = Responder(
            program, self.configuration.path, socket_path, os.path.join(directory, "responder.log")
        )
        self.responder.process.argv[:0] = prefix
        self.nginx = self._make_nginx(directory, socket_path)
        self.port = self.nginx.port

    def _make_nginx(self, directory, socket_path):
        return Nginx(directory, socket_path, workers=WORKERS)

    def start(self):
        self.responder.start()
        self.nginx.start()

    def stop(self):
        self.nginx.stop()
        self.responder.stop()

    def processes(self):
        return {"nginx": [self.nginx.process.pid], "server": [self.responder.process.pid]}


class OursCold(Ours):
    """The responder with its own cache off, so that every request reaches Redis."""

    name = "xmpp-status, every request to Redis"
    fills_cache = False

    def __init__(self, directory, program, redis, prefix=()):
        super().__init__(directory, program, redis, prefix)
        with open(self.configuration.path, encoding="utf-8") as file:
            text = file.read()
        self._write(text.replace("[fcgi]\n", "[fcgi]\n" + NO_CACHE))
        # A responder that does not know the key has no cache to switch off.
        self.has_cache = self._is_valid()
        if not self.has_cache:
            self._write(text)

    def _write(self, text):
        with open(self.configuration.path, "w", encoding="utf-8") as file:
            file.write(text)

    def _is_valid(self):
        argv = [self.program, "-t", "-c", self.configuration.path]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0


class OursCached(Ours):
    """Behind the shipped site with nginx's cache."""

    name = "xmpp-status, cached by nginx"

    def _make_nginx(self, directory, socket_path):
        return ShippedSite(directory, socket_path)
