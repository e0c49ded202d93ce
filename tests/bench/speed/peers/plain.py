"""nginx alone: what nothing can be faster than."""

import os

from sandbox.system import LOCATION
from speed.peers.nginx_server import PeerNginx
from speed.peers.peer import Peer
from speed.population import HOT, STEADY, jid_of

BODY = """\
<presence xmlns="jabber:client" from="support@example.org">
  <show>xa</show>
  <query xmlns="jabber:iq:last" seconds="8973"/>
</presence>
"""


class Return(Peer):
    """nginx with the answer in its configuration."""

    name = "nginx return"
    workloads = ("hot", "uniform", "zipf")

    def __init__(self, directory):
        body = BODY.replace('"', '\\"')
        self.nginx = PeerNginx(
            directory, f'default_type "application/xml; charset=utf-8";\n return 200 "{body}";'
        )
        self.port = self.nginx.port

    def start(self):
        self.nginx.start()

    def stop(self):
        self.nginx.stop()

    def processes(self):
        return {"nginx": [self.nginx.process.pid]}


class Static(Return):
    """nginx with a file for each of `count` users."""

    name = "nginx static file"
    workloads = Peer.workloads
    more = ""

    def __init__(self, directory, count):
        self._root = os.path.join(directory, "root")
        self._jids = [HOT, STEADY, *map(jid_of, range(count))]
        self.nginx = PeerNginx(
            directory,
            f'root {self._root};\n default_type "application/xml; charset=utf-8";\n'
            f" log_not_found off; {self.more}",
        )
        self.port = self.nginx.port

    def start(self):
        files = self._root + LOCATION
        os.makedirs(files)
        for jid in self._jids:
            with open(files + jid, "w", encoding="utf-8") as file:
                file.write(BODY)
        super().start()


class StaticKeptOpen(Static):
    """The same with the files kept open, as our site has it for its cache."""

    name = "nginx static file, kept open"
    workloads = ("hot",)
    more = "open_file_cache max=128 inactive=2s;"
