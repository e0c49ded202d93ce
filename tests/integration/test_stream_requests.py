"""Streams of events through nginx: who gets one, and what becomes of those who misbehave."""

import json
import os
import signal
import unittest

import fastcgi
from events import EventStream
from sandbox import http
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN, LOCATION
from stream_test import CHANGE_S, LIST, StreamTest


class Requests(StreamTest):
    fcgi_keys = {"streams": 20, "stream_jids": 3}

    def test_errors_are_json(self):
        for target, status, error in (
            (f"{LOCATION}malformed", 400, "jid-malformed"),
            (f"{LOCATION}{self.alice}?style=round", 400, "bad-request"),
            (f"{LIST}?format=events", 400, "bad-request"),
            (f"{LIST}?" + "&".join(["jid=a@b"] * 4), 400, "bad-request"),
        ):
            with self.subTest(target):
                stream = self.enterContext(EventStream(self.system.nginx.port, target))
                self.assertEqual((stream.status, json.loads(stream.body())),
                                 (status, {"error": error}))
                self.assertIn("Content-Type: application/json\r\n", stream.head)

    def test_head_options_and_post(self):
        headers = [("Accept", "text/event-stream")]
        head = self.system.get(self.alice, "HEAD", headers)
        self.assertEqual((head.status, head.header("Content-Type")), (200, "text/event-stream"))
        self.assertEqual(head.header("Cache-Control"), "no-store")
        options = self.system.get(self.alice, "OPTIONS", headers)
        self.assertEqual(options.status, 204)
        self.assertIn("Last-Event-ID", options.header("Access-Control-Allow-Headers"))
        post = self.system.get(self.alice, "POST", headers)
        self.assertEqual((post.status, post.body), (405, b'{"error":"not-allowed"}\n'))
        self.assertEqual(self.streams_open(), 0)

    def test_other_formats_are_no_streams(self):
        for query, accept in (("?format=json", "text/event-stream"), ("", "*/*"), ("", "text/*"),
                              ("", "application/json, text/event-stream;q=0.5")):
            with self.subTest(query, accept=accept):
                response = self.system.get(self.alice, query=query, headers=[("Accept", accept)])
                self.assertEqual(response.status, 200)
                self.assertIsNotNone(response.header("Content-Length"))

    def test_odd_spellings_open_no_stream(self):
        """They get past what nginx knows, to where no limit of streams holds."""
        for target in (
            f"{LOCATION}{self.alice}?format=event%73", f"{LOCATION}{self.alice}?f%6Frmat=events",
            f"{LOCATION}{self.alice}?Format=x&format=events",
            f"{LIST}?jid={self.alice}&%66ormat=%65vents",
        ):
            with self.subTest(target):
                stream = self.enterContext(
                    EventStream(self.system.nginx.port, target, accept="*/*")
                )
                answer = json.loads(stream.body())
                if target.startswith(LIST + "?"):
                    answer = answer[0]
                self.assertEqual((stream.status, answer["state"]), (200, "dnd"))
                self.assertIn("Content-Type: application/json\r\n", stream.head)
        self.assertEqual(self.streams_open(), 0)
        self.assertEqual(self.open(self.alice, more="format=events").next().word, "dnd")
        self.assertEqual(self.streams_open(), 1)

    def streams_open(self):
        body = http.request(self.system.nginx.port, "/xmpp/metrics").body.decode()
        return int(body.partition("\nxmpp_status_streams ")[2].split("\n")[0])

    def test_no_more_than_configured_and_others_are_served(self):
        streams = [self.open(self.alice) for _ in range(20)]
        for stream in streams:
            stream.next()
        self.assertEqual(self.streams_open(), 20)
        refused = self.open(self.alice)
        self.assertEqual((refused.status, json.loads(refused.body())),
                         (503, {"error": "resource-constraint"}))
        self.assertIn("Retry-After: 10\r\n", refused.head)
        self.assertEqual(self.ask(self.bob), json.dumps(
            {"jid": self.bob, "state": "away"}, separators=(",", ":")))
        for stream in streams[:5]:
            stream.close()
        wait_until(lambda: self.streams_open() == 15, "five to go", CHANGE_S)
        self.assertEqual(self.open(self.alice).next().word, "dnd")
        self.write(self.alice, "chat")
        self.assertEqual({stream.next(CHANGE_S).word for stream in streams[5:]}, {"chat"})

    def test_vanished_readers_leave_no_descriptors(self):
        wait_until(lambda: self.streams_open() == 0, "the others to go", CHANGE_S)
        before = self.system.responder.process.descriptors()
        for _ in range(5):
            peers = [fastcgi.Peer(self.system.responder.socket_path) for _ in range(20)]
            for peer in peers:
                peer.send(fastcgi.request(self.alice, query="format=events", streams=True))
            wait_until(lambda: self.streams_open() == 20, "20 streams", CHANGE_S)
            for peer in peers:
                peer.socket.close()
            wait_until(lambda: self.streams_open() == 0, "all to go", CHANGE_S)
        wait_until(lambda: self.system.responder.process.descriptors() <= before + 1,
                   "the descriptors to go", CHANGE_S)

    def test_reader_that_does_not_read_is_dropped_and_nobody_waits(self):
        self.store.publish(DOMAIN, "yes status")
        slow = [fastcgi.Peer(self.system.responder.socket_path) for _ in range(5)]
        for peer in slow:
            self.addCleanup(peer.socket.close)
            peer.send(fastcgi.request(self.alice, query="format=events", streams=True))
        stream = self.open(self.alice)
        stream.next()
        wait_until(lambda: self.streams_open() == 6, "all streams", CHANGE_S)
        for number in range(400):
            self.write(self.alice, status=f"{number:04} " + "\U0001f42f" * 1000)
            self.assertEqual(stream.next(CHANGE_S).answer["status"][:4], f"{number:04}")
            if self.streams_open() == 1:
                break
        self.assertEqual(self.streams_open(), 1)
        for peer in slow:
            self.assertTrue(peer.is_closed() or peer.socket.recv(1 << 20) is not None)

    def test_peer_that_goes_on_talking_is_dropped(self):
        with fastcgi.Peer(self.system.responder.socket_path) as peer:
            peer.send(fastcgi.request(self.alice, query="format=events", streams=True))
            wait_until(lambda: self.streams_open() == 1, "the stream", CHANGE_S)
            peer.send(fastcgi.request(self.alice))
            wait_until(lambda: self.streams_open() == 0, "its end", CHANGE_S)

    def test_reload_of_nginx_ends_streams_which_come_back(self):
        with self.open(self.alice) as stream:
            stream.next()
            os.kill(self.system.nginx.process.pid, signal.SIGHUP)
            self.assertEqual(self.open(self.bob).next().word, "away")
            try:
                self.assertEqual(stream.rest(CHANGE_S + 3), [])
            except ConnectionError:
                pass
            else:
                self.fail("the old worker keeps its streams")
        again = self.open(self.alice, headers=[("Last-Event-ID", stream.last_id)])
        self.assert_silent(again)
        self.write(self.alice)
        self.assertEqual(again.next(CHANGE_S).word, "online")
        wait_until(lambda: self.streams_open() <= 2, "the first to go", CHANGE_S)


