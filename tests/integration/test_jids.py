"""The JIDs of the world, through nginx, and beside what Prosody makes of them."""

import subprocess
import time
import unittest

import expected
import jid_table
from sandbox import http
from sandbox.system import DOMAIN, LOCATION
from system_test import SystemTest

# What no request line may contain, or has a meaning in it.
NEVER_RAW = b"%?#" + bytes(range(0x21)) + b"\x7f"

# nginx's own limit for a request line, large_client_header_buffers of 8 KiB, answered with 414.
REQUEST_LINE_MAX = 8192

# Bytes of a part at most: for us once normalised, for Prosody before as well.
PART_MAX = 1023

ROWS_MIN = 120

# Prosody's own functions, which it uses for every address that comes in.
PROSODY = """\
package.cpath = "/usr/lib/prosody/?.so"
local encodings = require "util.encodings"
for line in io.lines() do
  local what, hex = line:match("^(%S+) (%x*)$")
  local text = hex:gsub("%x%x", function (byte) return string.char(tonumber(byte, 16)) end)
  local prepared = encodings.stringprep[what](text)
  print(prepared and prepared:gsub(".", function (c) return ("%02x"):format(c:byte()) end) or "-")
end
"""


def percent_encode(raw, which):
    return "".join(f"%{byte:02X}" if byte in which else chr(byte) for byte in raw)


def spellings(raw):
    """The path of a request for it: every byte encoded, and as few as possible."""
    return {
        "encoded": percent_encode(raw, range(256)).encode(),
        "raw": percent_encode(raw, NEVER_RAW).encode("latin-1"),
    }


class ThroughNginx(SystemTest):
    """Every valid JID of the table has a record and a domain that publishes."""

    @classmethod
    def prepare(cls, system):
        cls.rows = jid_table.read()
        system.start_redis()
        system.start_responder()
        system.start_nginx()
        for bare in {row.bare for row in cls.rows if row.bare is not None}:
            cls.publish(system.store, bare.decode())

    @staticmethod
    def publish(store, bare):
        domain = bare.partition("@")[2]
        store.publish(domain)
        store.write_lease(domain, time.time() + 55, ttl_s=60)
        store.write_record(bare, type="available", show="dnd")

    def ask(self, path):
        target = LOCATION + path.decode(errors="surrogateescape")
        return http.request(self.system.nginx.port, target)

    def assert_answer(self, response, row):
        if b"\0" in row.raw:
            # nginx itself refuses NUL, in its own words.
            self.assertEqual(response.status, 400)
            self.assertEqual(response.header("Content-Type"), "text/html")
        elif row.bare is None:
            self.assertEqual((response.status, response.body), (400, expected.malformed()))
        else:
            body = expected.presence(row.bare.decode(), show="dnd")
            self.assertEqual((response.status, response.body), (200, body))

    def test_the_table(self):
        self.assertGreaterEqual(len(self.rows), ROWS_MIN)
        for row in self.rows:
            for name, path in spellings(row.raw).items():
                with self.subTest(line=row.line, why=row.why, spelling=name):
                    response = self.ask(path)
                    if len(path) > REQUEST_LINE_MAX:
                        self.assertEqual(response.status, 414)
                    else:
                        self.assert_answer(response, row)

    def test_percent_encoding_is_undone_once_only(self):
        for path in (b"%2575ser@a.example", b"user%2540a.example", b"user@a%252Eexample"):
            with self.subTest(path):
                self.assertNotEqual(self.ask(path).status, 200)

    def test_nginx_merges_slashes_and_resolves_dots_first(self):
        """What a request for a/../b means is decided by HTTP (RFC 3986 section 5.2.4)."""
        for path in (b"/user@a.example", b"%2Fuser@a.example", b"x@y/../user@a.example",
                     b"x@y%2F%2E%2E%2Fuser@a.example", b"./user@a.example"):
            with self.subTest(path):
                self.assertEqual(
                    self.ask(path).body, expected.presence("user@a.example", show="dnd")
                )


class BesideProsody(unittest.TestCase):
    """Whoever logs in as RAW is the user whom we look up."""

    def prosody(self, what, texts):
        """Returns what Prosody prepares of each text; None for what it refuses."""
        done = subprocess.run(
            ["lua5.4", "-e", PROSODY], check=True, capture_output=True,
            input="".join(f"{what} {text.hex()}\n" for text in texts).encode(),
        )
        lines = done.stdout.decode().split("\n")[:-1]
        self.assertEqual(len(lines), len(texts))
        return [None if line == "-" else bytes.fromhex(line) for line in lines]

    @staticmethod
    def is_comparable(row):
        """Its domain is without a flaw, and Prosody does not find it too long before mapping."""
        local, _, domain = row.raw.partition(b"@")
        return len(local) <= PART_MAX and (row.bare is not None or domain == b"example.com")

    def test_local_parts(self):
        rows = [row for row in jid_table.read() if self.is_comparable(row)]
        self.assertGreater(len(rows), ROWS_MIN)
        local_parts = [row.raw.partition(b"@")[0] for row in rows]
        for row, prepared in zip(rows, self.prosody("nodeprep", local_parts)):
            with self.subTest(line=row.line, why=row.why):
                # A local part of which nothing is left is refused by Prosody too, a step later.
                self.assertEqual(prepared or None, row.bare and row.bare.partition(b"@")[0])

    def test_domains_are_what_prosody_makes_of_their_normal_form(self):
        domains = {row.bare.partition(b"@")[2] for row in jid_table.read() if row.bare is not None}
        for domain, prepared in zip(sorted(domains), self.prosody("nameprep", sorted(domains))):
            with self.subTest(domain):
                self.assertEqual(prepared, domain)


if __name__ == "__main__":
    unittest.main()
