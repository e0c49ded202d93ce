"""The configuration file that our programs read."""

import os

from sandbox.ports import LOOPBACK


class Configuration:
    """Writes `xmpp-status.conf` and the password files into `directory`, which must exist.

    `redis_users` says who each program is to Redis: {"fcgi": (user, password file), ...}. Before
    write(): `redis_paths`, where it is for those who reach it another way; `redis_keys` and
    `fcgi_keys`, more of [redis] and [fcgi].
    """

    def __init__(self, directory, redis_path, fcgi_path, redis_timeout_ms=250, redis_users=None):
        self.directory = directory
        self.path = os.path.join(directory, "xmpp-status.conf")
        self.lock_dir = os.path.join(directory, "lock")
        self.name = "sandbox"
        self.redis_path = redis_path
        self.redis_timeout_ms = redis_timeout_ms
        self.redis_users = redis_users or {}
        self.redis_paths = {}
        self.redis_keys = {}
        self.fcgi_path = fcgi_path
        self.fcgi_keys = {}
        self._domains = {}
        os.makedirs(self.lock_dir, exist_ok=True)
        self.write()

    def set_domain(self, domain, jid, password, port, ca_file, host=LOOPBACK):
        password_file = os.path.join(self.directory, f"{domain}.password")
        with open(password_file, "w", encoding="utf-8", opener=_private) as file:
            file.write(password + "\n")
        self._domains[domain] = (
            f"\n[domain {domain}]\njid = {jid}\npassword_file = {password_file}\n"
            f"host = {host}\nport = {port}\nca_file = {ca_file}\n"
        )
        self.write()

    def write(self):
        text = (
            f"[redis]\naddress = {self.redis_path}\ntimeout_ms = {self.redis_timeout_ms}\n"
            + _lines(self.redis_keys)
            + f"\n[fcgi]\nsocket = {self.fcgi_path}\n"
            + _lines(self.fcgi_keys)
            + f"\n[bot]\nname = {self.name}\nlock_dir = {self.lock_dir}\n"
        )
        for program, (user, password_file) in self.redis_users.items():
            text += f"\n[redis {program}]\nusername = {user}\npassword_file = {password_file}\n"
            if program in self.redis_paths:
                text += f"address = {self.redis_paths[program]}\n"
        with open(self.path, "w", encoding="utf-8", opener=_private) as file:
            file.write(text + "".join(self._domains.values()))


def _lines(keys):
    return "".join(f"{key} = {value}\n" for key, value in keys.items())


def _private(path, flags):
    return os.open(path, flags, 0o600)
