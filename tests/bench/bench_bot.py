"""Measures the bot against a stand-in server that floods it, with a real Redis. See `bot`."""

import argparse
import os
import random
import tempfile
import time

from sandbox.bot import Bot
from sandbox.certificate import Certificate
from sandbox.configuration import Configuration
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.redis_server import RedisServer
from standin import StandIn

DOMAIN = "example.org"
JID = f"presence@{DOMAIN}"
SHOWS = ("away", "chat", "dnd", "xa", "")
DEADLINE_S = 60.0


def presence(user, show, status="", stamp=""):
    """One presence stanza as Prosody would send it."""
    children = f"<show>{show}</show>" if show else ""
    children += f"<status>{status}</status>" if status else ""
    children += "<priority>5</priority>"
    if stamp:
        children += f"<delay xmlns='urn:xmpp:delay' from='{DOMAIN}' stamp='{stamp}'/>"
    return f"<presence from='u{user}@{DOMAIN}/phone' to='{JID}/xmpp-status'>{children}</presence>"


class Bench:
    """One bot, one Redis, one stand-in server."""

    def __init__(self, directory, program):
        self.directory = directory
        self.program = program
        self.redis = RedisServer(self._make("redis"))
        self.redis.start()
        self.store = self.redis.store
        self.certificate = Certificate(self._make("tls"), (DOMAIN,))
        self.configuration = Configuration(
            self._make("conf"), self.redis.socket_path, os.path.join(directory, "unused.sock"),
            redis_timeout_ms=2000, redis_users=self.redis.users(),
        )
        self.server = self.bot = None

    def _make(self, name):
        path = os.path.join(self.directory, name)
        os.mkdir(path)
        return path

    def start_bot(self, sync):
        """Starts a bot on a server that sends `sync`; returns when its presence was asked for."""
        self.server = StandIn(DOMAIN, JID, self.certificate, sync)
        self.configuration.set_domain(
            DOMAIN, JID, "secret", self.server.port, self.certificate.authority
        )
        self.bot = Bot(
            self.program, self.configuration.path, DOMAIN, self.store,
            os.path.join(self.directory, "bot.log"),
        )
        self.bot.start()
        wait_until(self.server.presence_asked.is_set, "the bot's presence", 30.0)
        return time.monotonic()

    def wait_trusted(self):
        wait_until(self.bot.is_trusted, "a valid lease", DEADLINE_S)

    def stop(self):
        if self.bot is not None:
            self.bot.stop()
        self.redis.stop()

    def memory_bytes(self):
        """What the bot has in memory of its own, in bytes."""
        with open(f"/proc/{self.bot.process.pid}/smaps_rollup", encoding="ascii") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) * 1024

    def script_calls(self):
        info = self.store.command("INFO", "commandstats").decode()
        for line in info.splitlines():
            if line.startswith("cmdstat_evalsha:"):
                return int(line.split("calls=")[1].split(",")[0])
        return 0


def measure_empty(bench):
    """Memory of a bot without users."""
    bench.start_bot(b"")
    bench.wait_trusted()
    memory = bench.memory_bytes()
    bench.bot.stop()
    return memory


