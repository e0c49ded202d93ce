"""The shipped nginx files, as nginx itself understands them, against a FastCGI peer of our own."""

import os
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

import fastcgi
from sandbox import http
from sandbox.nginx import SHIPPED, Nginx
from sandbox.process import environment
from sandbox.system import DOMAIN, LOCATION

ANSWER = b"Status: 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\nyes"
INSTALLED = """\
events {{}}
pid {directory}/nginx.pid;
http {{
  include {shipped}/upstream.conf;
  server {{
    listen unix:{directory}/http.sock;
    include {shipped}/location.conf;
  }}
}}
"""


class Recorder:
    """Listens where the responder would, notes what nginx sends, and answers as it is told."""

    def __init__(self, path):
        self.params = []
        self.connections = 0
        self.answer = ANSWER
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as file:
            content = b""
            while head := file.read(8):
                _, kind, request_id, length, padding, _ = struct.unpack("!BBHHBB", head)
                part = file.read(length)
                file.read(padding)
                if kind == fastcgi.PARAMS:
                    content += part
                elif kind == fastcgi.STDIN and length == 0:
                    self.params.append(_read_pairs(content))
                    content = b""
                    if self.answer is None:
                        return
                    connection.sendall(_answer(self.answer, request_id))


def _answer(output, request_id):
    return (
        fastcgi.record(fastcgi.STDOUT, output, request_id)
        + fastcgi.record(fastcgi.STDOUT, b"", request_id)
        + fastcgi.record(fastcgi.END_REQUEST, b"\0" * 8, request_id)
    )


def _read_pairs(content):
    params = {}
    while content:
        lengths = []
        for _ in range(2):
            if content[0] < 128:
                lengths.append(content[0])
                content = content[1:]
            else:
                lengths.append(struct.unpack("!I", content[:4])[0] & 0x7FFFFFFF)
                content = content[4:]
        name, value = content[:lengths[0]], content[lengths[0]:sum(lengths)]
        params[name.decode()] = value
        content = content[sum(lengths):]
    return params


class NginxConfiguration(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        self.recorder = Recorder(os.path.join(self.directory, "fcgi.sock"))
        self.addCleanup(self.recorder.close)
        self.nginx = Nginx(self.directory, os.path.join(self.directory, "fcgi.sock"), workers=1)
        self.addCleanup(self.nginx.stop)

    def ask(self, raw, **options):
        return http.request(self.nginx.port, LOCATION + raw, **options)

    def test_files_as_shipped_pass_nginx_t(self):
        path = os.path.join(self.directory, "installed.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(INSTALLED.format(directory=self.directory, shipped=SHIPPED))
        done = subprocess.run(
            ["nginx", "-t", "-e", os.path.join(self.directory, "t.log"), "-p", self.directory,
             "-c", path],
            capture_output=True, text=True, check=False, env=environment(),
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("[warn]", done.stderr.replace(
            # Said to everybody who is not root.
            'the "user" directive makes sense only if the master process', ""))

    def test_sandbox_configuration_passes_nginx_t(self):
        self.assertIn("test is successful", self.nginx.check())

    def test_only_what_is_read_is_passed(self):
        self.nginx.start()
        response = self.ask(
            f"alice@{DOMAIN}?format=xml", headers=[("Accept", "text/html"), ("X-Y", "z")],
            method="POST", body=b"12345",
        )
        self.assertEqual((response.status, response.body), (200, b"yes"))
        self.assertEqual(self.recorder.params, [{
            "REQUEST_METHOD": b"POST",
            "PATH_INFO": b"/alice@tiggerswelt.net",
            "QUERY_STRING": b"format=xml",
        }])

    def test_path_arrives_decoded_once_and_whole(self):
        self.nginx.start()
        for raw, path in (
            ("a@b", b"/a@b"),
            ("a%40b", b"/a@b"),
            ("a@b%0A", b"/a@b\n"),
            ("%0Aa@b", b"/\na@b"),
            ("a%0D%0Ab@c", b"/a\r\nb@c"),
            ("a%2540b", b"/a%40b"),
            ("a+b@c", b"/a+b@c"),
            ("a%20b@c", b"/a b@c"),
            ("a%3Fb@c?x=%41", b"/a?b@c"),
            ("a%23b@c", b"/a#b@c"),
            ("%C3%A4@b", "/ä@b".encode()),
            ("%FF@b", b"/\xff@b"),
            ("a@b/c", b"/a@b/c"),
            ("a@b%2Fc", b"/a@b/c"),
            ("%2Fa@b", b"/a@b"),
            ("/a@b", b"/a@b"),
            ("a@b/", b"/a@b/"),
            ("", b"/"),
            ("a@b.php", b"/a@b.php"),
        ):
            with self.subTest(raw):
                self.recorder.params.clear()
                self.assertEqual(self.ask(raw).status, 200)
                self.assertEqual(self.recorder.params[0]["PATH_INFO"], path)

    def test_query_arrives_as_it_was_written(self):
        self.nginx.start()
        self.ask("a@b?x=%41%0A&y=+")
        self.assertEqual(self.recorder.params[0]["QUERY_STRING"], b"x=%41%0A&y=+")

    def test_connections_to_the_responder_are_kept(self):
        self.nginx.start()
        for _ in range(20):
            self.assertEqual(self.ask("a@b").status, 200)
        self.assertEqual(self.recorder.connections, 1)

    def test_failure_is_not_retried_for_ever(self):
        self.nginx.start()
        self.recorder.answer = None
        response = self.ask("a@b")
        self.assertEqual(response.status, 502)
        self.assertLessEqual(len(self.recorder.params), 2)

    def test_kept_connection_that_has_gone_is_replaced_unnoticed(self):
        self.nginx.start()
        self.assertEqual(self.ask("a@b").status, 200)
        self.recorder.answer = None
        self.assertEqual(self.ask("a@b").status, 502)
        self.recorder.answer = ANSWER
        self.assertEqual(self.ask("a@b").status, 200)

    def test_errors_of_the_responder_stay_as_they_are(self):
        self.nginx.start()
        self.recorder.answer = ANSWER.replace(b"200 OK", b"404 Not Found")
        response = self.ask("a@b")
        self.assertEqual((response.status, response.body), (404, b"yes"))

    def test_longest_answer_stays_in_memory(self):
        self.nginx.start()
        body = b"x" * 30000
        self.recorder.answer = b"Status: 200 OK\r\nContent-Length: 30000\r\n\r\n" + body
        self.assertEqual(self.ask("a@b").body, body)
        self.assertNotIn("temporary file", self.nginx.error_log())

    def test_large_body_is_refused(self):
        self.nginx.start()
        response = self.ask("a@b", method="POST", body=b"x" * 2000)
        self.assertEqual(response.status, 413)
        self.assertEqual(self.recorder.params, [])


if __name__ == "__main__":
    unittest.main()
