"""A private ejabberd on loopback that shows the bot's account everybody's presence.

Erlang's own network between nodes, which ejabberd's commands need, stays on loopback too, without
epmd. Runs as whoever we are: Debian's start script insists on a user of its own, so not with that.
"""

import glob
import http.client
import json
import os
import subprocess

from sandbox import ports
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.process import Process, environment
from sandbox.shipped import shipped_path

COMMAND_S = 30.0
START_S = 60.0
# With an address, so that no name has to be resolved.
NODE = "sandbox@127.0.0.1"

CONFIGURATION = """\
hosts: {hosts}
loglevel: warning
certfiles: ["{certificate}", "{key}"]
acme: {{auto: false}}
include_config_file: ["{shipped}"]
listen:
  -
    port: {port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls_required: true
    backlog: 1024
  -
    port: {api_port}
    ip: "127.0.0.1"
    module: ejabberd_http
    backlog: 1024
    request_handlers: {{/api: mod_http_api}}
api_permissions:
  sandbox:
    who: {{ip: "127.0.0.1/32"}}
    what: "*"
modules:
  mod_http_api: {{}}
"""

# Sets the environment and ends with the options that every Erlang of ours needs.
ERL = """\
#!/bin/sh
export HOME='{directory}' ERL_LIBS='{libraries}'
export EJABBERD_CONFIG_PATH='{directory}/ejabberd.yml' EJABBERD_LOG_PATH='{directory}/ejabberd.log'
export ERL_CRASH_DUMP_BYTES=0
exec erl -start_epmd false -erl_epmd_port {dist_port} -noinput \\
  -kernel inet_dist_use_interface '{{127,0,0,1}}' """
SERVER = f"""-name {NODE} -mnesia dir '"{{directory}}/database"' -s ejabberd\n"""
CONTROL = f"""-name ctl-$$@127.0.0.1 -dist_listen false -hidden -s ejabberd_ctl \\
  -extra {NODE} "$@"\n"""


class Ejabberd:
    """Lives in `directory`, which must exist; serves `domains` on 127.0.0.1:`port`."""

    def __init__(self, directory, domains, certificate):
        self.directory = directory
        self.domains = domains
        self.port, self._api_port, self._dist_port = ports.pick(), ports.pick(), ports.pick()
        self.control_path = os.path.join(directory, "ejabberdctl")
        server_path = os.path.join(directory, "start")
        self._write("ejabberd.yml", CONFIGURATION.format(
            hosts=json.dumps(domains), certificate=certificate.chain, key=certificate.key,
            shipped=shipped_path("ejabberd", "xmpp-status.yml"), port=self.port,
            api_port=self._api_port,
        ))
        self._write("start", self._script(SERVER))
        self._write("ejabberdctl", self._script(CONTROL))
        self.process = Process("ejabberd", [server_path], os.path.join(directory, "output.log"))

    def _script(self, last_line):
        found = glob.glob("/usr/lib/*/ejabberd-*/ebin")
        if not found:
            raise SandboxError("ejabberd is not installed: no /usr/lib/*/ejabberd-*/ebin")
        return (ERL + last_line).format(
            directory=self.directory, dist_port=self._dist_port,
            libraries=os.path.dirname(os.path.dirname(found[0])),
        )

    def _write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o700)
            file.write(text)

    def start(self):
        self.process.start()
        self.process.wait_ready(
            lambda: ports.answers(self.port) and ports.answers(self._api_port),
            f"127.0.0.1:{self.port}", START_S,
        )

    def stop(self):
        self.process.stop()

    def restart(self):
        """Stops and starts it; every session ends."""
        self.stop()
        for port in (self.port, self._api_port, self._dist_port):
            wait_until(lambda: ports.is_free(port), f"port {port} to be free again")
        self.start()

    def set_up_bot(self, password_file, domain):
        """Does what an operator does, with the script that we ship."""
        argv = [shipped_path("ejabberd", "setup"), domain, password_file]
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=COMMAND_S,
            stdin=subprocess.DEVNULL, env=environment(EJABBERDCTL=self.control_path),
        )
        if done.returncode != 0:
            raise SandboxError(f"{' '.join(argv)}: {done.stdout}{done.stderr}")

    def register(self, user, password, domain=None):
        """Makes an account, or gives it another password."""
        host = domain or self.domains[0]
        status, _ = self._call("register", user=user, host=host, password=password)
        if status == http.client.CONFLICT:
            self.command("change_password", user=user, host=host, newpass=password)

    def delete(self, user, domain=None):
        """Deletes an account; its sessions are ended."""
        self.command("unregister", user=user, host=domain or self.domains[0])

    def kick(self, full_jid):
        """Ends a session from the server's side."""
        bare, _, resource = full_jid.partition("/")
        user, _, host = bare.rpartition("@")
        self.command("kick_session", user=user, host=host, resource=resource, reason="kicked")

    def command(self, name, **arguments):
        """Runs one of ejabberd's commands through its API; returns what it answers."""
        status, answer = self._call(name, **arguments)
        if status != http.client.OK:
            raise SandboxError(f"ejabberd: {name} {arguments}: {status} {answer}")
        return answer

    def _call(self, name, **arguments):
        connection = http.client.HTTPConnection(ports.LOOPBACK, self._api_port, timeout=COMMAND_S)
        try:
            connection.request(
                "POST", f"/api/{name}", json.dumps(arguments), {"Content-Type": "application/json"}
            )
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        finally:
            connection.close()
