"""A user's XMPP client: a real session, driven from ordinary code.

All sessions share one thread with one event loop, so a thousand of them fit into one process.
"""

import asyncio
import logging
import socket
import ssl
import struct
import threading
import time
from types import SimpleNamespace
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

# Before the import, which has something to say about its speed.
logging.getLogger("slixmpp").setLevel(logging.CRITICAL)

import slixmpp  # noqa: E402
from slixmpp.xmlstream import xmlstream  # noqa: E402

from sandbox.errors import SandboxError
from sandbox.ports import LOOPBACK

LOGIN_S = 30.0
CALL_S = 10.0

# slixmpp would read the whole system's authorities for every session, which takes 40 ms each, and
# trust them besides ours.
xmlstream.ssl = SimpleNamespace(**{
    **vars(ssl), "create_default_context": lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
})


class _Loop:
    """The one event loop, in its own thread, made when first needed."""

    _lock = threading.Lock()
    _loop = None

    @classmethod
    def get(cls):
        with cls._lock:
            if cls._loop is None:
                cls._loop = asyncio.new_event_loop()
                threading.Thread(target=cls._loop.run_forever, daemon=True).start()
            return cls._loop

    @classmethod
    def run(cls, coroutine, seconds):
        future = asyncio.run_coroutine_threadsafe(coroutine, cls.get())
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise SandboxError(f"no answer from the XMPP server within {seconds:g} s") from None


class Client:
    """A session; logged in once made, but without presence until told.

    The server's certificate is verified against `authority`.
    """

    def __init__(self, jid, password, port, authority):
        self.received = []
        self._xmpp = _Loop.run(self._login(jid, password, port, authority), LOGIN_S)
        self.jid = str(self._xmpp.boundjid)
        self._ended = False

    async def _login(self, jid, password, port, authority):
        # The plainest mechanism, as TLS is required and the others cost a tenth of a second each.
        xmpp = slixmpp.ClientXMPP(jid, password, sasl_mech="PLAIN")
        xmpp.loop = asyncio.get_running_loop()
        xmpp.ca_certs = authority
        # Subscriptions are the user's business; slixmpp would agree to all of them.
        xmpp.roster.auto_authorize = None
        xmpp.roster.auto_subscribe = False
        outcome = xmpp.loop.create_future()

        def settle(problem):
            if not outcome.done():
                outcome.set_result(problem)

        xmpp.add_event_handler("session_start", lambda _: settle(None))
        xmpp.add_event_handler("failed_all_auth", lambda _: settle("wrong password"))
        xmpp.add_event_handler("ssl_invalid_chain", lambda e: settle(f"bad certificate: {e}"))
        xmpp.add_event_handler("connection_failed", lambda e: settle(f"cannot connect: {e}"))
        xmpp.add_event_handler("disconnected", lambda e: settle(f"disconnected: {e}"))
        xmpp.add_event_handler("presence", self._keep)
        xmpp.connect((LOOPBACK, port))
        problem = await outcome
        if problem is not None:
            xmpp.cancel_connection_attempt()
            xmpp.abort()
            xmpp._run_out_filters.cancel()
            raise SandboxError(f"{jid} cannot log in on port {port}: {problem}")
        return xmpp

    def _keep(self, stanza):
        self.received.append(ElementTree.fromstring(str(stanza)))

    def presence(self, show=None, status=None, priority=None, idle_since=None, last_s=None,
                 lang=None):
        """Sends available presence.

        `idle_since` is a Unix time (XEP-0319), `last_s` a number of seconds (XEP-0256).
        """
        children = ""
        if show is not None:
            children += f"<show>{escape(show)}</show>"
        if status is not None:
            attribute = "" if lang is None else f" xml:lang={quoteattr(lang)}"
            children += f"<status{attribute}>{escape(status)}</status>"
        if priority is not None:
            children += f"<priority>{priority}</priority>"
        if idle_since is not None:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(idle_since))
            children += f"<idle xmlns='urn:xmpp:idle:1' since='{stamp}'/>"
        if last_s is not None:
            children += f"<query xmlns='jabber:iq:last' seconds='{last_s}'/>"
        self.send(f"<presence>{children}</presence>")

    def unavailable(self, status=None):
        """Sends unavailable presence and stays connected."""
        child = "" if status is None else f"<status>{escape(status)}</status>"
        self.send(f"<presence type='unavailable'>{child}</presence>")

    def send(self, stanza):
        """Sends a stanza as it is. Raises SandboxError if the session has ended."""

        async def write():
            try:
                self._xmpp.send_raw(stanza)
            except xmlstream.NotConnectedError:
                raise SandboxError(f"{self._xmpp.boundjid}: the session has ended") from None

        _Loop.run(write(), CALL_S)

    def on_message(self, take):
        """Has every message that arrives from now on taken, as an element."""
        self._xmpp.add_event_handler(
            "message", lambda stanza: take(ElementTree.fromstring(str(stanza)))
        )

    def on_iq(self, take):
        """Has every answer that arrives from now on taken, as an element."""
        self._xmpp.register_handler(slixmpp.Callback(
            "every iq", slixmpp.StanzaPath("iq"),
            lambda stanza: take(ElementTree.fromstring(str(stanza))),
        ))

    def ask(self, stanza_xml, stanza_id):
        """Sends an iq with the id `stanza_id`; returns the answer as an element."""

        async def exchange():
            answer = self._xmpp.loop.create_future()
            name = f"ask {stanza_id}"
            self._xmpp.register_handler(slixmpp.Callback(
                name, slixmpp.MatcherId(stanza_id),
                lambda iq: answer.done() or answer.set_result(str(iq)),
            ))
            self._xmpp.send_raw(stanza_xml)
            try:
                return await answer
            finally:
                self._xmpp.remove_handler(name)

        return ElementTree.fromstring(_Loop.run(exchange(), CALL_S))

    @property
    def is_connected(self):
        """False once the session has ended, whoever ended it."""
        return not self._ended and self._xmpp.is_connected()

    def logout(self):
        """Leaves as a well-behaved client does: unavailable, then the end of the stream."""
        self.unavailable()
        self.close_stream()

    def close_stream(self):
        """Ends the stream without a word of presence."""

        async def close():
            await self._xmpp.disconnect(wait=1.0, ignore_send_queue=True)

        self._end(close)

    def drop(self):
        """Breaks the TCP connection, as when the network goes away."""

        async def abort():
            transport = self._xmpp.transport
            # No lingering: a reset instead of an orderly end.
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            transport.abort()

        self._end(abort)

    def _end(self, how):
        async def end():
            if self._xmpp.transport is not None:
                disconnected = self._xmpp.disconnected
                await how()
                await disconnected
            # Nobody else ends slixmpp's own task, and asyncio complains of it at exit.
            self._xmpp._run_out_filters.cancel()

        if not self._ended:
            self._ended = True
            _Loop.run(end(), CALL_S)
