"""Answers as they are on the wire, read to be judged."""

import json
import re
import time
from xml.etree import ElementTree

import expected
from model import BATCH, GONE, OFFLINE, ONLINE, Answer
from sandbox.system import DOMAIN

CLIENT = "{jabber:client}"
MARK = re.compile(r"mark-\d+\Z")
SHOWS = {"online": None, "chat": "chat", "dnd": "dnd", "away": "away", "xa": "xa"}
ERRORS = {"item-not-found": 404, "remote-server-timeout": 503}


def read_answer(user, begin, response):
    """An HTTP response, whatever it is, as an answer to be judged."""
    end = time.monotonic()
    jid = f"{user}@{DOMAIN}"
    cached = b"" != response.body and response.status in (200, 404)
    if response.status == 200:
        try:
            kind, mark, show = _read_presence(jid, response.body)
        except ElementTree.ParseError as error:
            return Answer(user, begin, end, 200, problem=f"{error}: {response.body[:200]!r}")
        return Answer(user, begin, end, 200, kind, mark, show, None, cached)
    problem = None
    if response.status == 404 and response.body != expected.not_found(jid):
        problem = f"not the body of a 404: {response.body!r}"
    elif response.status == 503 and response.header("Retry-After") != "10":
        problem = "a 503 without Retry-After"
    elif response.status == 503 and b"remote-server-timeout" not in response.body:
        problem = f"not the body of a 503: {response.body!r}"
    elif response.status not in (404, 503):
        problem = f"{response.status} is not promised: {response.body[:200]!r}"
    return Answer(user, begin, end, response.status, problem=problem)


def _read_presence(jid, body):
    """The kind, the mark and the show of the body of a 200."""
    root = ElementTree.fromstring(body)
    if root.tag != f"{CLIENT}presence" or root.get("from") != jid:
        return "of another", root.get("from"), None
    mark = root.findtext(f"{CLIENT}status")
    show = root.findtext(f"{CLIENT}show")
    if root.get("type") is None:
        return ONLINE, mark, show
    if mark is not None and MARK.match(mark):
        return OFFLINE, mark, show
    return GONE, None, show  # the server's words, if any, about how the session ended


def read_list(users, begin, response):
    """The response to a request for several in JSON as answers to be judged, one for each."""
    end = time.monotonic()
    try:
        entries = _read_entries(users, response)
        return [read_entry(user, begin, end, entry, BATCH) for user, entry in zip(users, entries)]
    except (ValueError, TypeError, AttributeError):
        problem = f"{response.status} is not promised: {response.body[:200]!r}"
        return [Answer(user, begin, end, response.status, problem=problem, via=BATCH)
                for user in users]


def _read_entries(users, response):
    """The entries of a list, one for each user; ValueError if it is none."""
    body = json.loads(response.body)
    if response.status == 503 and response.header("Retry-After") == "10":
        return [{"jid": f"{user}@{DOMAIN}", **body} for user in users]
    if response.status == 200 and len(body) == len(users):
        return body
    raise ValueError


def read_entry(user, begin, end, entry, via):
    """What JSON says of a user as an answer to be judged."""
    mark = entry.get("status")
    state = entry.get("state")
    if entry.get("jid") != f"{user}@{DOMAIN}":
        return Answer(user, begin, end, 200, problem=f"of another: {entry}", via=via)
    if "error" in entry:
        status = ERRORS.get(entry["error"])
        problem = None if status is not None else f"{entry['error']} is not promised"
        return Answer(user, begin, end, status, problem=problem, via=via)
    if state in SHOWS:
        return Answer(user, begin, end, 200, ONLINE, mark, SHOWS[state], via=via)
    if state != "offline":
        return Answer(user, begin, end, 200, problem=f"not a state: {entry}", via=via)
    if mark is not None and MARK.match(mark):
        return Answer(user, begin, end, 200, OFFLINE, mark, via=via)
    return Answer(user, begin, end, 200, GONE, via=via)
