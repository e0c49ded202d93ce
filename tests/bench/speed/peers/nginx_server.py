"""A private nginx for a peer, alike for all but in what it does with a request."""

import os
import shutil
import tempfile

from sandbox.nginx import CONFIGURATION, Nginx

WORKERS = 2
SERVER = """\
  server {{
    listen 127.0.0.1:{port};
    server_name localhost;
    location ^~ /xmpp/status/ {{
{location}
    }}
  }}
"""


class PeerNginx(Nginx):
    """Answers in a `location` of its own; `modules` are loaded, `http` is more of http{}."""

    def __init__(self, directory, location, http="", modules=()):
        super().__init__(directory, "", workers=WORKERS)
        load = "".join(f"load_module /usr/lib/nginx/modules/{name}.so;\n" for name in modules)
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(
                user=load + ("user root;" if os.geteuid() == 0 else ""), workers=WORKERS,
                directory=directory, shipped=self._shipped, connections=1024,
                http=http + SERVER.format(port=self.port, location=location),
            ))


# The shipped cache is in /run, so in memory, where not everybody may write.
MEMORY = "/dev/shm"


class ShippedSite(Nginx):
    """The whole shipped site without its limit and, as for the others, without a log."""

    def __init__(self, directory, fcgi_path):
        super().__init__(directory, fcgi_path, workers=WORKERS, site=True)
        self._cache = tempfile.mkdtemp(prefix="xmpp-status-bench-", dir=MEMORY)
        for name in os.listdir(self._shipped):
            self._rewrite(os.path.join(self._shipped, name))

    def _rewrite(self, path):
        with open(path, encoding="utf-8") as file:
            lines = file.read().replace(f"{self.directory}/cache ", f"{self._cache} ").splitlines()
        with open(path, "w", encoding="utf-8") as file:
            for line in lines:
                if line.lstrip().startswith("access_log "):
                    line = "  access_log off;"
                if not line.lstrip().startswith(("limit_req", "limit_conn")):
                    file.write(line + "\n")

    def stop(self):
        super().stop()
        shutil.rmtree(self._cache, ignore_errors=True)
