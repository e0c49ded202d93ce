"""FastCGI from the web server's side, as well-behaved or not as a test wants it."""

import socket
import struct

VERSION = 1
BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = range(1, 8)
GET_VALUES = 9
RESPONDER, AUTHORIZER, FILTER = range(1, 4)
KEEP_CONNECTION = 1
TIMEOUT_S = 15.0


def record(kind, content=b"", request_id=1, version=VERSION, padding=0):
    head = struct.pack("!BBHHBx", version, kind, request_id, len(content), padding)
    return head + content + b"\0" * padding


def begin(role=RESPONDER, keep=False, **options):
    content = struct.pack("!HB5x", role, KEEP_CONNECTION if keep else 0)
    return record(BEGIN_REQUEST, content, **options)


def pairs(params):
    """Name-value pairs; lengths from 128 on take four bytes."""
    content = b""
    for name, value in params.items():
        for text in (name, value):
            length = len(text.encode())
            content += struct.pack("!B", length) if length < 128 else struct.pack(
                "!I", length | 0x80000000
            )
        content += name.encode() + value.encode()
    return content


def request(jid, method="GET", query="", role=RESPONDER, keep=False, body=b"", streams=False):
    """A whole request, as nginx sends it, from where streams may be opened or not."""
    params = {"REQUEST_METHOD": method, "PATH_INFO": f"/{jid}", "QUERY_STRING": query}
    if streams:
        params["XMPP_STATUS_STREAMS"] = "on"
    message = begin(role, keep) + record(PARAMS, pairs(params)) + record(PARAMS)
    if body:
        message += record(STDIN, body)
    return message + record(STDIN)


class Peer:
    """A connection to the responder's socket."""

    def __init__(self, path, timeout_s=TIMEOUT_S):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout_s)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, message):
        self.socket.sendall(message)

    def read_answer(self):
        """Reads up to END_REQUEST; returns the CGI answer as (head, body).

        Raises EOFError if the connection ends before.
        """
        output = b""
        while True:
            _, kind, _, length, padding, _ = struct.unpack("!BBHHBB", self._exactly(8))
            content = self._exactly(length)
            self._exactly(padding)
            if kind == STDOUT:
                output += content
            elif kind == END_REQUEST:
                head, _, body = output.partition(b"\r\n\r\n")
                return head, body

    def is_closed(self):
        """Waits until the responder has closed the connection, and says whether without a word."""
        try:
            return self.socket.recv(65536) == b""
        except ConnectionResetError:
            return True

    def _exactly(self, count):
        content = b""
        while len(content) < count:
            part = self.socket.recv(count - len(content))
            if not part:
                raise EOFError(f"the responder closed the connection after {content!r}")
            content += part
        return content


def ask(path, jid, timeout_s=TIMEOUT_S, **options):
    """One request on a connection of its own; returns (head, body)."""
    with Peer(path, timeout_s) as peer:
        peer.send(request(jid, **options))
        return peer.read_answer()
