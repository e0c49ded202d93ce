"""The shipped nginx files, as nginx itself understands them, against a FastCGI peer of our own."""

import os
import subprocess
import tempfile
import unittest

from fastcgi_peer import ANSWER, FastCgiPeer
from sandbox import http
from sandbox.nginx import INSTALLED, SHIPPED, Nginx
from sandbox.process import environment
from sandbox.system import DOMAIN, LOCATION

OPERATORS = """\
include {shipped}/main.conf;
events {{}}
pid {directory}/nginx.pid;
http {{
  include {shipped}/upstream.conf;
  server {{
    listen unix:{directory}/http.sock;
    include {shipped}/location.conf;
    include {shipped}/metrics.conf;
    include {shipped}/web.conf;
  }}
}}
"""


class NginxConfiguration(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="xmpp-status-"))
        self.peer = FastCgiPeer(os.path.join(self.directory, "fcgi.sock"))
        self.addCleanup(self.peer.close)
        self.nginx = Nginx(self.directory, os.path.join(self.directory, "fcgi.sock"), workers=1)
        self.addCleanup(self.nginx.stop)

    def ask(self, raw, **options):
        return http.request(self.nginx.port, LOCATION + raw, **options)

    def test_files_as_shipped_pass_nginx_t(self):
        """All but the directory they are installed in, for someone with a server block."""
        shipped = os.path.join(self.directory, "installed")
        os.mkdir(shipped)
        for name in (
            "upstream.conf", "fastcgi.conf", "events.conf", "location.conf", "main.conf",
            "metrics.conf", "web.conf",
        ):
            with (
                open(os.path.join(SHIPPED, name), encoding="utf-8") as source,
                open(os.path.join(shipped, name), "w", encoding="utf-8") as copy,
            ):
                copy.write(source.read().replace(INSTALLED, shipped + "/"))
        path = os.path.join(self.directory, "installed.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(OPERATORS.format(directory=self.directory, shipped=shipped))
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
        self.assertEqual(self.peer.params, [{
            "REQUEST_METHOD": b"POST",
            "PATH_INFO": b"/alice@tiggerswelt.net",
            "QUERY_STRING": b"format=xml",
            "HTTP_ACCEPT": b"text/html",
        }])

    def test_metrics_and_health_are_for_loopback_only(self):
        self.nginx.start()
        for path in ("/xmpp/metrics", "/xmpp/health"):
            with self.subTest(path):
                self.peer.params.clear()
                response = http.request(self.nginx.port, path, source="127.0.0.2")
                self.assertEqual((response.status, self.peer.params), (403, []))
                self.assertEqual(http.request(self.nginx.port, path).body, b"yes")
                self.assertEqual(self.peer.params, [{
                    "REQUEST_METHOD": b"GET", "SCRIPT_NAME": path.encode(), "PATH_INFO": b"",
                    "QUERY_STRING": b"",
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
                self.peer.params.clear()
                self.assertEqual(self.ask(raw).status, 200)
                self.assertEqual(self.peer.params[0]["PATH_INFO"], path)

    def test_query_arrives_as_it_was_written(self):
        self.nginx.start()
        self.ask("a@b?x=%41%0A&y=+")
        self.assertEqual(self.peer.params[0]["QUERY_STRING"], b"x=%41%0A&y=+")

    def test_several_at_once_have_no_path(self):
        self.nginx.start()
        query = "jid=a%40b&jid=c+d@e"
        response = http.request(self.nginx.port, f"/xmpp/status?{query}")
        self.assertEqual((response.status, response.body), (200, b"yes"))
        self.assertEqual(self.peer.params, [{
            "REQUEST_METHOD": b"GET", "PATH_INFO": b"", "QUERY_STRING": query.encode(),
        }])

    def test_overlong_request_line_is_refused(self):
        self.nginx.start()
        response = http.request(self.nginx.port, "/xmpp/status?jid=" + "a" * 9000)
        self.assertEqual((response.status, self.peer.params), (414, []))

    def test_connections_to_the_responder_are_kept(self):
        self.nginx.start()
        for _ in range(20):
            self.assertEqual(self.ask("a@b").status, 200)
        self.assertEqual(self.peer.connections, 1)

    def test_failure_is_not_retried_for_ever(self):
        self.nginx.start()
        self.peer.answer = None
        response = self.ask("a@b")
        self.assertEqual(response.status, 502)
        self.assertLessEqual(len(self.peer.params), 2)

    def test_kept_connection_that_has_gone_is_replaced_unnoticed(self):
        self.nginx.start()
        self.assertEqual(self.ask("a@b").status, 200)
        self.peer.answer = None
        self.assertEqual(self.ask("a@b").status, 502)
        self.peer.answer = ANSWER
        self.assertEqual(self.ask("a@b").status, 200)

    def test_errors_of_the_responder_stay_as_they_are(self):
        self.nginx.start()
        self.peer.answer = ANSWER.replace(b"200 OK", b"404 Not Found")
        response = self.ask("a@b")
        self.assertEqual((response.status, response.body), (404, b"yes"))

    def test_longest_answer_stays_in_memory(self):
        self.nginx.start()
        body = b"x" * 131072
        self.peer.answer = b"Status: 200 OK\r\nContent-Length: 131072\r\n\r\n" + body
        self.assertEqual(self.ask("a@b").body, body)
        self.assertNotIn("temporary file", self.nginx.error_log())

    def test_large_body_is_refused(self):
        self.nginx.start()
        response = self.ask("a@b", method="POST", body=b"x" * 2000)
        self.assertEqual(response.status, 413)
        self.assertEqual(self.peer.params, [])


if __name__ == "__main__":
    unittest.main()
