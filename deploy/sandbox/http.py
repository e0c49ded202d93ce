"""HTTP as it is on the wire: the bytes of an answer, nothing interpreted away."""

import socket
from dataclasses import dataclass

from sandbox.errors import SandboxError
from sandbox.ports import LOOPBACK

TIMEOUT_S = 15.0
BODYLESS_STATUSES = (204, 304)


@dataclass(frozen=True)
class Response:
    """`headers` are (name, value) in the order of arrival; `head` and `body` are the bytes."""

    status: int
    headers: tuple
    head: bytes
    body: bytes

    def values(self, name):
        """All values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        """The value of a header that must not come twice; None if it does not come."""
        values = self.values(name)
        if len(values) > 1:
            raise SandboxError(f"{name} came {len(values)} times: {values}")
        return values[0] if values else None


class Connection:
    """A connection to a loopback port, kept for any number of requests."""

    def __init__(self, port, source=LOOPBACK):
        self._socket = socket.create_connection(
            (LOOPBACK, port), timeout=TIMEOUT_S, source_address=(source, 0)
        )
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._file.close()
        self._socket.close()

    def request(self, target, method="GET", headers=(), body=b""):
        """Sends a request, `target` as it shall stand in the request line, and reads the answer."""
        self.send(target, method, headers, body)
        return self.receive(method)

    def send(self, target, method="GET", headers=(), body=b""):
        """Only sends it, for a caller that receives later."""
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines).encode(errors="surrogateescape")
        self._socket.sendall(head + b"\r\n\r\n" + body)

    def receive(self, method="GET"):
        """Reads the answer to what was sent."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._file.readline()
            if not line:
                raise SandboxError(f"the connection ended after {head!r}")
            head += line
        status_line, *header_lines = head.decode("latin-1").split("\r\n")[:-2]
        status = int(status_line.split(" ")[1])
        pairs = (line.partition(":") for line in header_lines)
        headers = tuple((name, value.strip()) for name, _, value in pairs)
        response = Response(status, headers, head, b"")
        if method == "HEAD" or status in BODYLESS_STATUSES:
            return response
        return Response(status, headers, head, self._read_body(response))

    def _read_body(self, response):
        if response.header("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self._read_line(), 16):
                body += self._read(size)
                self._read_line()
            self._read_line()
            return body
        return self._read(int(response.header("Content-Length")))

    def _read(self, size):
        data = self._file.read(size)
        if len(data) < size:
            raise SandboxError(f"the connection ended within a body, after {data!r}")
        return data

    def _read_line(self):
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise SandboxError(f"the connection ended within a body, after {line!r}")
        return line


def request(port, target, method="GET", headers=(), body=b"", source=LOOPBACK):
    """One request on a connection of its own, from the address `source`."""
    with Connection(port, source) as connection:
        return connection.request(target, method, headers, body)
