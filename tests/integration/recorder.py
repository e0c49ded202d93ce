"""A TCP relay that remembers what went through it: which requests, and which statuses."""

import re
import socket
import threading

from sandbox.ports import LOOPBACK


class Recorder:
    """Relays connections to a loopback port, as a context manager; `port` is its own."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.requests = []
        self.statuses = []
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._accepting.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, socket.create_connection((LOOPBACK, self.target_port)) as server:
            back = threading.Thread(
                target=self._relay, args=(server, client, self._note_status), daemon=True
            )
            back.start()
            self._relay(client, server, self._note_request)
            back.join()

    def _note_request(self, part):
        self.requests += re.findall(rb"^([A-Z]+ [^ ]+) HTTP/1\.1\r$", part, re.MULTILINE)

    def _note_status(self, part):
        self.statuses += [int(code) for code in re.findall(rb"^HTTP/1\.1 (\d+) ", part, re.M)]

    @staticmethod
    def _relay(source, sink, note):
        try:
            while part := source.recv(65536):
                note(part)
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
