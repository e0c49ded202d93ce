"""A FastCGI peer that notes what nginx sends, and answers as it is told."""

import socket
import struct
import threading

import fastcgi

ANSWER = b"Status: 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\nyes"

RECORD_MAX = 32768


class FastCgiPeer:
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
    parts = [output[pos:pos + RECORD_MAX] for pos in range(0, len(output), RECORD_MAX)]
    return (
        b"".join(fastcgi.record(fastcgi.STDOUT, part, request_id) for part in parts)
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
