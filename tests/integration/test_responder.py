"""The responder as a process: start, inherited socket, stop."""

import os
import signal
import socket
import threading
import time
import unittest

import expected
import fastcgi
from sandbox.deadline import wait_until
from sandbox.responder import Responder
from sandbox.system import DOMAIN
from system_test import SystemTest

STOP_S = 2.0


class ResponderProcess(SystemTest):
    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder(start=False)
        system.store.publish(DOMAIN)
        system.store.write_record(f"alice@{DOMAIN}", type="available", show="dnd")

    def setUp(self):
        self.responder = self.system.responder
        self.path = self.responder.socket_path
        self.system.store.write_lease(DOMAIN, time.time() + 30)

    def tearDown(self):
        self.responder.process.kill()
        if os.path.exists(self.path):
            os.unlink(self.path)

    def assert_serves(self, path=None, **options):
        head, body = fastcgi.ask(path or self.path, self.jid("alice"), **options)
        self.assertTrue(head.startswith(b"Status: 200 OK\r\n"), head)
        self.assertEqual(body, expected.presence(self.jid("alice"), show="dnd"))

    def assert_stops(self, number=signal.SIGTERM):
        """Returns the seconds it took."""
        start = time.monotonic()
        self.responder.process.send(number)
        self.assertEqual(self.responder.process.wait(STOP_S), 0)
        return time.monotonic() - start

    def test_stops_when_idle(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                self.responder.start()
                self.assert_serves()
                self.assert_stops(number)

    def test_stops_with_idle_kept_connections(self):
        self.responder.start()
        peers = [self.enterContext(fastcgi.Peer(self.path)) for _ in range(10)]
        for peer in peers:
            peer.send(fastcgi.request(self.jid("alice"), keep=True))
            peer.read_answer()
        self.assert_stops()

    def test_stops_with_half_a_request(self):
        self.responder.start()
        with fastcgi.Peer(self.path) as peer:
            peer.send(fastcgi.request(self.jid("alice"))[:20])
            self.assert_serves()
            self.assert_stops()

    def test_stops_when_busy_and_finishes_what_it_has_begun(self):
        self.responder.start()
        body = expected.presence(self.jid("alice"), show="dnd")
        answered = []
        broken = []
        stop = threading.Event()

        def ask():
            while not stop.is_set():
                try:
                    answered.append(fastcgi.ask(self.path, self.jid("alice"))[1])
                except EOFError as error:
                    # Not even begun, so nginx asks another responder.
                    if "after b''" not in str(error):
                        broken.append(error)
                except OSError:
                    continue

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: len(answered) > 200, "requests being served")
            self.assert_stops()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(broken, [])
        self.assertEqual(set(answered), {body})

    def test_stops_while_redis_hangs(self):
        self.responder.start()
        self.assert_serves()
        with fastcgi.Peer(self.path) as peer:
            self.system.redis.process.freeze()
            try:
                peer.send(fastcgi.request(self.jid("alice")))
                self.assert_stops()
            finally:
                self.system.redis.process.thaw()

    def test_serves_a_socket_inherited_on_descriptor_0(self):
        other = self.system.path("inherited.sock")
        self.responder.start_with_descriptor(other)
        self.assert_serves(other)
        self.assertFalse(os.path.exists(self.path), "it has made a socket of its own")
        self.assert_stops()
        self.assertTrue(os.path.exists(other), "it has removed a socket that is not its own")

    def test_inherited_socket_serves_again_after_a_restart(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(self.path)
            listener.listen(16)
            self.responder.process.start(stdin=listener)
            self.assert_serves()
            self.assert_stops()
            # Nobody is refused in between.
            with fastcgi.Peer(self.path) as peer:
                peer.send(fastcgi.request(self.jid("alice")))
                self.responder.process.start(stdin=listener)
                self.assertEqual(
                    peer.read_answer()[1], expected.presence(self.jid("alice"), show="dnd")
                )

    def test_two_responders_share_an_inherited_socket(self):
        second = Responder(
            self.system.programs.fcgi, self.system.configuration.path, self.path,
            self.system.path("second.log"),
        )
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(self.path)
            listener.listen(16)
            self.responder.process.start(stdin=listener)
            second.process.start(stdin=listener)
        self.addCleanup(second.process.kill)
        for process in (self.responder.process, second.process):
            process.wait_ready(lambda log=process.log: "serving on" in log(), "a log line")
        for _ in range(50):
            self.assert_serves(timeout_s=5)
        self.assert_stops()
        for _ in range(50):
            self.assert_serves(timeout_s=5)
        self.assertEqual(second.process.stop(), 0)

    def test_starts_over_the_socket_of_one_that_was_killed(self):
        self.responder.start()
        self.responder.process.kill()
        self.assertTrue(os.path.exists(self.path))
        self.responder.start()
        self.assert_serves()

    def test_starts_without_redis_and_finds_it_later(self):
        self.system.redis.stop()
        try:
            self.responder.start()
            head, body = fastcgi.ask(self.path, self.jid("alice"))
            self.assertTrue(head.startswith(b"Status: 503 "), head)
            self.assertEqual(body, expected.not_trusted(self.jid("alice")))
        finally:
            self.system.redis.start()
        self.system.store.publish(DOMAIN)
        self.system.store.write_lease(DOMAIN, time.time() + 30)
        self.system.store.write_record(self.jid("alice"), type="available", show="dnd")
        wait_until(
            lambda: fastcgi.ask(self.path, self.jid("alice"))[0].startswith(b"Status: 200 "),
            "a 200", 5,
        )


if __name__ == "__main__":
    unittest.main()
