"""Redis on three hosts with Sentinel: the master dies, or is cut off, or a replica is.

Each host is a network namespace, whose link can be cut. Prints what was answered when.
"""

import os
import sys
import time
import unittest

from events import EventStream
from failover_load import Load, user
from hosts import enter_network
from replicas import Replicas
from sandbox.configuration import Configuration
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.redis_server import PANEL
from sandbox.store import RedisError, presence_key, publish_key
from sandbox.system import DOMAIN, LOCATION, Programs, System

USERS = 2000
FLAGS = publish_key(DOMAIN)
# What is promised: replica_cutoff_s, and the time for one connect and one answer of Redis.
CUTOFF_S, ANSWER_S = 5.0, 0.5
LEASE_S = 30.0
# How long a master that no replica follows may go on writing: min-replicas-max-lag, rounded up
# twice by Redis.
MAX_LAG_S = 4.0
# Answers of 503 while Redis, as its role changes, breaks the connections on which it was asked.
INTERRUPTED = 12
CALM_S = 1.5
RECOVER_S = 20.0
STREAM_S = 3.0


class Sentinel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        enter_network()
        cls.programs = Programs.from_environment()
        cls.system = cls.enterClassContext(System(cls.programs))
        cls.replicas = Replicas(cls.system.directory)
        cls.addClassCleanup(cls.replicas.stop)
        cls.replicas.start(cls.programs.fcgi)
        cls.start_writers()
        cls.next_user = 0

    @classmethod
    def start_writers(cls):
        """The bot and the panel are elsewhere, and know no more than who the Sentinels are."""
        first = cls.replicas.nodes[0]
        os.mkdir(cls.system.path("conf"))
        cls.system.configuration = Configuration(
            cls.system.path("conf"), cls.replicas.address, cls.system.path("unused.sock"),
            redis_users=first.redis.users(),
        )
        cls.system.store = first.store
        first.store.command("HSET", FLAGS, DOMAIN, "yes status")
        first.store.command("HSET", FLAGS, *[
            word for number in range(USERS) for word in (user(number), "yes")
        ])
        cls.system.start_server()
        cls.alice = cls.system.login("alice")
        cls.alice.presence(show="dnd", status="n-1")
        cls.system.login("bob").presence(show="dnd")
        cls.system.start_bot()
        cls.system.bot.wait_synced()

    def run(self, result=None):
        """Shows what the processes had to say if the test fails."""
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.system.logs(), *[node.logs() for node in self.replicas.nodes], sep="\n",
                  file=sys.stderr)
        return result

    def setUp(self):
        self.replicas.wait_whole()
        self.master = self.replicas.master()
        self.wait_trusted(self.master)
        for node in self.replicas.nodes:
            wait_until(lambda node=node: node.get("alice@" + DOMAIN).status == 200,
                       f"an answer from {node.name}", RECOVER_S)

    def load(self):
        ctl = [self.programs.ctl, "-c", self.system.configuration.path]
        return Load(self.replicas.nodes, self.alice, ctl, type(self).next_user)

    def wait_trusted(self, node):
        """Waits until the bot vouches for what is on this master."""
        def is_trusted():
            try:
                lease = node.store.lease(DOMAIN)
            except (OSError, SandboxError):
                return False
            return lease is not None and lease[0] > time.time()

        wait_until(is_trusted, f"a valid lease on {node.name}", RECOVER_S)

    def wait_writes(self, load, node):
        """Waits until the panel and the bot write what is new to this master."""
        begun, changes = time.monotonic(), load.changes()
        wait_until(lambda: load.blocked_after(begun), "a block", RECOVER_S)
        load.event("the panel writes")
        wait_until(lambda: int(self.shown(node)[1][1:]) >= changes, "a new presence", RECOVER_S)
        load.event("the bot writes")
        self.wait_trusted(node)

    def wait_answers(self, node, status, seconds):
        wait_until(lambda: node.get("alice@" + DOMAIN).status == status,
                   f"{status} from {node.name}", seconds)

    def finish(self, load, title):
        """Judges all answers, and prints them. Returns when what Redis has lost was
        acknowledged, by user."""
        type(self).next_user = load.next_user
        master = self.replicas.master()
        lost = {
            number for _, _, number in load.blocks
            if master.store.command("HGET", FLAGS, user(number)) != b"no"
        }
        load.settle(lost)
        print(load.report(title), file=sys.stderr)
        print(f"acknowledged but lost: {len(lost)}", file=sys.stderr)
        self.assertEqual(load.problems, [])
        for node in self.replicas.nodes:
            self.assertLess(load.stale_block[node.name], CUTOFF_S + ANSWER_S, node.name)
            self.assertLess(load.stale_presence[node.name], LEASE_S, node.name)
        return {number: done for _, done, number in load.blocks if number in lost}

    def wait_follows(self, load, node):
        """Waits until an old master is a replica whose responder answers, and a little longer."""
        wait_until(node.is_linked_replica, "the old master as a replica", RECOVER_S)
        load.event(f"{node.name} follows")
        self.wait_answers(node, 200, RECOVER_S)
        time.sleep(CALM_S)

    def test_1_master_killed_and_back(self):
        master, others = self.master, self.replicas.others(self.master)
        with self.load() as load:
            time.sleep(CALM_S)
            load.event(f"Redis on {master.name} killed")
            killed = time.monotonic()
            master.redis.process.kill()
            new = self.replicas.wait_master(*others)
            load.event(f"{new.name} is the master")
            self.wait_writes(load, new)
            self.assertEqual(master.get("alice@" + DOMAIN).status, 503)
            time.sleep(CALM_S)
            load.event(f"Redis on {master.name} started")
            master.redis.start()
            self.wait_follows(load, master)
        lost = self.finish(load, "The master is killed, and comes back as a replica")
        # What was acknowledged in the instant before may not have left the machine.
        for done in lost.values():
            self.assertLess(killed - done, 1.0)
            self.assertLess(done, killed + ANSWER_S)
        for node in others:
            self.assertLess(load.statuses[node.name].get(503, 0), INTERRUPTED, node.name)

    def test_2_master_cut_off_and_back(self):
        master, others = self.master, self.replicas.others(self.master)
        with self.load() as load:
            time.sleep(CALM_S)
            load.event(f"{master.name} cut off")
            cut = time.monotonic()
            master.host.cut()
            isolated = self.write_in_isolation(master, cut)
            load.event(f"{master.name} refuses to write")
            new = self.replicas.wait_master(*others)
            load.event(f"{new.name} is the master")
            self.wait_writes(load, new)
            self.wait_answers(master, 503, CUTOFF_S + ANSWER_S)
            time.sleep(CALM_S)
            load.event(f"{master.name} back")
            master.host.join()
            self.wait_follows(load, master)
        lost = self.finish(load, "The master's host is cut off, and comes back as a replica")
        for done in lost.values():
            self.assertLess(cut - done, 1.0)
            self.assertLess(done, cut + MAX_LAG_S)
        for node in others:
            self.assertLess(load.statuses[node.name].get(503, 0), INTERRUPTED, node.name)
        # What Redis promises is that these are gone, everywhere, and that they are few.
        for node in self.replicas.nodes:
            for field in isolated:
                self.assertIsNone(node.store.command("HGET", FLAGS, field))

    def write_in_isolation(self, node, cut):
        """Writes flags on the node itself until it refuses. Returns those that it took."""
        taken = []
        panel = node.redis.store_of(PANEL)
        while True:
            field = f"isolated{len(taken)}@{DOMAIN}"
            try:
                panel.command("HSET", FLAGS, field, "no")
            except RedisError as error:
                self.assertIn("NOREPLICAS", str(error))
                break
            self.assertLess(time.monotonic() - cut, MAX_LAG_S)
            taken.append(field)
            time.sleep(0.05)
        print(f"taken in isolation: {len(taken)}, for {time.monotonic() - cut:.2f} s",
              file=sys.stderr)
        self.assertGreater(len(taken), 0)
        return taken

    def test_3_replica_cut_off_and_copied_anew(self):
        """Away for longer than the master remembers, so that it gets a copy of everything."""
        replica = self.replicas.others(self.master)[0]
        self.master.store.command("CONFIG", "SET", "repl-backlog-size", "16kb")
        full = self.count_full_syncs()
        with self.load() as load, self.stream(replica) as stream:
            self.assertEqual(stream.next().word, "dnd")
            time.sleep(CALM_S)
            load.event(f"{replica.name} cut off")
            replica.host.cut()
            cut = time.monotonic()
            self.wait_answers(replica, 503, CUTOFF_S + ANSWER_S)
            load.event(f"{replica.name} answers 503 after {time.monotonic() - cut:.2f} s")
            self.assert_streamed(stream, "remote-server-timeout")
            for _ in range(64):
                self.master.store.command("PUBLISH", "x", "x" * 4096)
            # The link must be found dead, or what it lacks would come through it.
            self.drop_link(replica)
            time.sleep(CALM_S)
            load.event(f"{replica.name} back")
            replica.host.join()
            self.wait_answers(replica, 200, RECOVER_S)
            load.event(f"{replica.name} answers again")
            self.assert_streamed(stream, "dnd")
            time.sleep(CALM_S)
        lost = self.finish(load, "A replica is cut off, and gets a copy of everything")
        self.assertEqual(lost, {})
        # The bot wrote all the time: what is old is the replica's fault alone.
        self.assertLess(load.stale_presence[replica.name], CUTOFF_S + ANSWER_S)
        self.assertGreater(self.count_full_syncs(), full)
        for node in self.replicas.others(replica):
            self.assertLess(load.statuses[node.name].get(503, 0), INTERRUPTED, node.name)

    @staticmethod
    def stream(node):
        stream = EventStream(node.nginx.port, f"{LOCATION}bob@{DOMAIN}")
        stream.start()
        return stream

    def assert_streamed(self, stream, word):
        """What is new on the stream comes within its tick of a second, though nobody has changed."""
        event = stream.next(within=STREAM_S)
        self.assertEqual(event.word, word)

    def drop_link(self, replica):
        for client in self.master.store.command("CLIENT", "LIST", "TYPE", "replica").decode() \
                .splitlines():
            fields = dict(field.split("=", 1) for field in client.split())
            if fields["addr"].startswith(replica.host.address + ":"):
                self.master.store.command("CLIENT", "KILL", "ID", fields["id"])

    def count_full_syncs(self):
        info = self.master.store.command("INFO", "stats").decode()
        return int(info.partition("sync_full:")[2].split()[0])

    def test_4_what_was_not_replicated(self):
        """The bot writes again what the new master lacks; a flag is lost, as WAIT had said."""
        master, others = self.master, self.replicas.others(self.master)
        for node in others:
            node.host.cut()
        panel = master.redis.store_of(PANEL)
        panel.command("HSET", FLAGS, "unlucky@" + DOMAIN, "no")
        self.assertEqual(panel.command("WAIT", "1", "100"), 0)
        self.alice.presence(show="xa", status="not replicated")
        wait_until(lambda: self.shown(master) == ("xa", "not replicated"), "the record", 1.0)
        master.host.cut()
        master.redis.process.kill()
        for node in others:
            node.host.join()
        new = self.replicas.wait_master(*others)
        self.wait_trusted(new)
        wait_until(lambda: self.shown(new) == ("xa", "not replicated"), "the record", RECOVER_S)
        self.assertIsNone(new.store.command("HGET", FLAGS, "unlucky@" + DOMAIN))
        for node in others:
            wait_until(lambda node=node: b'"xa"' in node.get("alice@" + DOMAIN).body,
                       f"the right answer from {node.name}", RECOVER_S)
        master.host.join()
        master.redis.start()
        wait_until(master.is_linked_replica, "the old master as a replica", RECOVER_S)
        self.alice.presence(show="dnd", status="n-1")

    @staticmethod
    def shown(node):
        fields = node.store.command("HMGET", presence_key("alice@" + DOMAIN), "show", "status")
        return tuple(field.decode() if field else None for field in fields)


if __name__ == "__main__":
    unittest.main()
