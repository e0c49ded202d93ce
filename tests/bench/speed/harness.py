"""Everything that is measured, started once, on one Redis; one measurement at a time."""

import contextlib
import os

from sandbox.errors import SandboxError
from sandbox.redis_server import RedisServer
from speed import cpu
from speed.load import drive, write_targets
from speed.peers.constant import Constant
from speed.peers.lua import Lua
from speed.peers.ours import Ours, OursCached, OursCold, OursTwo
from speed.peers.php import Php
from speed.peers.plain import Return, Static, StaticKeptOpen
from speed.peers.servers import EjabberdModule, ProsodyModule
from speed.population import HOT, STEADY, fill, missing_jid_of
from speed.upkeep import Changes
from speed.workload import CHANGED_SHARE, SEQUENCE

WARM_UP_S = 1
# Long enough for nearly every user to have been asked for, so that they are in the cache.
WARM_UP_CACHE_S = 6
RETRIES = 3


class Harness:
    """Lives in `directory`; `programs` is our build; `count` users are in Redis."""

    def __init__(self, directory, programs, count):
        self.directory = directory
        self.count = count
        self.redis = RedisServer(self._make("redis"))
        self._fcgi = os.path.join(programs, "fcgi", "xmpp-status-fcgi")
        self._constant = os.path.join(programs, "tests", "bench", "constant")
        self.peers = []

    def _make(self, name):
        path = os.path.join(self.directory, name)
        os.mkdir(path)
        return path

    def _makers(self):
        """How each peer is made, by a short name for the command line."""
        redis, fcgi = self.redis, self._fcgi
        return {
            "return": lambda d: Return(d),
            "static": lambda d: Static(d, self.count),
            "open": lambda d: StaticKeptOpen(d, 1),
            "bare": lambda d: Lua(d, redis, "Lua + Redis, bare", "bare"),
            "honest": lambda d: Lua(d, redis, "Lua + Redis, honest", "honest"),
            "php": lambda d: Php(d, redis),
            "prosody": lambda d: ProsodyModule(d),
            "ejabberd": lambda d: EjabberdModule(d),
            "constant": lambda d: Constant(d, self._constant),
            "ours": lambda d: Ours(d, fcgi, redis),
            "two": lambda d: OursTwo(d, fcgi, redis),
            "cold": lambda d: OursCold(d, fcgi, redis),
            "cached": lambda d: OursCached(d, fcgi, redis),
        }

    def start(self, names=None):
        """Starts Redis with its users, and the peers of these short names, or all."""
        self.redis.start()
        fill(self.redis.store, self.count)
        for key, make in self._makers().items():
            if names is None or key in names:
                peer = make(self._make(key))
                peer.key = key
                self.peers.append(peer)
                peer.start()

    def stop(self):
        for peer in reversed(self.peers):
            peer.stop()
        self.redis.stop()

    def peer(self, key):
        return next((peer for peer in self.peers if peer.key == key), None)

    def check_answers(self):
        """Sees that those who claim to answer as we do give the same bytes, and the others any."""
        ours = self.peer("ours")
        for key in ("honest", "php", "cold", "cached"):
            for jid in (HOT, STEADY, missing_jid_of(1), "nobody@elsewhere.example"):
                if ours is not None and self.peer(key) is not None:
                    _compare(ours, self.peer(key), jid)
        for key in ("prosody", "ejabberd"):
            if self.peer(key) is not None and b"xa" not in self.peer(key).get(HOT).body:
                raise SandboxError(f"{self.peer(key).name} does not see the session")

    def targets_path(self, peer, workload):
        """The file with what wrk has to ask a peer for."""
        path = os.path.join(self.directory, f"{peer.key}-{workload.name}")
        if not os.path.exists(path):
            write_targets(path, (peer.target(jid) for jid in workload.jids))
        return path

    def changes(self, workload):
        """What changes in Redis while the workload runs."""
        if not workload.is_changing:
            return contextlib.nullcontext()
        return Changes(self.redis.store, self.count, self.count * CHANGED_SHARE)

    def warm_up(self, peer, workload):
        seconds = WARM_UP_CACHE_S if peer.fills_cache and len(workload.jids) > 1 else WARM_UP_S
        self._drive(peer, workload, seconds, 0)

    def measure(self, peer, workload, seconds, number):
        """One round; returns what wrk found and the processor time per request by role."""
        meter = cpu.Meter({**peer.processes(), "redis": [self.redis.process.pid]})
        result = self._drive(peer, workload, seconds, number * SEQUENCE // 7)
        result["cpu_us"] = meter.us_per(result["requests"])
        return result

    def _drive(self, peer, workload, seconds, begin):
        etag = None
        if workload.status == 304:
            etag = peer.get(STEADY).header("ETag")
        status = peer.get(workload.jids[0], [("If-None-Match", etag)] if etag else ()).status
        if status != workload.status:
            raise SandboxError(f"{peer.name}: {workload.name}: {status}")
        path = self.targets_path(peer, workload)
        try:
            return drive(peer.port, path, seconds, workload.status, begin, etag)
        except SandboxError as error:
            raise SandboxError(f"{peer.name}: {workload.name}: {error}") from None


def _compare(ours, other, jid):
    """More than once, because a second may pass between the two answers."""
    for _ in range(RETRIES):
        expected, found = ours.get(jid), other.get(jid)
        if (expected.status, expected.body) == (found.status, found.body):
            return
    raise SandboxError(f"{other.name} answers {found} for {jid}, not {expected}")
