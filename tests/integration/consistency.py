"""Random writes, faults and requests all at once, every answer held against the model."""

import contextlib
import json
import os
import random
import threading
import time

import redis

import fastcgi
from consistency_model import EXPIRY_S, YES, Judge, Register
from redis_wire import DATA, NEWS, RemoteWire
from sandbox.redis_server import RESPONDER
from sandbox.responder import Responder
from sandbox.store import lease_key, presence_key, publish_key

DOMAINS = ("one.example", "two.example")
USERS = tuple(f"user{number}" for number in range(6))
SHOWS = ("away", "chat", "dnd", "xa")
CLIENTS = 4
# Calm and storm: the mean pause between writes is another one each time. What a storm has left in
# memory that is wrong shows in the calm behind it: there must be many.
WRITE_PAUSES_S = 0.0005, 0.002, 0.01, 0.05
PACE_S = 0.3
# How much later than news the wire brings data: time for changes that the data does not know of.
DATA_DELAY_S = 0.003
# How often each kind is written: flags of a domain drop all that is known of its users' flags.
WEIGHTS = {"flag": 1, "lease": 6, "record": 12}
FLUSH_PAUSE_S = 5.0
FAULT_PAUSES_S = 0.3, 1.5
# From silence to its end in memory: a beat, as long again or the timeout, and a busy machine.
SILENCE_S = 0.5 + 0.5 + 0.25
# How long 503 may go on once Redis can be reached: back-off, pause, a busy machine.
RECOVERY_S = 2.5
FIRST_LAST = 1000000000
# How old an answer may be: promised, and in tests, which run on busy machines. There, with all cores
# taken by others, the oldest of a million was 0.04 s old.
BOUND_S, BUSY_BOUND_S = 0.1, 0.15


