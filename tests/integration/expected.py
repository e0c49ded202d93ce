"""The bytes of the answers, as the contract has them."""

import json
from xml.sax.saxutils import escape

FORMATS = ("xml", "json", "text", "svg")
CONTENT_TYPES = {
    "xml": "application/xml; charset=utf-8",
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8",
}
CONTENT_TYPE = CONTENT_TYPES["xml"]
METHODS = "GET, HEAD, OPTIONS"

# The type of each error condition.
CONDITIONS = {
    "bad-request": "modify",
    "item-not-found": "cancel",
    "jid-malformed": "modify",
    "not-allowed": "cancel",
    "remote-server-timeout": "wait",
}


def presence(jid, show=None, seconds=None, status=None, lang=None, unavailable=False):
    """The body of a 200."""
    children = ""
    if show is not None:
        children += f"  <show>{show}</show>\n"
    if status is not None:
        attribute = "" if lang is None else f' xml:lang="{lang}"'
        children += f"  <status{attribute}>{escape(status)}</status>\n"
    if seconds is not None:
        children += f'  <query xmlns="jabber:iq:last" seconds="{seconds}"/>\n'
    head = f'<presence xmlns="jabber:client" from="{jid}"'
    if unavailable:
        head += ' type="unavailable"'
    if not children:
        return f"{head}/>\n".encode()
    return f"{head}>\n{children}</presence>\n".encode()


def error(jid, kind, condition):
    """The body of an error; without `from` if `jid` is None."""
    sender = "" if jid is None else f' from="{jid}"'
    return (
        f'<presence xmlns="jabber:client"{sender} type="error">\n'
        f'  <error type="{kind}">\n'
        f'    <{condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>\n'
        f"  </error>\n"
        f"</presence>\n"
    ).encode()


def error_in(form, jid, condition):
    """The body of an error in one of the formats but svg."""
    if form == "xml":
        return error(jid, CONDITIONS[condition], condition)
    if form == "text":
        return b"unknown\n"
    return json_object(jid=jid, error=condition)


def json_object(**members):
    """A JSON body; members that are None are left out."""
    present = {name: value for name, value in members.items() if value is not None}
    return json.dumps(present, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def not_found(jid):
    return error(jid, "cancel", "item-not-found")


def not_trusted(jid):
    return error(jid, "wait", "remote-server-timeout")


def malformed():
    return error(None, "modify", "jid-malformed")


def bad_request():
    return error(None, "modify", "bad-request")


def not_allowed():
    return error(None, "cancel", "not-allowed")
