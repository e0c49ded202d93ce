"""Redis on several hosts, with Sentinel, and a web server beside each: the shipped configuration."""

import os

from hosts import Host
from sandbox import http
from sandbox.configuration import Configuration
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.nginx import Nginx
from sandbox.redis_server import ACL, SHIPPED, SHIPPED_CONFIG, RedisServer
from sandbox.responder import Responder
from sandbox.system import LOCATION
from sentinel_server import MASTER_NAME, REPLICATION_ACL, SENTINEL, SentinelServer

REPLICATION_CONFIG = os.path.join(SHIPPED, "xmpp-status-replication.conf")
FAILOVER_S, REJOIN_S = 20.0, 30.0


class Node:
    """A host with Redis, Sentinel, a responder and nginx, in `directory`, which must exist."""

    def __init__(self, host, directory, secrets):
        self.host = host
        self.name = host.name
        self.directory = directory
        self.secrets = secrets
        self.redis = self.sentinel = self.responder = self.nginx = None

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    @property
    def store(self):
        return self.redis.store

    def start_redis(self, master):
        """Starts Redis as a replica of the node `master`, or as the master itself."""
        os.mkdir(self.path("redis"))
        config = self.path("redis", "redis.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(
                f"include {SHIPPED_CONFIG}\ninclude {REPLICATION_CONFIG}\n"
                f"include {self.path('redis', 'masterauth.conf')}\n"
                f"port {self.host.redis_port}\nbind {self.host.address}\n"
            )
            if master is not self:
                file.write(f"replicaof {master.host.address} {master.host.redis_port}\n")
        with open(self.path("redis", "masterauth.conf"), "w", encoding="ascii") as file:
            file.write(f"masterauth {_secret(self.secrets, 'xmpp-replica')}\n")
        self.redis = RedisServer(
            self.path("redis"), append_only=True, acl_names=(ACL, REPLICATION_ACL),
            secrets=self.secrets, config_path=config, within=self.host.within,
        )
        self.redis.start()

    def start_sentinel(self, master):
        os.mkdir(self.path("sentinel"))
        self.sentinel = SentinelServer(
            self.path("sentinel"), (self.host.address, self.host.sentinel_port),
            (master.host.address, master.host.redis_port),
            os.path.join(self.secrets, f"{SENTINEL}.password"), quorum=2, within=self.host.within,
        )
        self.sentinel.start()

    def start_web(self, program, address):
        """Starts a responder that reads this host's Redis, and nginx on our loopback."""
        os.mkdir(self.path("conf"))
        os.mkdir(self.path("nginx"))
        configuration = Configuration(
            self.path("conf"), address, self.path("fcgi.sock"), redis_users=self.redis.users()
        )
        configuration.redis_paths = {"fcgi": self.redis.socket_path}
        configuration.write()
        self.responder = Responder(
            program, configuration.path, self.path("fcgi.sock"), self.path("responder.log")
        )
        self.responder.start()
        self.nginx = Nginx(self.path("nginx"), self.path("fcgi.sock"), workers=1)
        self.nginx.start()

    def get(self, jid):
        return http.request(self.nginx.port, f"{LOCATION}{jid}?format=json")

    def ask_sentinel(self, *command):
        """Returns the answer of this host's Sentinel; None if there is none."""
        return self.sentinel.ask(*command)

    def is_linked_replica(self):
        """Says whether its Redis follows a master now."""
        try:
            role = self.store.command("ROLE")
        except (OSError, SandboxError):
            return False
        return role[0] == b"slave" and role[3] == b"connected"

    def logs(self):
        parts = [self.redis, self.sentinel, self.responder]
        return "\n".join(part.process.log_tail() for part in parts if part)

    def stop(self):
        for part in (self.nginx, self.responder, self.sentinel, self.redis):
            if part is not None:
                part.stop()
        self.host.stop()


class Replicas:
    """Three nodes in `directory`, the first the master at first, with the passwords in `secrets`."""

    def __init__(self, directory):
        self.secrets = os.path.join(directory, "secrets")
        os.mkdir(self.secrets, 0o700)
        self.nodes = []
        for number in (1, 2, 3):
            path = os.path.join(directory, f"h{number}")
            os.mkdir(path)
            self.nodes.append(Node(Host(number, directory), path, self.secrets))

    @property
    def address(self):
        """What the configuration calls the address of Redis."""
        sentinels = ",".join(
            f"{node.host.address}:{node.host.sentinel_port}" for node in self.nodes
        )
        return f"sentinel://{MASTER_NAME}@{sentinels}"

    def start(self, program):
        for node in self.nodes:
            node.host.start()
        # The users' passwords are made by the first server to start.
        _make_secrets(self.secrets)
        for node in self.nodes:
            node.start_redis(self.nodes[0])
        for node in self.nodes:
            node.start_sentinel(self.nodes[0])
        self.wait_whole()
        for node in self.nodes:
            node.start_web(program, self.address)

    def stop(self):
        for node in reversed(self.nodes):
            node.stop()

    def master(self):
        """Returns the node that some Sentinel names and that says that it is the master, or None."""
        for node in self.nodes:
            place = node.ask_sentinel("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME)
            for other in self.nodes:
                if place == [other.host.address, str(other.host.redis_port)] and _is_master(other):
                    return other
        return None

    def others(self, node):
        return [other for other in self.nodes if other is not node]

    def wait_master(self, *candidates):
        """Waits until one of these nodes is the master; returns it."""
        return wait_until(
            lambda: next((node for node in candidates if node is self.master()), None),
            "a new master", FAILOVER_S,
        )

    def wait_whole(self):
        """Waits until two replicas follow and every Sentinel knows of all the others."""
        wait_until(self._is_whole, "three Redis servers and three Sentinels", REJOIN_S)

    def _is_whole(self):
        master = self.master()
        return master is not None and all(
            node.is_linked_replica() for node in self.others(master)
        ) and all(_knows_all(node) for node in self.nodes)


def _secret(directory, user):
    with open(os.path.join(directory, f"{user}.password"), encoding="ascii") as file:
        return file.readline().rstrip("\n")


def _make_secrets(directory):
    """Makes the passwords that configurations name before any server has started."""
    server = RedisServer(directory, acl_names=(ACL, REPLICATION_ACL))
    server.write_users()


def _is_master(node):
    try:
        return node.store.command("ROLE")[0] == b"master"
    except (OSError, SandboxError):
        return False


def _knows_all(node):
    flat = node.ask_sentinel("SENTINEL", "MASTER", MASTER_NAME)
    if flat is None:
        return False
    known = dict(zip(flat[::2], flat[1::2]))
    return (int(known["num-slaves"]), int(known["num-other-sentinels"])) == (2, 2) and \
        known["flags"] == "master"
