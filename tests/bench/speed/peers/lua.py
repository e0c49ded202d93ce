"""nginx that asks Redis itself, in Lua."""

import os

from speed.peers.nginx_server import PeerNginx
from speed.peers.plain import Return
from speed.peers.peer import Peer

SCRIPTS = os.path.dirname(os.path.abspath(__file__))
MODULES = ("ndk_http_module", "ngx_http_lua_module")
HTTP = """\
  lua_package_path "/usr/share/lua/5.1/?.lua;{scripts}/?.lua;;";
  init_by_lua_block {{
    require "resty.core"
    REDIS = {{ address = "unix:{address}", user = "{user}", password = "{password}" }}
  }}
"""


class Lua(Return):
    """One of the scripts beside this file; `redis` is the server to ask."""

    def __init__(self, directory, redis, name, script):
        self.name = name
        self.workloads = Peer.workloads if script == "honest" else ("hot", "uniform", "zipf", "404")
        user, password_file = redis.users()["fcgi"]
        with open(password_file, encoding="ascii") as file:
            password = file.readline().rstrip("\n")
        self.nginx = PeerNginx(
            directory, f"content_by_lua_file {SCRIPTS}/{script}.lua;",
            HTTP.format(
                scripts=SCRIPTS, address=redis.socket_path, user=user, password=password
            ),
            MODULES,
        )
        self.port = self.nginx.port
