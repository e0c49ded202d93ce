"""PHP-FPM with phpredis behind nginx."""

import glob
import os
import socket

from sandbox.errors import SandboxError
from sandbox.process import Process
from speed.peers.nginx_server import PeerNginx
from speed.peers.peer import Peer

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "presence.php")
# A child serves one connection at a time, so they are not kept: with `keepalive`, the workers'
# idle connections would hold all children.
CHILDREN = 8
POOL = """\
[global]
error_log = {directory}/fpm.log
daemonize = no
[bench]
{user}
listen = {directory}/fpm.sock
listen.backlog = 511
pm = static
pm.max_children = {children}
php_admin_value[redis.pconnect.echo_check_liveness] = 0
env[REDIS] = {address}
env[REDIS_USER] = {redis_user}
env[REDIS_PASSWORD_FILE] = {password_file}
"""
LOCATION = """\
      fastcgi_pass unix:{directory}/fpm.sock;
      fastcgi_param SCRIPT_FILENAME {script};
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param PATH_INFO $uri;
      fastcgi_param HTTP_IF_NONE_MATCH $http_if_none_match if_not_empty;
      fastcgi_pass_request_headers off;
      fastcgi_pass_request_body off;
"""


class Php(Peer):
    name = "PHP-FPM, phpredis"

    def __init__(self, directory, redis):
        found = glob.glob("/usr/sbin/php-fpm*")
        if not found:
            raise SandboxError("PHP-FPM is not installed: no /usr/sbin/php-fpm*")
        self._socket_path = os.path.join(directory, "fpm.sock")
        path = os.path.join(directory, "fpm.conf")
        redis_user, password_file = redis.users()["fcgi"]
        with open(path, "w", encoding="utf-8") as file:
            file.write(POOL.format(
                directory=directory, children=CHILDREN, address=redis.socket_path,
                redis_user=redis_user, password_file=password_file,
                user="user = root\ngroup = root" if os.geteuid() == 0 else "",
            ))
        self.fpm = Process(
            "php-fpm", [found[0], "--allow-to-run-as-root", "--fpm-config", path],
            os.path.join(directory, "output.log"), death_signal="TERM",
        )
        self.nginx = PeerNginx(directory, LOCATION.format(directory=directory, script=SCRIPT))
        self.port = self.nginx.port

    def start(self):
        self.fpm.start()
        self.fpm.wait_ready(self._is_listening, f"a listener on {self._socket_path}")
        self.nginx.start()

    def _is_listening(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            return sock.connect_ex(self._socket_path) == 0

    def stop(self):
        self.nginx.stop()
        self.fpm.stop()

    def processes(self):
        return {"nginx": [self.nginx.process.pid], "server": [self.fpm.pid]}
