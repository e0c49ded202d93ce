"""The modules of the XMPP servers, asked directly, with one session of the hot user."""

import os

from sandbox import ports
from sandbox.certificate import Certificate
from sandbox.client import Client
from sandbox.ejabberd import Ejabberd
from sandbox.prosody import Prosody
from speed.peers.peer import Peer
from speed.population import DOMAIN, HOT

PASSWORD = "bench"
PROSODY_HTTP = """
http_ports = {{ {port} }}
http_interfaces = {{ "127.0.0.1" }}
https_ports = {{ }}
http_default_host = "{domain}"
"""
EJABBERD_LISTENER = """\
listen:
  -
    port: {port}
    ip: "127.0.0.1"
    module: ejabberd_http
    backlog: 1024
    request_handlers: {{/presence: mod_webpresence}}
"""
EJABBERD_MODULE = """\
access_rules:
  webpresence_auto: {{allow: all}}
modules:
  mod_webpresence: {{pixmaps_path: "{directory}"}}
"""


class Module(Peer):
    """A module of `server`; users without a session are all the same to it."""

    workloads = ("hot",)

    def __init__(self, directory):
        tls = os.path.join(directory, "tls")
        os.mkdir(tls)
        self.certificate = Certificate(tls, (DOMAIN,))
        self.port = ports.pick()
        self.client = None
        self.server = self._make_server(directory)

    def start(self):
        user = HOT.partition("@")[0]
        if isinstance(self.server, Prosody):
            self.server.register(user, PASSWORD)
        self.server.start()
        self.server.register(user, PASSWORD)
        self.client = Client(
            f"{HOT}/bench", PASSWORD, self.server.port, self.certificate.authority
        )
        self.client.presence(show="xa")

    def stop(self):
        if self.client is not None:
            self.client.drop()
        self.server.stop()

    def processes(self):
        return {"server": [self.server.process.pid]}


class ProsodyModule(Module):
    name = "Prosody mod_webpresence"

    def target(self, jid):
        return f"/status/{jid}/xml"

    def _make_server(self, directory):
        server = Prosody(directory, (DOMAIN,), self.certificate, privileged=False)
        _replace(server.config_path, "modules_enabled = {", 'modules_enabled = { "webpresence";')
        _replace(
            server.config_path, "\nmodules_disabled",
            PROSODY_HTTP.format(port=self.port, domain=DOMAIN) + "modules_disabled",
        )
        return server


class EjabberdModule(Module):
    name = "ejabberd mod_webpresence"

    def target(self, jid):
        user, _, host = jid.partition("@")
        return f"/presence/jid/{user}/{host}/xml/"

    def _make_server(self, directory):
        server = Ejabberd(directory, (DOMAIN,), self.certificate)
        path = os.path.join(directory, "ejabberd.yml")
        _replace(path, "listen:\n", EJABBERD_LISTENER.format(port=self.port))
        _replace(path, "modules:\n", EJABBERD_MODULE.format(directory=directory))
        return server


def _replace(path, old, new):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new, 1))
