"""A real browser, without a window, on a page of our own."""

import http.server
import os
import subprocess
import tempfile
from urllib.parse import urlencode
from xml.sax.saxutils import unescape

from origin import Origin

PAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pages")
BROWSER_S = 60
# Of the page's own time: it ends early when nothing is left to be done.
BUDGET_MS = 20000
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--no-proxy-server", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage", "--lang=en",
)


class Site(Origin):
    """Serves the pages; POST calls `on_post`."""

    def __init__(self, on_post=None):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=PAGES)

            def do_POST(self):
                on_post()
                self.send_response(204)
                self.end_headers()

        super().__init__(Handler)

    def address(self, page, **parameters):
        return f"{self.origin}/{page}?{urlencode(parameters, doseq=True)}"


def visit(address, *options):
    """Opens an address in a browser of its own; returns what is in the element `result`."""
    with tempfile.TemporaryDirectory(prefix="xmpp-status-browser-") as directory:
        done = subprocess.run(
            ["chromium-headless-shell", *OPTIONS, f"--user-data-dir={directory}",
             f"--virtual-time-budget={BUDGET_MS}", *options, "--dump-dom", address],
            capture_output=True, text=True, check=False, timeout=BROWSER_S, cwd=directory,
        )
    _, found, rest = done.stdout.partition('<pre id="result">')
    assert found, done.stdout + done.stderr
    return unescape(rest.partition("</pre>")[0])
