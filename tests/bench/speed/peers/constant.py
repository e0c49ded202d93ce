"""A FastCGI program that answers a constant, in a loop like ours: the ceiling for FastCGI."""

import os

from sandbox.nginx import Nginx
from sandbox.responder import Responder
from speed.peers.nginx_server import WORKERS
from speed.peers.ours import Ours


class Constant(Ours):
    name = "libfcgi, a constant"
    fills_cache = False
    workloads = ("hot", "uniform", "zipf")

    def __init__(self, directory, program, prefix=()):
        socket_path = os.path.join(directory, "fcgi.sock")
        self.responder = Responder(
            program, "", socket_path, os.path.join(directory, "responder.log")
        )
        self.responder.process.argv = [*prefix, program, socket_path]
        self.nginx = Nginx(directory, socket_path, workers=WORKERS)
        self.port = self.nginx.port
