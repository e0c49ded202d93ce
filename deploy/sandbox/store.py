"""What the panel and a curious tester do in Redis: flags, records, any command."""

import socket

from sandbox.errors import SandboxError

TIMEOUT_S = 5.0


class RedisError(SandboxError):
    """Redis answered with an error."""


class Store:
    """A client of a Redis on a unix socket, with a connection per command.

    It is `user`, whose password is in a file. Answers are bytes, integers, lists or None.
    """

    def __init__(self, path, user, password_file):
        self.path = path
        self.user = user
        self.password_file = password_file

    def command(self, *args):
        with open(self.password_file, encoding="ascii") as file:
            request = encode("AUTH", self.user, file.readline().rstrip("\n")) + encode(*args)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(TIMEOUT_S)
            sock.connect(self.path)
            sock.sendall(request)
            with sock.makefile("rb") as answer:
                self._read(answer)
                return self._read(answer)

    def _read(self, answer):
        line = answer.readline()
        if not line.endswith(b"\r\n"):
            raise SandboxError(f"Redis on {self.path} closed the connection")
        kind, text = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(text.decode(errors="replace"))
        if kind == b"+":
            return text
        if kind == b":":
            return int(text)
        if kind == b"$":
            return None if text == b"-1" else answer.read(int(text) + 2)[:-2]
        if kind == b"*":
            return None if text == b"-1" else [self._read(answer) for _ in range(int(text))]
        raise SandboxError(f"Redis on {self.path} answered {line!r}")

    def is_up(self):
        try:
            return self.command("PING") == b"PONG"
        except (OSError, SandboxError):
            return False

    def publish(self, jid, value="yes"):
        """Sets the flag of a domain or of a user."""
        self.command("HSET", publish_key(jid), jid, value)

    def unset(self, jid):
        self.command("HDEL", publish_key(jid), jid)

    def record(self, jid):
        """Returns a user's record as a dictionary, empty if there is none."""
        flat = self.command("HGETALL", presence_key(jid))
        texts = [item.decode() for item in flat]
        return dict(zip(texts[::2], texts[1::2]))

    def write_record(self, jid, **fields):
        """Puts a record in place of the bot: whole, as the bot does."""
        self.command(
            "EVAL", "redis.call('DEL', KEYS[1]) redis.call('HSET', KEYS[1], unpack(ARGV))", 1,
            presence_key(jid), *[x for item in fields.items() for x in item],
        )

    def online(self, domain):
        """Returns the local parts in the domain's online set."""
        members = self.command("SMEMBERS", "xmpp:online:{%s}" % domain)
        return {member.decode() for member in members}

    def lease(self, domain):
        """Returns the lease as (UNTIL, ID), or None."""
        value = self.command("GET", lease_key(domain))
        if value is None:
            return None
        until, _, owner = value.decode().partition(" ")
        return int(until), owner

    def figures(self, domain):
        """Returns what the bot tells of itself, as a dictionary of texts."""
        flat = [item.decode() for item in self.command("HGETALL", metrics_key(domain))]
        return dict(zip(flat[::2], flat[1::2]))

    def write_lease(self, domain, until, ttl_s=30):
        """Puts a lease in place of the bot."""
        self.command("SET", lease_key(domain), f"{int(until)} sandbox", "EX", ttl_s)


def encode(*args):
    """A command as Redis reads it."""
    parts = [arg if isinstance(arg, bytes) else str(arg).encode() for arg in args]
    request = b"*%d\r\n" % len(parts)
    return request + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def publish_key(jid):
    return "xmpp:publish:{%s}" % jid.rpartition("@")[2]


def presence_key(jid):
    local, _, domain = jid.rpartition("@")
    return "xmpp:presence:{%s}:%s" % (domain, local)


def lease_key(domain):
    return "xmpp:bot:{%s}" % domain


def metrics_key(domain):
    return "xmpp:metrics:{%s}" % domain
