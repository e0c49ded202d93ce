"""A stand-in XMPP server for one client: the real protocol as far as the bot speaks it, and fast.

STARTTLS, SASL PLAIN over TLS, bind, roster, pings, last activity. It sends whatever it is told to,
also what real servers say only when something is wrong with them.
"""

import collections
import re
import select
import socket
import ssl
import threading
import time

CHUNK = 1 << 16
STREAM = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='s' version='1.0' "
    "xmlns:stream='http://etherx.jabber.org/streams' from='{domain}'><stream:features>{features}"
    "</stream:features>"
)
STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
PLAIN = (
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
)
BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
PRIVILEGE = (
    "<message from='{domain}' to='{jid}'><privilege xmlns='urn:xmpp:privilege:2'>"
    "<perm access='presence' type='managed_entity'/>"
    "<perm access='iq'><namespace ns='jabber:iq:last' type='get'/></perm></privilege></message>"
)
INTERNAL_ERROR = (
    "<error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
)


class StandIn:
    """Listens on a free loopback port; serves one client at a time, in a thread.

    `sync` is sent, as bytes, in answer to each initial presence, after the presence privilege if
    that is granted, as by Prosody. `roster` holds the items in the bot's, None if the server fails
    to say; `last` the Unix second at which a user, by JID, was last active; `asked` the JIDs that
    were asked for it; `logins` counts. Only that thread touches the connection: OpenSSL does not
    let two threads read and write at once.
    """

    def __init__(self, domain, jid, certificate, sync=b"", privileged=True, roster=""):
        self.domain = domain
        self.jid = jid
        self.sync = sync
        self.privileged = privileged
        self.roster = roster
        self.last = {}
        self.asked = []
        self.logins = 0
        self.presence_asked = threading.Event()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate.chain, certificate.key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._client = None
        self._outgoing = collections.deque()
        self._is_ended = threading.Event()
        self._buffer = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def send(self, data):
        """Has bytes sent to the client that is logged in."""
        for start in range(0, len(data), CHUNK):
            self._outgoing.append(data[start:start + CHUNK])

    def end_session(self):
        """Ends the connection of the client, if there is one."""
        self._is_ended.set()

    def _serve(self):
        while True:
            client, _ = self._listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client = client
            self._outgoing.clear()
            self._is_ended.clear()
            self._buffer = b""
            try:
                self._log_in()
                self.logins += 1
                self._answer()
            except (OSError, EOFError):
                self._client.close()

    def _read_until(self, pattern):
        """Reads until a match of the pattern; consumes up to its end and returns it."""
        while True:
            match = re.search(pattern, self._buffer)
            if match:
                self._buffer = self._buffer[match.end():]
                return match
            self._pump()

    def _pump(self):
        """Sends what is to be sent; reads what is there, waiting a little if all has been sent."""
        if self._is_ended.is_set():
            raise EOFError
        wait_s = 0.0 if self._outgoing else 0.01
        pending = self._client.pending() if isinstance(self._client, ssl.SSLSocket) else 0
        if pending or select.select([self._client], [], [], wait_s)[0]:
            data = self._client.recv(65536)
            if not data:
                raise EOFError
            self._buffer += data
        if self._outgoing:
            self._client.sendall(self._outgoing.popleft())

    def _flush(self):
        while self._outgoing:
            self._client.sendall(self._outgoing.popleft())

    def _open_stream(self, features):
        self._read_until(rb"<stream:stream[^>]*>")
        self.send(STREAM.format(domain=self.domain, features=features).encode())

    def _log_in(self):
        self._open_stream(STARTTLS)
        self._read_until(rb"<starttls[^>]*/>")
        self.send(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self._flush()
        self._client = self._tls.wrap_socket(self._client, server_side=True)
        self._open_stream(PLAIN)
        self._read_until(rb"</auth>")
        self.send(b"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        self._open_stream(BIND)

    def _answer(self):
        """Answers what the bot asks, until it leaves."""
        while True:
            match = self._read_until(
                rb"<iq ([^>]*)>(.*?)</iq>|<presence[^>]*/>|<presence[^>]*>.*?</presence>"
            )
            if match.group(0).startswith(b"<iq"):
                self._answer_iq(match.group(1).decode(), match.group(2).decode())
            elif b"unavailable" not in match.group(0):
                self.presence_asked.set()
                if self.privileged:
                    self.send(PRIVILEGE.format(domain=self.domain, jid=self.jid).encode())
                self.send(self.sync)

    def _answer_iq(self, attributes, content):
        stanza_id = re.search(r"""\bid=["']([^"']*)""", attributes).group(1)
        to = re.search(r"""\bto=["']([^"']*)""", attributes)
        kind, body, sender = "result", "", f" from='{to.group(1)}'" if to else ""
        if "xmpp-bind" in content:
            body = f"{BIND[:-2]}><jid>{self.jid}/xmpp-status</jid></bind>"
        elif "iq:roster" in content and self.roster is None:
            kind, body = "error", INTERNAL_ERROR
        elif "iq:roster" in content:
            body = f"<query xmlns='jabber:iq:roster'>{self.roster}</query>"
        elif "iq:last" in content and to.group(1) not in self.last:
            kind, body = "error", INTERNAL_ERROR
        elif "iq:last" in content:
            seconds = int(time.time()) - self.last[to.group(1)]
            body = f"<query xmlns='jabber:iq:last' seconds='{seconds}'/>"
        self.send(f"<iq type='{kind}' id='{stanza_id}'{sender}>{body}</iq>".encode())
        if "iq:last" in content:
            self.asked.append(to.group(1))