class Off(StreamTest):
    fcgi_keys = {"streams": 0}

    def test_streams_are_refused_and_all_else_is_served(self):
        self.assertEqual(self.open(self.alice).status, 503)
        self.assertEqual(self.system.get(self.alice).status, 200)


class Site(StreamTest):
    """The whole site, with its cache and its limits."""

    site = True

    def test_streams_are_not_cached_and_answers_are(self):
        streams = [self.open(self.alice), self.open(self.alice, self.bob, more="format=events")]
        streams[0].next()
        streams[1].next_words(2)
        self.assertIn("Server: nginx\r\n", streams[0].head)
        for _ in range(3):
            self.assertEqual(self.system.get(self.alice).status, 200)
        self.assertIn("HIT", self.system.nginx.access_log())
        self.write(self.alice)
        for stream in streams:
            self.assertEqual(stream.next(CHANGE_S).word, "online")

    def test_limit_per_address(self):
        streams = [self.open(self.alice, source="127.0.0.9") for _ in range(100)]
        self.assertEqual({stream.next().word for stream in streams}, {"dnd"})
        refused = self.open(self.alice, source="127.0.0.9")
        self.assertEqual((refused.status, refused.body()),
                         (429, b'{"error":"policy-violation"}\n'))
        self.assertEqual(self.open(self.alice, source="127.0.0.8").status, 200)

    def test_responder_that_is_gone_is_503_in_json(self):
        self.system.responder.stop()
        try:
            stream = self.open(self.alice)
        finally:
            self.system.responder.start()
        self.assertEqual((stream.status, stream.body()),
                         (503, b'{"error":"remote-server-timeout"}\n'))


if __name__ == "__main__":
    unittest.main()
