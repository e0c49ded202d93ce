"""Users with records in Redis, written the way the bot writes them."""

import os
import random
import re
import socket
import time

from sandbox.store import encode, lease_key, presence_key

DOMAIN = "example.org"
HOT = f"support@{DOMAIN}"
# Without last activity, so that its answer stays the same from second to second.
STEADY = f"steady@{DOMAIN}"
SHOWS = ("away", "chat", "dnd", "xa")
FORGET_S = 180 * 86400
# Who holds the lease that Store.write_lease writes.
OWNER = "sandbox"
BATCH = 500
SEED = 7

_RECORDS_C = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../bot/records.c")


def jid_of(number):
    return f"u{number:07}@{DOMAIN}"


def missing_jid_of(number):
    """Of the same length, in the same domain, but nobody."""
    return f"n{number:07}@{DOMAIN}"


def read_bot_script():
    """Returns the script with which the bot replaces a record, from the bot's source."""
    with open(_RECORDS_C, encoding="utf-8") as file:
        found = re.search(r'write_script\[\] =\n(.*?);\n\n', file.read(), re.DOTALL)
    literals = re.findall(r'"((?:[^"\\]|\\.)*)"', found.group(1))
    return "".join(literals).encode().decode("unicode_escape")


def available(chance):
    """The fields of a typical user who is there."""
    return {"type": "available", "show": chance.choice(SHOWS), "last": str(int(time.time()) - 60)}


def with_status(chance):
    return {**available(chance), "status": "Back at nine, call me", "lang": "en"}


def unavailable(chance):
    """The fields of a typical user who is gone."""
    return {"type": "unavailable", "last": str(int(time.time()) - chance.randrange(86400))}


class Writer:
    """Writes records as the bot does, over one connection, many in one round trip."""

    def __init__(self, store):
        with open(store.password_file, encoding="ascii") as file:
            password = file.readline().rstrip("\n")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(store.path)
        self._answers = self._socket.makefile("rb")
        self._exchange([encode("AUTH", store.user, password)])
        self._socket.sendall(encode("SCRIPT", "LOAD", read_bot_script()))
        self._answers.readline()
        self._sha = self._answers.readline().rstrip(b"\r\n")

    def close(self):
        self._answers.close()
        self._socket.close()

    def write(self, records):
        """Writes `records`, an iterable of (JID, fields); the lease must be there."""
        self.send(self._command(jid, fields) for jid, fields in records)

    def send(self, commands):
        """Sends encoded commands, all of which are answered with 1."""
        batch = []
        for command in commands:
            batch.append(command)
            if len(batch) == BATCH:
                self._exchange(batch)
                batch = []
        self._exchange(batch)

    def _command(self, jid, fields):
        local = jid.partition("@")[0]
        expires_s = 0 if fields["type"] == "available" else int(fields["last"]) + FORGET_S
        return encode(
            "EVALSHA", self._sha, 3, lease_key(DOMAIN), "xmpp:online:{%s}" % DOMAIN,
            presence_key(jid), OWNER, local, expires_s, "",
            *(part for item in fields.items() for part in item),
        )

    def _exchange(self, commands):
        self._socket.sendall(b"".join(commands))
        for _ in commands:
            answer = self._answers.readline()
            if answer not in (b":1\r\n", b"+OK\r\n"):
                raise SystemExit(f"Redis did not write a record: {answer!r}")


def fill(store, count, make_fields=available):
    """Opens the domain and writes `count` users and the two that are asked for by name."""
    chance = random.Random(SEED)
    store.publish(DOMAIN)
    store.write_lease(DOMAIN, time.time() + 30)
    writer = Writer(store)
    for first in range(0, count, 100000):  # the lease has to last
        store.write_lease(DOMAIN, time.time() + 30)
        last = min(count, first + 100000)
        writer.write((jid_of(number), make_fields(chance)) for number in range(first, last))
    writer.write([(HOT, available(chance)), (STEADY, {"type": "available", "show": "xa"})])
    writer.close()
