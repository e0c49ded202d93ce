"""The whole system in one temporary directory."""

import os
import shutil
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sandbox import http
from sandbox.bot import Bot
from sandbox.certificate import Certificate
from sandbox.client import Client
from sandbox.configuration import Configuration
from sandbox.ejabberd import Ejabberd
from sandbox.errors import SandboxError
from sandbox.nginx import Nginx
from sandbox.prosody import Prosody
from sandbox.redis_server import RedisServer
from sandbox.responder import Responder

DOMAIN = "tiggerswelt.net"
BOT_USER = "presence"
BOT_PASSWORD = "sandbox bot password"
USER_PASSWORD = "sandbox user password"
LOCATION = "/xmpp/status/"
PAGE = "/xmpp/"
WATCH_INTERVAL_S = 0.5
PROSODY, EJABBERD = "prosody", "ejabberd"
LOGINS_AT_ONCE = 50


@dataclass(frozen=True)
class Programs:
    """Where our programs are."""

    fcgi: str
    bot: str
    ctl: str

    @classmethod
    def from_environment(cls):
        return cls(*(os.environ[f"XMPP_STATUS_{name}"] for name in ("FCGI", "BOT", "CTL")))

    @classmethod
    def from_build(cls, directory):
        """Those in a build directory, as they are."""
        return cls(*(
            os.path.join(directory, name, f"xmpp-status-{name}") for name in ("fcgi", "bot", "ctl")
        ))


class System:
    """Everything between a user's client and an HTTP request, as a context manager.

    Entering makes a directory, leaving ends every process and removes it. In between, start() runs
    the whole; the parts can also be started one by one, in that order. Their names are attributes:
    redis, store, server (also as prosody), responder, nginx, bot; None until started.
    """

    def __init__(
        self, programs, domain=DOMAIN, other_domains=(), http_port=None, server=PROSODY
    ):
        self.programs = programs
        self.server_kind = server
        self.domain = domain
        self.domains = (domain, *other_domains)
        self.http_port = http_port
        self.directory = None
        self.redis = self.store = self.server = self.responder = self.nginx = self.bot = None
        self.certificate = self.configuration = None
        self._processes = []
        self._clients = []

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="xmpp-status-")
        return self

    def __exit__(self, *_):
        self.drop_clients()
        for process in reversed(self._processes):
            process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        self._check_filters()

    def _check_filters(self):
        """Fails if a program made a system call that a filter on it forbids."""
        killed = [
            process.name for process in self._processes if process.exit_code == -signal.SIGSYS
        ]
        if killed:
            raise SandboxError(f"a system call that is not allowed ended {', '.join(killed)}")

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def start(self, workers=2, spread=True):
        self.start_redis()
        self.start_responder()
        self.start_nginx(workers, spread)
        self.start_server()
        self.start_bot()
        self.bot.wait_synced()

    def start_redis(self, append_only=False):
        self.redis = RedisServer(self._directory("redis"), append_only)
        self.store = self.redis.store
        self._processes.append(self.redis.process)
        self.redis.start()
        self.configuration = self.new_configuration("conf")

    def new_configuration(self, name):
        """Makes a configuration file of its own, as on another host, in a new directory `name`."""
        return Configuration(
            self._directory(name), self.redis.socket_path, self.path("fcgi.sock"),
            redis_users=self.redis.users(),
        )

    def start_responder(self, start=True):
        """With `start` false only makes it, for a caller with its own way of starting."""
        self.responder = Responder(
            self.programs.fcgi, self.configuration.path, self.path("fcgi.sock"),
            self.path("responder.log"),
        )
        self._processes.append(self.responder.process)
        if start:
            self.responder.start()

    def start_nginx(self, workers=2, spread=True, site=False, **options):
        """With `site`, the whole one that we ship, with its cache and its limit."""
        self.nginx = Nginx(
            self._directory("nginx"), self.path("fcgi.sock"), port=self.http_port,
            workers=workers, spread=spread, site=site, **options,
        )
        self._processes.append(self.nginx.process)
        self.nginx.start()

    def start_server(self):
        """Starts the XMPP server of the kind chosen, with the bot's account on each domain."""
        if self.server_kind == EJABBERD:
            self.start_ejabberd()
        else:
            self.start_prosody()

    def start_prosody(self, **options):
        self._make_server(Prosody, **options)
        self._set_up_bots()
        self.server.start()

    def start_ejabberd(self):
        self._make_server(Ejabberd)
        self.server.start()
        self._set_up_bots()

    def _make_server(self, kind, **options):
        self.certificate = Certificate(self._directory("tls"), self.domains)
        self.server = kind(self._directory("server"), self.domains, self.certificate, **options)
        self._processes.append(self.server.process)

    def _set_up_bots(self):
        path = self.path("bot.password")
        with open(path, "w", encoding="utf-8") as file:
            file.write(BOT_PASSWORD + "\n")
        for domain in self.domains:
            self.server.set_up_bot(path, domain)

    @property
    def prosody(self):
        return self.server

    def start_bot(self):
        """Makes and starts the first domain's bot; see Bot.wait_synced for when it is ready."""
        self.bot = self.new_bot(self.domain)
        self.bot.start()

    def new_bot(self, domain, configuration=None):
        """Makes a bot, with its section in the configuration, for the caller to start.

        A second one for the same domain has the same configuration, unless another is given.
        """
        configuration = configuration or self.configuration
        configuration.set_domain(
            domain, f"{BOT_USER}@{domain}", BOT_PASSWORD, self.server.port,
            self.certificate.authority,
        )
        bot = Bot(
            self.programs.bot, configuration.path, domain, self.store,
            self.path(f"bot-{len(self._processes)}.log"),
        )
        self._processes.append(bot.process)
        return bot

    def login(self, user, resource="sandbox", domain=None, password=USER_PASSWORD):
        """Registers the user and logs in; returns the session, which has sent no presence yet."""
        domain = domain or self.domain
        self.server.register(user, password, domain)
        return self.login_registered(user, resource, domain, password)

    def login_registered(self, user, resource="sandbox", domain=None, password=USER_PASSWORD):
        """The same without registering."""
        client = Client(
            f"{user}@{domain or self.domain}/{resource}", password, self.server.port,
            self.certificate.authority,
        )
        self._clients.append(client)
        return client

    def login_all(self, users):
        """Registers many users and logs them in, many at once; returns the sessions in order."""
        with ThreadPoolExecutor(LOGINS_AT_ONCE) as pool:
            return list(pool.map(self.login, users))

    def drop_clients(self):
        """Breaks every session that login() has made and that has not ended."""
        while self._clients:
            self._clients.pop().drop()

    def login_as_bot(self, domain=None):
        """Logs in with the bot's account, to see what the bot sees."""
        return self.login(BOT_USER, "sandbox", domain, BOT_PASSWORD)

    def get(self, jid, method="GET", headers=(), query=""):
        """Asks nginx for a JID, written as it shall stand in the path."""
        return http.request(self.nginx.port, LOCATION + jid + query, method, headers)

    def wait_for_failure(self):
        """Waits as long as all is well; raises SandboxError when a process has ended."""
        while True:
            for process in self._processes:
                if not process.is_alive():
                    raise SandboxError(
                        f"{process.name} ended with {process.exit_code}: {process.log_tail()}"
                    )
            time.sleep(WATCH_INTERVAL_S)

    def logs(self):
        """The last lines of every process, for a test that failed."""
        return "\n".join(process.log_tail() for process in self._processes)

    def _directory(self, name):
        os.mkdir(self.path(name))
        return self.path(name)
