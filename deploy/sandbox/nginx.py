"""A private nginx on loopback with the files that we ship."""

import os
import subprocess

from sandbox import ports
from sandbox.errors import SandboxError
from sandbox.process import Process, environment
from sandbox.shipped import shipped_path

SHIPPED = shipped_path("nginx")
INSTALLED = "/etc/xmpp-status/nginx/"
INSTALLED_WEB = "/usr/share/xmpp-status/web/"
WEB = os.path.join(os.path.dirname(shipped_path()), "web", "")
SITE = "xmpp-status.conf"

CONFIGURATION = """\
{user}
daemon off;
worker_processes {workers};
pid {directory}/nginx.pid;
error_log {directory}/error.log info;
include {shipped}/main.conf;

events {{
  worker_connections {connections};
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
{http}
}}
"""
BLOCK = """\
  include {shipped}/upstream.conf;

  server {{
    listen 127.0.0.1:{port}{listen_options};
    server_name localhost;
    include {shipped}/location.conf;
    include {shipped}/metrics.conf;
    include {shipped}/web.conf;
  }}
"""


class Nginx:
    """Lives in `directory`, which must exist; passes requests to the FastCGI sockets `fcgi_paths`.

    The files are the shipped ones with nothing but the places of sockets, of the cache and of the
    log, and the port, replaced. They make up either a server block of ours with the shipped
    location, or, with `site`, the whole shipped site; `extra` is more of http{}. With `spread`,
    connections are dealt out to all workers; not for a port that somebody else may hold, as such
    sockets can share one.
    """

    def __init__(
        self, directory, *fcgi_paths, port=None, workers=2, spread=False, site=False, extra="",
        connections=1024,
    ):
        self.directory = directory
        self.port = ports.pick() if port is None else port
        self.error_log_path = os.path.join(directory, "error.log")
        self.access_log_path = os.path.join(directory, "access.log")
        self.config_path = os.path.join(directory, "nginx.conf")
        self._listen_options = " reuseport" if spread else ""
        self._shipped = os.path.join(directory, "shipped")
        self._copy_shipped(fcgi_paths)
        http = f"  include {self._shipped}/{SITE};" if site else BLOCK.format(
            shipped=self._shipped, port=self.port, listen_options=self._listen_options
        )
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(
                # The socket lies in a directory that is open to its owner only.
                user="user root;" if os.geteuid() == 0 else "",
                workers=workers, directory=directory, http=extra + http, shipped=self._shipped,
                connections=connections,
            ))
        # Death by SIGKILL would orphan the workers.
        self.process = Process(
            "nginx", self._argv(), os.path.join(directory, "nginx.log"), death_signal="TERM"
        )

    def _argv(self):
        return ["nginx", "-e", self.error_log_path, "-p", self.directory, "-c", self.config_path]

    def _copy_shipped(self, fcgi_paths):
        """Copies the shipped files to where they can be included, made for this directory."""
        changes = {
            "upstream.conf": {
                "  server unix:/run/xmpp-status/fcgi.sock fail_timeout=1s;": "\n".join(
                    f"  server unix:{path} fail_timeout=1s;" for path in fcgi_paths
                ),
            },
            # Tests do not have the patience of an operator.
            "main.conf": {"worker_shutdown_timeout 10s;": "worker_shutdown_timeout 1s;"},
            SITE: {
                "listen 80;": f"listen 127.0.0.1:{self.port}{self._listen_options};",
                "  listen [::]:80;\n": "",
                "/run/xmpp-status-nginx ": f"{self.directory}/cache ",
                "/var/log/nginx/xmpp-status.log ": f"{self.access_log_path} ",
            },
        }
        os.mkdir(self._shipped)
        for name in os.listdir(SHIPPED):
            with open(os.path.join(SHIPPED, name), encoding="utf-8") as file:
                text = file.read()
            for old, new in changes.get(name, {}).items():
                if text.count(old) != 1:
                    raise SandboxError(f"{name} does not say {old!r} exactly once")
                text = text.replace(old, new)
            with open(os.path.join(self._shipped, name), "w", encoding="utf-8") as file:
                file.write(
                    text.replace(INSTALLED, self._shipped + "/").replace(INSTALLED_WEB, WEB)
                )

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
        return self._read(self.error_log_path)

    def access_log(self):
        """What the whole site has logged."""
        return self._read(self.access_log_path)

    @staticmethod
    def _read(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
