"""What a user takes in Redis, part by part."""

import time

from sandbox.errors import SandboxError
from sandbox.store import encode, presence_key, publish_key
from speed.population import DOMAIN, Writer, available, fill, jid_of, with_status

ONLINE_KEY = "xmpp:online:{%s}" % DOMAIN
EXPIRES_IN_S = 86400
LOOK_S = 0.5
LOOKS_MAX = 60
HEADINGS = ("what", "bytes per user")


def used_memory(store):
    """Returns Redis's bytes once they stay the same: it moves tables that have grown bit by bit."""
    before = None
    for _ in range(LOOKS_MAX):
        info = store.command("INFO", "memory").decode()
        used = int(info.partition("used_memory:")[2].split()[0])
        if used == before:
            return used
        before = used
        time.sleep(LOOK_S)
    raise SandboxError("the memory of Redis does not come to rest")


def measure_parts(redis, count):
    """Returns rows of the parts and their bytes per user, in an empty Redis with `count` users.

    Each is the difference that it makes to used_memory with the same names, its share of the
    table that it is in included.
    """
    store = redis.store
    fill(store, 0)
    empty = used_memory(store)
    fill_twice(store, count, available)
    online = used_memory(store)
    alone = store.command("MEMORY", "USAGE", presence_key(jid_of(1)))
    fill_twice(store, count, with_status)
    telling = used_memory(store)
    store.command("DEL", ONLINE_KEY)
    listed_nowhere = used_memory(store)
    writer = Writer(store)
    expiry_s = int(time.time()) + EXPIRES_IN_S
    for _ in range(2):
        writer.send(encode("EXPIREAT", presence_key(jid), expiry_s) for jid in jids(count))
    expiring = used_memory(store)
    for name, more in (("HSET", ("yes",)), ("HEXISTS", ())):
        writer.send(encode(name, publish_key(jid), jid, *more) for jid in jids(count))
    writer.close()
    flagged = used_memory(store)
    online_set = telling - listed_nowhere
    return [(what, f"{size / count:.0f}") for what, size in (
        ("a user's record, without a status text", online - empty - online_set),
        ("the same by itself, as MEMORY USAGE has it", alone * count),
        ("a status text of 21 letters with its language, on top", telling - online),
        ("the place in the set of those online", online_set),
        ("the expiry of a record, while the user is offline", expiring - listed_nowhere),
        ("a flag", flagged - expiring),
    )]


def jids(count):
    return map(jid_of, range(count))


def fill_twice(store, count, make_fields):
    """Fills Redis; the second time moves the rest of what has grown, some with each command."""
    for _ in range(2):
        fill(store, count, make_fields)