def measure_sync(bench, users):
    """Starts the bot on a server with everybody online; returns (seconds, memory in bytes)."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sync = "".join(presence(user, "away", stamp=stamp) for user in range(users)).encode()
    started = bench.start_bot(sync)
    bench.wait_trusted()
    seconds = time.monotonic() - started
    online = len(bench.store.online(DOMAIN))
    if online != users:
        raise SystemExit(f"{online} users online in Redis instead of {users}")
    return seconds, bench.memory_bytes()


def measure_flood(bench, users, updates):
    """Floods the bot; returns (seconds, bot's CPU seconds, writes), all stanzas accounted for."""
    chance = random.Random(1)
    expected = {}
    stanzas = []
    for number in range(updates):
        user, show = chance.randrange(users), chance.choice(SHOWS)
        expected[user] = (show, f"s{number}")
        stanzas.append(presence(user, show, f"s{number}"))
    data = "".join(stanzas).encode()
    last = chance.randrange(users)
    while last not in expected:
        last = chance.randrange(users)
    data += presence(last, "chat", "the end").encode()
    expected[last] = ("chat", "the end")
    writes, cpu, started = bench.script_calls(), bench.bot.process.cpu_seconds(), time.monotonic()
    bench.server.send(data)
    wait_until(
        lambda: bench.store.record(f"u{last}@{DOMAIN}").get("status") == "the end",
        "the last stanza's record", DEADLINE_S,
    )
    seconds = time.monotonic() - started
    cpu = bench.bot.process.cpu_seconds() - cpu
    writes = bench.script_calls() - writes
    check(bench, expected)
    return seconds, cpu, writes


def check(bench, expected):
    """Compares the records with what was sent last for each user."""
    time.sleep(0.5)
    for user, (show, status) in expected.items():
        record = bench.store.record(f"u{user}@{DOMAIN}")
        if (record.get("show", ""), record.get("status")) != (show, status):
            raise SystemExit(f"u{user}: {record} instead of {show} {status}")


def measure_idle(directory, program, count, seconds=20.0):
    """Runs `count` idle bots of different domains; returns (memory each, CPU share of one core)."""
    redis = RedisServer(os.path.join(directory, "idle-redis"))
    os.mkdir(redis.directory)
    redis.start()
    domains = [f"d{number}.example" for number in range(count)]
    os.mkdir(os.path.join(directory, "idle-tls"))
    certificate = Certificate(os.path.join(directory, "idle-tls"), domains)
    conf = os.path.join(directory, "idle-conf")
    os.mkdir(conf)
    configuration = Configuration(
        conf, redis.socket_path, os.path.join(directory, "none.sock"), redis_users=redis.users()
    )
    bots, servers = [], []
    for domain in domains:
        server = StandIn(domain, f"presence@{domain}", certificate)
        configuration.set_domain(
            domain, f"presence@{domain}", "secret", server.port, certificate.authority
        )
        servers.append(server)
        bots.append(Bot(
            program, configuration.path, domain, redis.store, os.path.join(directory, domain)
        ))
    for bot in bots:
        bot.start()
    for bot in bots:
        bot.wait_synced(60.0)
    before = sum(bot.process.cpu_seconds() for bot in bots)
    time.sleep(seconds)
    cpu = sum(bot.process.cpu_seconds() for bot in bots) - before
    private = pss = 0
    for bot in bots:
        with open(f"/proc/{bot.process.pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                private += int(line.split()[1]) if line.startswith("Private_") else 0
                pss += int(line.split()[1]) if line.startswith("Pss:") else 0
    for bot in bots:
        bot.stop()
    redis.stop()
    return private / count, pss / 1024, cpu / seconds


def main():
    parser = argparse.ArgumentParser(prog="bot")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--users", type=int, default=100000)
    parser.add_argument("--updates", type=int, default=400000)
    parser.add_argument("--bots", type=int, default=50)
    arguments = parser.parse_args()
    program = os.path.join(arguments.programs, "bot", "xmpp-status-bot")
    with tempfile.TemporaryDirectory(prefix="xmpp-status-bench-") as directory:
        bench = Bench(directory, program)
        try:
            empty = measure_empty(bench)
            sync_s, full = measure_sync(bench, arguments.users)
            flood_s, cpu_s, writes = measure_flood(bench, arguments.users, arguments.updates)
        except SandboxError as error:
            raise SystemExit(f"{error}\n{bench.bot.process.log_tail()}") from None
        finally:
            bench.stop()
        private, pss, share = measure_idle(directory, program, arguments.bots)
    rows = (
        (f"sync of {arguments.users} users, quiet time of 2 s included", f"{sync_s:.1f} s"),
        ("memory per online user (resource `phone`, no status)",
         f"{(full - empty) / arguments.users:.0f} bytes"),
        (f"flood of {arguments.updates} stanzas, TLS, none lost",
         f"{arguments.updates / flood_s:.0f} stanzas/s"),
        ("the bot's CPU for it", f"{cpu_s / arguments.updates * 1e6:.1f} µs per stanza"),
        ("records written to Redis meanwhile", f"{writes / flood_s:.0f} per second"),
        (f"{arguments.bots} idle bots: memory of its own, each", f"{private:.0f} KiB"),
        (f"{arguments.bots} idle bots: memory together, shared parts once", f"{pss:.0f} MiB"),
        (f"{arguments.bots} idle bots: CPU together", f"{share * 100:.1f} % of a core"),
    )
    print("| what | measured |\n|---|---|")
    for what, measured in rows:
        print(f"| {what} | {measured} |")


if __name__ == "__main__":
    main()
