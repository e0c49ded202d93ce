"""Peers on the FastCGI socket that are broken or hostile harm nobody but themselves."""

import random
import socket
import struct
import subprocess
import sys
import time
import unittest

import expected
import fastcgi
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN
from system_test import SystemTest

# What others may have to wait because of such a peer.
OTHERS_S = 0.5
CLOSE_S = 5.0
SEED = 1


class HostileFastcgi(SystemTest):
    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.store.publish(DOMAIN)
        system.store.write_record(f"alice@{DOMAIN}", type="available", show="dnd")

    def setUp(self):
        self.path = self.system.responder.socket_path
        self.process = self.system.responder.process
        self.alice = self.jid("alice")
        self.body = expected.presence(self.alice, show="dnd")
        self.system.store.write_lease(DOMAIN, time.time() + 55, ttl_s=60)
        self.assert_others_are_served()
        self.descriptors = self.process.descriptors()

    def tearDown(self):
        """Whatever happened, it lives, has closed what is over, and answers."""
        self.assertTrue(self.process.is_alive())
        wait_until(
            lambda: self.process.descriptors() <= self.descriptors, "descriptors closed", CLOSE_S
        )
        self.assert_others_are_served()

    def assert_others_are_served(self):
        start = time.monotonic()
        _, body = fastcgi.ask(self.path, self.alice)
        self.assertEqual(body, self.body)
        self.assertLess(time.monotonic() - start, OTHERS_S)

    def peer(self):
        return fastcgi.Peer(self.path, CLOSE_S)

    def assert_refused(self, message):
        """The peer is closed without an answer, and nobody else notices."""
        with self.peer() as peer:
            peer.send(message)
            self.assert_others_are_served()
            self.assertTrue(peer.is_closed())

    def test_half_a_record(self):
        whole = fastcgi.request(self.alice)
        for length in (1, 7, 8, 15, 16, 20, 40, len(whole) - 1):
            with self.subTest(length):
                self.assert_refused(whole[:length])

    def test_half_a_record_then_gone(self):
        whole = fastcgi.request(self.alice)
        for length in range(1, len(whole)):
            with self.peer() as peer:
                peer.send(whole[:length])
        self.assert_others_are_served()

    def test_tiny_pieces(self):
        """Two bytes each: the kernel takes only some seventy pieces that nobody has read yet."""
        whole = fastcgi.request(self.alice)
        with self.peer() as peer:
            for start in range(0, len(whole), 2):
                peer.send(whole[start:start + 2])
                if start % 20 == 0:
                    self.assert_others_are_served()
            self.assertEqual(peer.read_answer()[1], self.body)

    def test_one_byte_at_a_time_for_ever(self):
        """The deadline is for the whole request, not for each byte."""
        start = time.monotonic()
        with self.peer() as peer:
            with self.assertRaises(OSError):
                for byte in fastcgi.request("a" * 3000):
                    peer.send(bytes([byte]))
                    time.sleep(0.05)
                    self.assert_others_are_served()
        self.assertLess(time.monotonic() - start, CLOSE_S)

    def test_silent_connections(self):
        peers = [self.enterContext(self.peer()) for _ in range(200)]
        self.assert_others_are_served()
        # Kept connections of a web server are silent too: these are just as welcome.
        for peer in peers[::20]:
            peer.send(fastcgi.request(self.alice, keep=True))
            self.assertEqual(peer.read_answer()[1], self.body)
        for peer in peers:
            peer.socket.close()

    def test_thousands_of_connections(self):
        """More than there is room for: the oldest idle ones go, and nobody waits for them."""
        peers = []
        start = time.monotonic()
        for number in range(3000):
            peers.append(self.enterContext(self.peer()))
            if number % 3 == 1:
                peers[-1].send(fastcgi.request(self.alice)[:30])
            if number % 100 == 0:
                self.assert_others_are_served()
            if len(peers) >= 600:  # as many as we may have open ourselves, with room to spare
                peers.pop(0).socket.close()
        self.assert_others_are_served()
        self.assertLess(time.monotonic() - start, 30)
        for peer in peers:
            peer.socket.close()

    def test_flood_beyond_the_limit_of_descriptors(self):
        """Held open from processes of their own, which may have as many descriptors each."""
        flood = (
            "import socket, sys, time\n"
            "peers = []\n"
            "for _ in range(800):\n"
            "    peer = socket.socket(socket.AF_UNIX); peer.settimeout(5)\n"
            "    peer.connect(sys.argv[1]); peers.append(peer)\n"
            "print('connected', flush=True); sys.stdin.read()\n"
        )
        children = []
        try:
            for _ in range(3):
                children.append(subprocess.Popen(
                    [sys.executable, "-c", flood, self.path], stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, text=True,
                ))
            for child in children:
                self.assertEqual(child.stdout.readline(), "connected\n")
                self.assert_others_are_served()
            self.assertLessEqual(self.process.descriptors(), 1024 + 32)
            for _ in range(50):
                self.assert_others_are_served()
        finally:
            for child in children:
                child.communicate("")

    def test_records_that_are_not_ours(self):
        begin, end = fastcgi.begin(), fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN)
        for name, message in (
            ("version 0", fastcgi.begin(version=0)),
            ("version 2", fastcgi.begin(version=2) + end),
            ("request id 0", fastcgi.begin(request_id=0) + end),
            ("unknown type", begin + fastcgi.record(99, b"x" * 16)),
            ("abort", begin + fastcgi.record(fastcgi.ABORT_REQUEST)),
            ("management", fastcgi.record(fastcgi.GET_VALUES, request_id=0)),
            ("params first", fastcgi.record(fastcgi.PARAMS, b"\1\1ab") + end),
            ("begin twice", begin + begin + end),
            ("short begin", fastcgi.record(fastcgi.BEGIN_REQUEST, b"\0\1")),
            ("another id", begin + fastcgi.record(fastcgi.PARAMS, request_id=2)),
            ("stdout from the peer", begin + fastcgi.record(fastcgi.STDOUT, b"x")),
            ("plain HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ):
            with self.subTest(name):
                self.assert_refused(message)

    def test_other_roles(self):
        for role in (0, fastcgi.AUTHORIZER, fastcgi.FILTER, 4, 65535):
            with self.subTest(role):
                self.assert_refused(fastcgi.request(self.alice, role=role))

    def test_params_that_lie_about_their_length(self):
        end = fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN)
        for name, content in (
            ("value beyond the end", b"\x0e\x7fREQUEST_METHODGET"),
            ("huge value", b"\x0e\xff\xff\xff\xffREQUEST_METHODGET"),
            ("huge name", struct.pack("!I", 0xFFFFFFFF) + b"\0"),
            ("half a length", b"\x80"),
        ):
            with self.subTest(name):
                self.assert_refused(fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, content) + end)

    def test_no_method(self):
        end = fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN)
        params = fastcgi.pairs({"PATH_INFO": "/" + self.alice})
        self.assert_refused(fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, params) + end)
        self.assert_refused(fastcgi.begin() + end)

    def test_too_large(self):
        filler = fastcgi.record(fastcgi.PARAMS, fastcgi.pairs({"X": "x" * 8000}))
        self.assert_refused(fastcgi.begin() + filler * 4)
        with self.peer() as peer:
            with self.assertRaises(OSError):
                peer.send(fastcgi.begin())
                for _ in range(10000):
                    peer.send(filler)

    def test_unread_parameters_do_no_harm(self):
        params = {"REQUEST_METHOD": "GET", "PATH_INFO": "/" + self.alice, "QUERY_STRING": "",
                  "CONTENT_LENGTH": "99999999", "HTTP_HOST": "x" * 4000, "": "",
                  "HTTP_ACCEPT": "x" * 5000, "HTTP_IF_NONE_MATCH": "\"" * 5000}
        message = fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, fastcgi.pairs(params))
        message += fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN)
        with self.peer() as peer:
            peer.send(message)
            self.assertEqual(peer.read_answer()[1], self.body)

    def test_body(self):
        with self.peer() as peer:
            peer.send(fastcgi.request(self.alice, method="POST", keep=True, body=b"x" * 1000))
            head, body = peer.read_answer()
            self.assertTrue(head.startswith(b"Status: 405 "), head)
            self.assertEqual(body, expected.not_allowed())
            # What is left of a body must not become the next request.
            peer.send(fastcgi.request(self.alice, keep=True))
            self.assertEqual(peer.read_answer()[1], self.body)

    def test_padding(self):
        params = fastcgi.pairs({"REQUEST_METHOD": "GET", "PATH_INFO": "/" + self.alice})
        message = fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, params, padding=255)
        message += fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN)
        with self.peer() as peer:
            peer.send(message)
            self.assertEqual(peer.read_answer()[1], self.body)

    def test_kept_connection_serves_many(self):
        with self.peer() as peer:
            for _ in range(300):
                peer.send(fastcgi.request(self.alice, keep=True))
                self.assertEqual(peer.read_answer()[1], self.body)

    def test_peer_that_never_reads(self):
        peers = [self.enterContext(self.peer()) for _ in range(20)]
        for peer in peers:
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            peer.socket.setblocking(False)
        request = fastcgi.request(self.alice, keep=True)
        for _ in range(300):
            for peer in peers:
                try:
                    peer.socket.send(request)
                except OSError:
                    continue
        for _ in range(20):
            self.assert_others_are_served()
        for peer in peers:
            peer.socket.close()

    def test_peer_that_leaves_before_the_answer(self):
        for _ in range(200):
            with self.peer() as peer:
                peer.send(fastcgi.request(self.alice, keep=True))
        self.assert_others_are_served()

    def test_noise(self):
        generator = random.Random(SEED)
        whole = fastcgi.request(self.alice)
        for _ in range(300):
            message = bytearray(whole)
            for _ in range(generator.randint(1, 8)):
                message[generator.randrange(len(message))] = generator.randrange(256)
            with self.peer() as peer:
                peer.send(bytes(message))
        for _ in range(100):
            with self.peer() as peer:
                try:
                    peer.send(generator.randbytes(generator.randint(1, 2000)))
                except OSError:
                    continue
        self.assert_others_are_served()


if __name__ == "__main__":
    unittest.main()
