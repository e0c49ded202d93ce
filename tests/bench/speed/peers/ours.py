"""Our responder: behind the shipped location, behind the shipped cache, and without its own."""

import os

from sandbox.configuration import Configuration
from sandbox.nginx import Nginx
from sandbox.responder import Responder
from speed.peers.nginx_server import WORKERS, ShippedSite
from speed.peers.peer import Peer


def _new(directory, name):
    path = os.path.join(directory, name)
    os.mkdir(path)
    return path


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
        self.socket_paths = [socket_path]
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
        self.configuration.fcgi_keys = {"cache_entries": 0}
        self.configuration.write()


class OursTwo(Ours):
    """Two responders, as for two cores; nginx takes turns."""

    name = "xmpp-status, two responders"
    workloads = ("hot", "uniform")

    def _make_nginx(self, directory, socket_path):
        second_path = os.path.join(directory, "fcgi-2.sock")
        configuration = Configuration(
            _new(directory, "second"), self.configuration.redis_path, second_path,
            redis_users=self.configuration.redis_users,
        )
        self.second = Responder(
            self.program, configuration.path, second_path,
            os.path.join(directory, "responder-2.log"),
        )
        self.socket_paths.append(second_path)
        return Nginx(directory, socket_path, second_path, workers=WORKERS)

    def start(self):
        self.second.start()
        super().start()

    def stop(self):
        super().stop()
        self.second.stop()

    def processes(self):
        pids = [responder.process.pid for responder in (self.responder, self.second)]
        return {"nginx": [self.nginx.process.pid], "server": pids}


class OursCached(Ours):
    """Behind the shipped site with nginx's cache."""

    name = "xmpp-status, cached by nginx"

    def _make_nginx(self, directory, socket_path):
        return ShippedSite(directory, socket_path)
