"""Two Redis servers behind one address, as behind a balancer: changes do not go unheard."""

import itertools
import os
import socket
import time
import unittest

from redis_wire import RedisWire
from sandbox.deadline import wait_until
from sandbox.redis_server import RedisServer
from sandbox.system import DOMAIN
from system_test import SystemTest

# Clients of the first server, so that each number of a client of the second is one there too.
BYSTANDERS = 200
DIFFERENT = "the two connections lead to different servers"
AGAIN = "hearing what changes in Redis again"


class Balancer(RedisWire):
    """Leads one connection after the other to the next of the servers on `targets`."""

    def __init__(self, targets, path):
        self._targets = itertools.cycle(targets)
        super().__init__(None, path)

    def choose_target(self):
        return next(self._targets)


class TwoServers(SystemTest):
    """The connection for data goes to the first, that for news to the second, the next to the first."""

    @classmethod
    def prepare(cls, system):
        system.start_redis()
        os.mkdir(system.path("second"))
        second = RedisServer(system.path("second"), secrets=system.redis.secrets)
        cls.addClassCleanup(second.stop)
        second.start()
        cls.stores = (system.store, second.store)
        for _ in range(BYSTANDERS):
            bystander = cls.enterClassContext(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            bystander.connect(system.redis.socket_path)
        wire = Balancer((system.redis.socket_path, second.socket_path), system.path("wire.sock"))
        cls.addClassCleanup(wire.close)
        system.configuration.redis_path = wire.address
        system.configuration.write()
        for store in cls.stores:
            store.publish(DOMAIN)
            store.write_lease(DOMAIN, time.time() + 50, ttl_s=50)
            store.write_record(f"alice@{DOMAIN}", type="available")
        system.start_responder()
        system.start_nginx()

    def test_block_shows_and_they_meet_in_the_end(self):
        alice = self.jid("alice")
        for _ in range(2):
            self.assertEqual(self.system.get(alice).status, 200)
        log = self.system.responder.process.log
        for store in self.stores:
            store.publish(alice, "no")
        self.wait_status("alice", 404, 0.5)
        self.assertIn(DIFFERENT, log())
        wait_until(lambda: AGAIN in log(), "connections that lead to one server", 5)
        for flag, status in (("yes", 200), ("no", 404)):
            for store in self.stores:
                store.publish(alice, flag)
            self.wait_status("alice", status, 0.5)


if __name__ == "__main__":
    unittest.main()
