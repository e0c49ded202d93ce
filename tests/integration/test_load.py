"""Many requests at once while kept connections lie idle: no 5xx, no wrong answer."""

import threading
import time
import unittest

import expected
from sandbox.deadline import wait_until
from sandbox.http import Connection
from sandbox.system import DOMAIN, LOCATION
from system_test import SystemTest

WORKERS = 4
WARM_UP_CONNECTIONS = 64
CONNECTIONS = 32
REQUESTS = 1000
# Connections that one worker keeps, as in upstream.conf.
KEPT_BY_ONE = 16
USERS = 20
# More would mean that connections starve; a busy machine needs some room.
SLOWEST_S = 2.0


class Load(SystemTest):
    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        cls.at_rest = system.responder.process.descriptors()
        system.start_nginx(workers=WORKERS, spread=True)
        system.store.publish(DOMAIN)
        system.store.write_lease(DOMAIN, time.time() + 55, ttl_s=60)
        for number in range(USERS):
            system.store.write_record(f"user{number}@{DOMAIN}", type="available", show="dnd")

    def kept(self):
        """The number of connections that nginx has to the responder."""
        return self.system.responder.process.descriptors() - self.at_rest

    def waiting(self):
        """The number of connections to its socket, those that it has not accepted included."""
        with open("/proc/net/unix", encoding="ascii") as file:
            ends = sum(line.split()[-1] == self.system.responder.socket_path for line in file)
        return ends - 1  # the one that listens

    def ask_all(self, connections, requests):
        """Each connection has a thread; returns [(seconds, response, jid)] of all requests."""
        answers = []
        problems = []
        start = threading.Barrier(connections)

        def ask(index):
            try:
                with Connection(self.system.nginx.port) as connection:
                    start.wait()
                    for number in range(index, requests, connections):
                        jid = f"user{number % USERS}@{DOMAIN}"
                        before = time.monotonic()
                        response = connection.request(LOCATION + jid)
                        answers.append((time.monotonic() - before, response, jid))
            except Exception as problem:  # to be shown by the thread that waits
                problems.append(problem)

        threads = [threading.Thread(target=ask, args=(index,)) for index in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])
        return answers

    def assert_all_right(self, answers):
        for seconds, response, jid in answers:
            self.assertEqual((response.status, response.body),
                             (200, expected.presence(jid, show="dnd")))
            self.assertLess(seconds, SLOWEST_S)

    def test_thousand_requests_beside_idle_kept_connections(self):
        # While the responder hangs, all of these are under way at once, so nginx needs, and then
        # keeps, as many connections to it.
        self.system.responder.process.freeze()
        warm_up = threading.Thread(
            target=self.ask_all, args=(WARM_UP_CONNECTIONS, WARM_UP_CONNECTIONS)
        )
        warm_up.start()
        try:
            wait_until(lambda: self.waiting() >= WARM_UP_CONNECTIONS / 2, "many connections", 5)
        finally:
            self.system.responder.process.thaw()
            warm_up.join()
        self.assertGreater(self.kept(), KEPT_BY_ONE)

        answers = self.ask_all(CONNECTIONS, REQUESTS)
        self.assertEqual(len(answers), REQUESTS)
        self.assert_all_right(answers)
        self.assertGreater(self.kept(), KEPT_BY_ONE)

    def test_new_connection_for_every_request(self):
        answers = []
        for _ in range(10):
            answers += self.ask_all(CONNECTIONS, CONNECTIONS)
        self.assert_all_right(answers)


if __name__ == "__main__":
    unittest.main()