class World:
    """Two responders, `direct` on Redis and `wired` on a wire, and what is known of everything."""

    def __init__(self, system, seed, bound_s):
        self.system = system
        self.seed = seed
        self.is_over = threading.Event()
        self.failures = []
        self.writes = self.flushes = 0
        self.lookups = 0  # that Redis was asked for
        self.faults = {}
        self.registers = {}
        for domain in DOMAINS:
            names = [("flag", domain), ("lease", domain)]
            for user in USERS:
                jid = f"{user}@{domain}"
                names += [("flag", jid), ("record", jid)]
            self.registers.update({name: Register() for name in names})
        self.judges = {name: Judge(name, bound_s) for name in ("direct", "wired")}
        self.responders = {}
        self.wire = None

    def start(self):
        system = self.system
        system.start_redis()
        self.wire = RemoteWire(
            system.redis.socket_path, system.path("wire.sock"), DATA_DELAY_S
        )
        for name in self.judges:
            configuration = system.new_configuration(f"conf-{name}")
            configuration.fcgi_path = system.path(f"{name}.sock")
            if name == "wired":
                configuration.redis_path = self.wire.address
            configuration.write()
            responder = Responder(
                system.programs.fcgi, configuration.path, configuration.fcgi_path,
                system.path(f"{name}.log"),
            )
            responder.start()
            self.responders[name] = responder

    def stop(self):
        for responder in self.responders.values():
            responder.stop()
        if self.wire is not None:
            self.wire.close()

    def admin(self):
        store = self.system.store
        with open(store.password_file, encoding="ascii") as file:
            password = file.read().strip()
        return redis.Redis(
            unix_socket_path=store.path, username=store.user, password=password, socket_timeout=30,
        )

    def run(self, seconds):
        """Does everything at once; returns the failures, which end it early."""
        works = [self._write, self._break, *[self._ask] * CLIENTS]
        threads = [
            threading.Thread(target=self._guard, args=(work, random.Random(self.seed * 100 + n)))
            for n, work in enumerate(works)
        ]
        for thread in threads:
            thread.start()
        self.is_over.wait(seconds)
        self.is_over.set()
        for thread in threads:
            thread.join()
        with self.admin() as store:
            self.lookups = store.info("commandstats")["cmdstat_get"]["calls"]
        return self.failures

    def _guard(self, work, chance):
        try:
            work(chance)
        except Exception as error:  # whatever it is, it ends the run and is told
            self.failures.append(f"{work.__name__}: {type(error).__name__}: {error}")
            self.is_over.set()

    def report(self):
        lines = [
            f"seed {self.seed}: {self.writes} writes, {self.flushes} times everything deleted, "
            f"faults: {', '.join(f'{n} {what}' for what, n in sorted(self.faults.items()))}"
        ]
        for name, judge in self.judges.items():
            lines.append(
                f"{name}: {judge.answers} answers, {judge.outage_answers} of them 503 in outages, "
                f"{judge.silence_answers} in silences; the oldest shown otherwise was "
                f"{max(judge.oldest_s, 0) * 1000:.1f} ms old"
            )
        answers = sum(judge.answers - judge.outage_answers for judge in self.judges.values())
        lines.append(f"{100 * (1 - self.lookups / max(answers, 1)):.0f} % of them from memory")
        return "\n".join(lines + [f"violation: {failure}" for failure in self.failures])

    # Writing.

    def _write(self, chance):
        busy = {}  # until when registers wait for an expiry
        next_flush = time.monotonic() + FLUSH_PAUSE_S
        next_pace = pause_s = 0
        names = list(self.registers)
        weights = [WEIGHTS[kind] for kind, _ in names]
        with self.admin() as store:
            self._fill(store, chance)
            while not self.is_over.is_set():
                now = time.monotonic()
                if now > next_flush:
                    self._flush(store)
                    busy = {}
                    self._fill(store, chance)
                    next_flush = now + FLUSH_PAUSE_S * chance.uniform(0.5, 1.5)
                if now > next_pace:
                    pause_s, next_pace = chance.choice(WRITE_PAUSES_S), now + PACE_S
                name = chance.choices(names, weights)[0]
                if busy.get(name, 0) < now:
                    end = self._change(store, name, chance)
                    if end is not None:
                        busy[name] = end
                time.sleep(2 * pause_s * chance.random())

    def _fill(self, store, chance):
        for domain in DOMAINS:
            self._set(store, ("flag", domain), "yes")
            self._set(store, ("lease", domain), True)
        for kind, jid in self.registers:
            if kind == "record":
                self._set(store, (kind, jid), self._new_record(chance))

    def _new_record(self, chance):
        return chance.choice(SHOWS), FIRST_LAST + self.writes  # every version another

    def _flush(self, store):
        start = time.monotonic()
        for register in self.registers.values():
            register.delete(start)
        store.flushall()
        now = time.monotonic()
        for register in self.registers.values():
            register.acknowledge(now)
        self.flushes += 1

    def _change(self, store, name, chance):
        """Writes something; returns until when the register must not be written, or None."""
        kind, _ = name
        if kind == "flag" and "@" not in name[1]:
            self._set(store, name, chance.choice(("yes",) * 6 + ("yes nolast", "no", None)))
        elif kind == "flag":
            self._set(store, name, chance.choice((None,) * 4 + (*YES, "no", "yes nolast")))
        elif kind == "lease" and chance.random() < 0.3:
            return self._set(store, name, True, chance.randint(50, 400))
        elif kind == "lease":
            self._set(store, name, chance.choice((True,) * 6 + (False, None)))
        elif chance.random() < 0.05:
            return self._set(store, name, self._new_record(chance), chance.randint(50, 400))
        else:
            self._set(store, name, self._new_record(chance) if chance.random() < 0.9 else None)
        return None

    def _set(self, store, name, value, expire_ms=None):
        register = self.registers[name]
        commands = self._commands(name, value, expire_ms)
        start = time.monotonic()
        register.begin(value, start)
        pipeline = store.pipeline(transaction=len(commands) > 1)
        for command in commands:
            pipeline.execute_command(*command)
        pipeline.execute()
        now = time.monotonic()
        register.acknowledge(now)
        self.writes += 1
        if expire_ms is None:
            return None
        end = now + expire_ms / 1000 + EXPIRY_S
        # Redis counts in whole milliseconds.
        register.expire(start + expire_ms / 1000 - 0.002, end)
        return end

    @staticmethod
    def _commands(name, value, expire_ms):
        kind, jid = name
        if kind == "flag":
            key = publish_key(jid)
            return [("HDEL", key, jid) if value is None else ("HSET", key, jid, value)]
        key = lease_key(jid) if kind == "lease" else presence_key(jid)
        if value is None:
            return [("DEL", key)]
        if kind == "lease":
            until = int(time.time()) + 50 if value else 0
            return [("SET", key, f"{until} model", "PX", expire_ms or 60000)]
        show, last = value
        commands = [("HSET", key, "type", "available", "show", show, "last", last)]
        return commands + [("PEXPIRE", key, expire_ms) if expire_ms else ("PERSIST", key)]

    # Asking.

    def _ask(self, chance):
        with contextlib.ExitStack() as stack:
            peers = {
                name: stack.enter_context(fastcgi.Peer(responder.socket_path))
                for name, responder in self.responders.items()
            }
            while not self.is_over.is_set():
                self._ask_one(peers, chance)

    def _ask_one(self, peers, chance):
        name = chance.choice(list(self.judges))
        jid = f"{chance.choice(USERS)}@{chance.choice(DOMAINS)}"
        domain = jid.split("@")[1]
        registers = [
            self.registers[key]
            for key in (("flag", domain), ("lease", domain), ("flag", jid), ("record", jid))
        ]
        judge = self.judges[name]
        floors = judge.floors(registers)
        sent = time.monotonic()
        peers[name].send(fastcgi.request(jid, query="format=json", keep=True))
        head, body = peers[name].read_answer()
        received = time.monotonic()
        judge.judge(registers, floors, sent, received, self._read(head, body))

    @staticmethod
    def _read(head, body):
        status = int(head.split()[1])
        members = json.loads(body)
        return status, members.get("state"), members.get("last")

    # Breaking.

    def _break(self, chance):
        faults = [
            self._kill, self._cut, self._silence_news, self._silence_data, self._silence_all,
            self._freeze_redis, self._freeze_responder,
        ]
        left = []
        with self.admin() as store:
            while not self.is_over.wait(chance.uniform(*FAULT_PAUSES_S)):
                left = left or chance.sample(faults, len(faults))  # each in its turn
                fault = left.pop()
                fault(store, chance)
                name = fault.__name__[1:].replace("_", " ")
                self.faults[name] = self.faults.get(name, 0) + 1

    def _allow(self, names, silence_s=None, outage=True):
        """Opens windows; returns what to call once all is whole again."""
        start = time.monotonic()
        windows = [self.judges[name].windows for name in names]
        for window in windows:
            if outage:
                window.outages.append((start, float("inf")))
            if silence_s is not None:
                window.silences.append((start, start + silence_s))

        def end():
            for window in windows:
                if outage:
                    window.outages[-1] = (start, time.monotonic() + RECOVERY_S)

        return end

    def _kill(self, store, chance):
        """Redis ends one connection of either responder."""
        clients = [c for c in store.client_list() if c["user"] == RESPONDER]
        end = self._allow(self.judges)
        if clients:
            store.client_kill_filter(_id=chance.choice(clients)["id"])
        end()

    def _cut(self, _, chance):
        end = self._allow(["wired"])
        self.wire.cut(chance.choice((NEWS, DATA)))
        end()

    def _silence(self, kind, seconds):
        end = self._allow(["wired"], SILENCE_S, outage=kind != NEWS)
        self.wire.freeze(kind)
        self.is_over.wait(seconds)
        self.wire.cut(kind)  # else it would catch up, and nothing be lost
        self.wire.thaw()
        end()

    def _silence_news(self, _, chance):
        self._silence(NEWS, chance.uniform(0.1, 2.5))

    def _silence_data(self, _, chance):
        self._silence(DATA, chance.uniform(0.1, 2.5))

    def _silence_all(self, _, chance):
        self._silence(None, chance.uniform(0.1, 2.5))

    def _freeze_redis(self, _, chance):
        end = self._allow(self.judges, SILENCE_S)
        self.system.redis.process.freeze()
        self.is_over.wait(chance.uniform(0.1, 2.0))
        self.system.redis.process.thaw()
        end()

    def _freeze_responder(self, _, chance):
        """It stands still, and meanwhile its connection for news dies without a word."""
        process = self.responders["wired"].process
        end = self._allow(["wired"], SILENCE_S)
        process.freeze()
        self.wire.freeze(NEWS)
        self.is_over.wait(chance.uniform(0.1, 1.5))
        process.thaw()
        self.is_over.wait(chance.uniform(0.0, 0.5))
        self.wire.cut(NEWS)
        self.wire.thaw()
        end()


def run(system, seconds, seed=None, bound_s=BOUND_S):
    """Runs it on an entered, empty System. Returns (failures, report)."""
    seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
    world = World(system, seed, bound_s)
    try:
        world.start()
        failures = world.run(seconds)
        return failures, world.report()
    finally:
        world.stop()
