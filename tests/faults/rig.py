"""The whole system as the fault suite runs it: the shipped site, with two responders behind it."""

import os
import subprocess

from proxy import Proxy
from sandbox.configuration import Configuration
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.nginx import Nginx
from sandbox.process import environment
from sandbox.redis_server import PANEL, RedisServer
from sandbox.responder import Responder
from sandbox.store import Store
from sandbox.system import BOT_PASSWORD, BOT_USER, DOMAIN, System

RESPONDERS = 2
# Of the little file systems, in bytes.
LOGS_SIZE, CACHE_SIZE, DATA_SIZE = 1 << 20, 16 << 20, 16 << 20


class Rig(System):
    """`proxied`: programs reach Redis, and the bot its server, through proxies that can fail.

    `disks`: logs, nginx's cache and Redis's data each lie on a small file system. `preload`: the
    environment of all processes, as a list of NAME=VALUE.
    """

    def __init__(self, programs, proxied=False, disks=False, preload=()):
        super().__init__(programs)
        self.proxied = proxied
        self.disks = disks
        self.preload = list(preload)
        self.responders = []
        self.panel = None
        self.bot_redis = self.fcgi_redis = self.bot_server = None
        self._mounts = []

    def __exit__(self, *args):
        for proxy in (self.bot_redis, self.fcgi_redis, self.bot_server):
            if proxy is not None:
                proxy.revive()
                proxy.cut()
        self.drop_clients()
        for process in reversed(self._processes):
            process.stop()
        for path in reversed(self._mounts):
            unmount(path)
        super().__exit__(*args)

    def start(self):
        """Starts everything, and publishes the domain with status texts."""
        self._start_redis()
        self._start_responders()
        self._start_site()
        self.start_server()
        self._start_bot()
        self.panel = self.redis.store_of(PANEL)
        self.publish()
        self.bot.wait_synced()

    def publish(self):
        """What the panel keeps of its own and writes again when Redis has lost it."""
        self.panel.publish(DOMAIN, "yes status")

    def processes(self):
        """All processes by the names under which results are reported."""
        return {
            "redis": self.redis.process, "nginx": self.nginx.process, "bot": self.bot.process,
            "prosody": self.server.process,
            **{f"responder {n + 1}": r.process for n, r in enumerate(self.responders)},
        }

    def _start_redis(self):
        directory = self._directory("redis")
        self._mount(directory, DATA_SIZE)
        self._mount(self._directory("logs"), LOGS_SIZE)
        self.redis = RedisServer(
            directory, append_only=True, options=("--enable-debug-command", "yes")
        )
        self.store = self.redis.store
        self._prepare(self.redis.process, "redis")
        self.redis.start()
        if self.proxied:
            self.bot_redis = Proxy(self.redis.socket_path, self.path("bot-redis.sock"))
            self.fcgi_redis = Proxy(self.redis.socket_path, self.path("fcgi-redis.sock"))
        self.configuration = self._new_configuration("conf", 0)

    def _new_configuration(self, name, number):
        configuration = Configuration(
            self._directory(name), self.redis.socket_path, self.path(f"fcgi-{number}.sock"),
            redis_users=self.redis.users(),
        )
        if self.proxied:
            configuration.redis_paths = {
                "bot": self.bot_redis.address, "fcgi": self.fcgi_redis.address
            }
            configuration.write()
        return configuration

    def _start_responders(self):
        for number in range(RESPONDERS):
            configuration = self._new_configuration(f"fcgi-{number}", number)
            responder = Responder(
                self.programs.fcgi, configuration.path, configuration.fcgi_path,
                self.path(f"responder-{number}.log"),
            )
            responder.configuration = configuration
            self._prepare(responder.process, f"responder-{number}")
            responder.start()
            self.responders.append(responder)
        self.responder = self.responders[0]

    def _start_site(self):
        directory = self._directory("nginx")
        cache = os.path.join(directory, "cache")
        os.mkdir(cache)
        self._mount(cache, CACHE_SIZE)
        self.nginx = Nginx(directory, *(r.socket_path for r in self.responders), site=True)
        for path in (self.nginx.error_log_path, self.nginx.access_log_path):
            os.symlink(self.path("logs", os.path.basename(path)), path)
        self._prepare(self.nginx.process, "nginx")
        self.nginx.start()

    def start_prosody(self, **options):
        self._make_server_of(options)
        self._prepare(self.server.process, "prosody")
        self.server.start()

    def _make_server_of(self, options):
        from sandbox.prosody import Prosody

        self._make_server(Prosody, **options)
        self._processes.remove(self.server.process)
        self._set_up_bots()

    def _start_bot(self):
        port = self.server.port
        if self.proxied:
            self.bot_server = Proxy(port)
            port = self.bot_server.address
        self.bot = self.new_bot(DOMAIN)
        self.configuration.set_domain(
            DOMAIN, f"{BOT_USER}@{DOMAIN}", BOT_PASSWORD, port, self.certificate.authority
        )
        self._processes.remove(self.bot.process)
        self._prepare(self.bot.process, "bot")
        self.bot.start()

    def _prepare(self, process, name):
        """Has a process log to where logs can fill up, with the environment of the rig."""
        process.log_path = self.path("logs", f"{name}.txt")
        if self.preload:
            process.argv = ["env", *self.preload, *process.argv]
        self._processes.append(process)

    def _mount(self, path, size):
        if self.disks:
            mount(path, size)
            self._mounts.append(path)

    def wait_claimed(self, seconds):
        """Waits until a lease is there that vouches for something."""
        wait_until(lambda: (self.store.lease(DOMAIN) or (0, ""))[0] > 0, "a lease", seconds)


class HeldStore(Store):
    """The admin on one connection that stays, for when Redis would not take another."""

    def __init__(self, store):
        import socket

        super().__init__(store.path, store.user, store.password_file)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(5)
        self._socket.connect(self.path)
        self._file = self._socket.makefile("rb")
        with open(self.password_file, encoding="ascii") as file:
            self.command("AUTH", self.user, file.readline().rstrip("\n"))

    def command(self, *args):
        from sandbox.store import encode

        self._socket.sendall(encode(*args))
        return self._read(self._file)

    def close(self):
        self._file.close()
        self._socket.close()


def mount(path, size):
    """Puts a file system in memory there, of so many bytes."""
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path)


def unmount(path):
    _run("umount", "-l", path)


def _run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment())
    if done.returncode != 0:
        raise SandboxError(f"{' '.join(argv)}: {done.stderr}")
