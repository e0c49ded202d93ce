"""A web server of somebody else's pages, on an origin of its own."""

import http.server
import threading

from sandbox.ports import LOOPBACK


class Origin:
    """Serves with `handler`, a class of http.server, which then says nothing; a context manager."""

    def __init__(self, handler):
        class Quiet(handler):
            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer((LOOPBACK, 0), Quiet)
        self.origin = f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
