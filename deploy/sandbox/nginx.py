"""A private nginx on loopback with the location block that we ship."""

import os
import subprocess

from sandbox import ports
from sandbox.errors import SandboxError
from sandbox.process import Process, environment

SHIPPED = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "nginx")
SHIPPED_SOCKET = "unix:/run/xmpp-status/fcgi.sock"

CONFIGURATION = """\
{user}
daemon off;
worker_processes {workers};
pid {directory}/nginx.pid;
error_log {directory}/error.log info;

events {{
  worker_connections 1024;
}}

http {{
  access_log off;
  client_body_temp_path {directory}/body;
  fastcgi_temp_path {directory}/fastcgi;
  proxy_temp_path {directory}/proxy;
  scgi_temp_path {directory}/scgi;
  uwsgi_temp_path {directory}/uwsgi;
  # As on an operator's site, so that a type of nginx's own would show.
  default_type text/html;

  include {directory}/upstream.conf;

  server {{
    listen 127.0.0.1:{port}{listen_options};
    server_name localhost;
    include {shipped}/location.conf;
  }}
}}
"""


class Nginx:
    """Lives in `directory`, which must exist; passes requests to the FastCGI socket `fcgi_path`.

    The upstream is the shipped one with nothing but the path of its socket replaced. With
    `spread`, connections are dealt out to all workers; not for a port that somebody else may hold,
    as such sockets can share one.
    """

    def __init__(self, directory, fcgi_path, port=None, workers=2, spread=False):
        self.directory = directory
        self.port = ports.pick() if port is None else port
        self.error_log_path = os.path.join(directory, "error.log")
        self.config_path = os.path.join(directory, "nginx.conf")
        self._write_upstream(fcgi_path)
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(
                # The socket lies in a directory that is open to its owner only.
                user="user root;" if os.geteuid() == 0 else "",
                workers=workers, directory=directory, port=self.port, shipped=SHIPPED,
                listen_options=" reuseport" if spread else "",
            ))
        # Death by SIGKILL would orphan the workers.
        self.process = Process(
            "nginx", self._argv(), os.path.join(directory, "nginx.log"), death_signal="TERM"
        )

    def _argv(self):
        return ["nginx", "-e", self.error_log_path, "-p", self.directory, "-c", self.config_path]

    def _write_upstream(self, fcgi_path):
        with open(os.path.join(SHIPPED, "upstream.conf"), encoding="utf-8") as file:
            text = file.read()
        if text.count(SHIPPED_SOCKET + ";") != 1:
            raise SandboxError(f"upstream.conf does not name {SHIPPED_SOCKET} exactly once")
        with open(os.path.join(self.directory, "upstream.conf"), "w", encoding="utf-8") as file:
            file.write(text.replace(SHIPPED_SOCKET, f"unix:{fcgi_path}"))

    def check(self):
        """Runs nginx -t; returns what it printed. Raises SandboxError if it is not content."""
        done = subprocess.run(
            [*self._argv(), "-t"], capture_output=True, text=True, check=False, env=environment()
        )
        if done.returncode != 0:
            raise SandboxError(f"nginx -t: {done.stderr}")
        return done.stderr

    def start(self):
        if not ports.is_free(self.port):
            raise SandboxError(f"port {self.port} on {ports.LOOPBACK} is in use")
        self.process.start()
        self.process.wait_ready(lambda: ports.answers(self.port), f"127.0.0.1:{self.port}")

    def stop(self):
        return self.process.stop()

    def error_log(self):
        with open(self.error_log_path, encoding="utf-8", errors="replace") as file:
            return file.read()
