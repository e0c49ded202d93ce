"""A private Prosody on loopback that shows the bot's account everybody's presence.

Or, without privileges, shows it nothing that users have not agreed to, as any other server.
"""

import os
import subprocess

from sandbox import ports
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.process import Process, environment
from sandbox.shipped import shipped_path, shipped_text

COMMAND_S = 20.0

CONFIGURATION = """\
run_as_root = {as_root}
daemonize = false
pidfile = "{directory}/prosody.pid"
data_path = "{directory}/data"
admin_socket = "{directory}/admin.sock"
log = {{ info = "*console" }}

interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_require_encryption = {tls}
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = "internal"
smacks_hibernation_time = {smacks_hibernation_s}

modules_enabled = {{
    "admin_shell"; "disco"; "ping"; "roster"; "saslauth"; "smacks"; "tls"; {enabled}
}}
modules_disabled = {{ "s2s"; {disabled} }}
"""

VIRTUAL_HOST = """
VirtualHost "{domain}"
  ssl = {{ certificate = "{certificate}"; key = "{key}" }}
"""


class Prosody:
    """Lives in `directory`, which must exist; serves `domains` on 127.0.0.1:`port`."""

    def __init__(self, directory, domains, certificate, privileged=True, smacks_hibernation_s=600):
        self.directory = directory
        self.domains = domains
        self.certificate = certificate
        self.privileged = privileged
        self.smacks_hibernation_s = smacks_hibernation_s
        self.has_tls = True
        self.port = ports.pick()
        self.config_path = os.path.join(directory, "prosody.cfg.lua")
        self.process = Process(
            "prosody",
            ["prosody", "-F", "--config", self.config_path],
            os.path.join(directory, "prosody.log"),
        )
        os.makedirs(os.path.join(directory, "data"))
        self._write_configuration()

    def _write_configuration(self):
        text = CONFIGURATION.format(
            as_root="true" if os.geteuid() == 0 else "false", directory=self.directory,
            port=self.port, smacks_hibernation_s=self.smacks_hibernation_s,
            tls="true" if self.has_tls else "false", disabled="" if self.has_tls else '"tls"',
            enabled="" if self.privileged else '"lastactivity";',
        )
        for domain in self.domains:
            text += VIRTUAL_HOST.format(
                domain=domain, certificate=self.certificate.chain, key=self.certificate.key
            )
            if self.privileged:
                text += f'Include "{self._write_privileges(domain)}"\n'
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(text)

    def _write_privileges(self, domain):
        """Puts our file for operators beside the configuration; returns its path."""
        path = os.path.join(self.directory, f"xmpp-status-{domain}.cfg.lua")
        with open(path, "w", encoding="utf-8") as file:
            file.write(shipped_text("prosody", "xmpp-status.cfg.lua", domain=domain))
        return path

    def offer_tls(self, has_tls):
        """Decides whether it requires TLS from its next start on (so at first) or has none."""
        self.has_tls = has_tls
        self._write_configuration()

    def start(self):
        self.process.start()
        self.process.wait_ready(lambda: ports.answers(self.port), f"127.0.0.1:{self.port}")

    def stop(self):
        self.process.stop()

    def set_up_bot(self, password_file, domain):
        """Does what an operator does, with the script that we ship."""
        self._run(
            [shipped_path("prosody", "setup"), domain, password_file],
            PROSODYCTL=f"prosodyctl --config {self.config_path}",
        )

    def register(self, user, password, domain=None):
        """Makes an account, or gives it another password. Works whether Prosody runs or not."""
        directory = os.path.join(
            self.directory, "data", _file_name(domain or self.domains[0]), "accounts"
        )
        os.makedirs(directory, exist_ok=True)
        path = os.path.join(directory, _file_name(user) + ".dat")
        with open(path, "w", encoding="utf-8", opener=_private) as file:
            file.write(f'return {{ ["password"] = "{password}"; }};\n')

    def delete(self, user, domain=None):
        """Deletes an account of a running server; its sessions are ended."""
        self.shell("user", "delete", f"{user}@{domain or self.domains[0]}")

    def kick(self, full_jid):
        """Ends a session from the server's side."""
        self.shell("c2s", "close", full_jid)

    def shell(self, *args):
        """Runs a command of Prosody's own shell; returns what it printed."""
        return self._run(["prosodyctl", "--config", self.config_path, "shell", *args])

    @staticmethod
    def _run(argv, **changes):
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=COMMAND_S,
            stdin=subprocess.DEVNULL, env=environment(**changes),
        )
        if done.returncode != 0:
            raise SandboxError(f"{' '.join(argv)}: {done.stdout}{done.stderr}")
        return done.stdout

    def restart(self):
        """Stops and starts it; every session ends."""
        self.stop()
        wait_until(lambda: ports.is_free(self.port), f"port {self.port} to be free again")
        self.start()


def _file_name(name):
    """Prosody's own way to name the files of its internal storage."""
    plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(chr(b) if chr(b) in plain else f"%{b:02x}" for b in name.encode())


def _private(path, flags):
    return os.open(path, flags, 0o600)
