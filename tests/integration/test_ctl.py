"""xmpp-status-ctl: every command, on a real Redis and with the panel's rights."""

import json
import os
import signal
import subprocess
import time
import unittest
from contextlib import contextmanager

from sandbox.deadline import wait_until
from sandbox.redis_server import BOT
from sandbox.store import RedisError
from sandbox.system import DOMAIN
from system_test import SystemTest

RUN_S = 20
OTHER = "münchen.de"
FLAGS = "xmpp:publish:{%s}"
MANUAL = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "man", "xmpp-status-ctl.8"
)


class Ctl(SystemTest):
    @classmethod
    def prepare(cls, system):
        system.start_redis()
        system.start_responder()
        system.start_nginx()

    def setUp(self):
        self.store = self.system.store
        self.store.command("FLUSHALL")

    def ctl(self, *arguments, stdin="", status=0, errors=""):
        """Runs it; returns what it printed."""
        done = subprocess.run(
            [self.system.programs.ctl, "-c", self.system.configuration.path, *arguments],
            input=stdin, capture_output=True, text=True, check=False, timeout=RUN_S,
        )
        self.assertEqual((done.stderr, done.returncode), (errors, status))
        return done.stdout

    def json(self, *arguments, **options):
        return json.loads(self.ctl(*arguments, "--json", **options))

    def flags(self, domain=DOMAIN):
        flat = [item.decode() for item in self.store.command("HGETALL", FLAGS % domain)]
        return dict(zip(flat[::2], flat[1::2]))

    def lease(self, ahead_s=25, name="host/nonce"):
        until = int(time.time()) + ahead_s
        self.store.command("SET", "xmpp:bot:{%s}" % DOMAIN, f"{until} {name}", "EX", 60)
        return until

    @contextmanager
    def redis_frozen(self):
        """Afterwards the responder, which has met the silence as well, may pause before it asks again."""
        self.system.redis.process.freeze()
        try:
            yield
        finally:
            self.system.redis.process.thaw()
            wait_until(
                lambda: self.system.get(self.jid("nobody")).status == 404, "the responder's answers"
            )

    def test_publish_block_unset(self):
        self.assertEqual(
            self.ctl("publish", "Alice@TIGGERSWELT.net/home", DOMAIN, "-o", "status,nolast"),
            "alice@tiggerswelt.net: yes status nolast, was absent\n"
            "domain tiggerswelt.net: yes status nolast, was absent\n",
        )
        self.assertEqual(
            self.ctl("block", "alice@tiggerswelt.net", "bob@xn--mnchen-3ya.DE."),
            "alice@tiggerswelt.net: no, was yes status nolast\nbob@münchen.de: no, was absent\n",
        )
        self.assertEqual(
            self.flags(), {DOMAIN: "yes status nolast", "alice@tiggerswelt.net": "no"}
        )
        self.assertEqual(self.flags(OTHER), {"bob@münchen.de": "no"})
        self.assertEqual(
            self.json("unset", "alice@tiggerswelt.net", "nobody@tiggerswelt.net"),
            {"done": [
                {"jid": "alice@tiggerswelt.net", "flag": None, "before": "no"},
                {"jid": "nobody@tiggerswelt.net", "flag": None, "before": None},
            ]},
        )
        self.assertEqual(
            self.json("publish", DOMAIN),
            {"done": [{"jid": DOMAIN, "flag": "yes", "before": "yes status nolast"}]},
        )
        self.assertEqual(self.flags(), {DOMAIN: "yes"})

    def test_what_is_written_is_what_the_responder_obeys(self):
        self.lease()
        self.store.write_record(self.jid("alice"), type="available", last=1, status="hello")
        for command, status in (
            (("publish", DOMAIN), 200), (("block", self.jid("alice")), 404),
            (("publish", self.jid("alice")), 200), (("block", DOMAIN), 404),
            (("unset", DOMAIN, self.jid("alice")), 404), (("publish", self.jid("alice")), 404),
        ):
            self.ctl(*command)
            self.assertEqual(self.system.get(self.jid("alice")).status, status, command)
            self.assertEqual(self.show("alice")["answer"], status, command)

    def test_jids_from_standard_input(self):
        self.ctl("block", "first@d.example", "-", "last@d.example",
                 stdin="Second@d.example\n\n-third@d.example\nd.example")
        self.assertEqual(self.flags("d.example"), {
            f"{user}@d.example": "no" for user in ("first", "second", "-third", "last")
        } | {"d.example": "no"})
        self.ctl("unset", "-", stdin="", status=1,
                 errors="error: no JID was given: nothing was done\n")
        many = "".join(f"user{number}@d.example\n" for number in range(10000))
        self.assertEqual(len(self.ctl("block", "-", stdin=many).splitlines()), 10000)
        self.assertEqual(len(self.flags("d.example")), 10005)
        self.ctl("unset", "-", stdin=many + "one@too.many\n", status=1,
                 errors="error: more than 10000 JIDs in one call\n")
        self.assertEqual(len(self.flags("d.example")), 10005)

    def test_one_bad_jid_changes_nothing_and_is_named(self):
        for command in ("publish", "block", "unset", "forget"):
            self.store.command("FLUSHALL")
            self.store.publish(self.jid("alice"), "yes status")
            self.store.write_record(self.jid("alice"), type="available")
            self.ctl(
                command, self.jid("alice"), "x@@y", "-", stdin="bob@d.example\n\x1b[2J@d\n",
                status=1,
                errors='error: "x@@y": not a JID\nerror: "\\x1b[2J@d": not a JID\n'
                "error: 2 not valid: nothing was done\n",
            )
            self.assertEqual(self.flags(), {self.jid("alice"): "yes status"})
            self.assertEqual(self.flags("d.example"), {})
            self.assertEqual(self.store.record(self.jid("alice")), {"type": "available"})
        self.assertEqual(
            self.json("block", "x@@y", self.jid("alice"), status=1,
                      errors='error: "x@@y": not a JID\nerror: 1 not valid: nothing was done\n'),
            {"refused": [{"given": "x@@y", "why": "not a JID"}],
             "error": "1 not valid: nothing was done"},
        )
        self.ctl("forget", "d.example", status=1, errors=(
            'error: "d.example": a domain, where only a user\'s JID is taken\n'
            "error: 1 not valid: nothing was done\n"))

    def test_writes_are_all_or_nothing_in_redis_too(self):
        """The last key has a wrong type; the ones before it stay as they were."""
        self.store.command("SET", FLAGS % "wrong.example", "x")
        for command in ("block", "unset", "forget"):
            self.store.publish(self.jid("alice"))
            errors = (
                "error: asking Redis to EVAL: it refused: WRONGTYPE xmpp:publish:{wrong.example} "
                "is not a hash but a string\n"
            )
            self.ctl(command, self.jid("alice"), "bob@wrong.example", status=1, errors=errors)
            self.assertEqual(self.flags(), {self.jid("alice"): "yes"})

    def test_writes_are_refused_whole_when_memory_is_short(self):
        self.store.publish(self.jid("alice"))
        self.store.command("CONFIG", "SET", "maxmemory", "1")
        try:
            done = subprocess.run(
                [self.system.programs.ctl, "-c", self.system.configuration.path, "block",
                 self.jid("alice"), self.jid("bob")],
                capture_output=True, text=True, check=False, timeout=RUN_S,
            )
        finally:
            self.store.command("CONFIG", "SET", "maxmemory", "0")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("it refused: OOM", done.stderr)
        self.assertEqual(self.flags(), {self.jid("alice"): "yes"})

    def test_forget(self):
        for user in ("alice", "bob"):
            self.store.publish(self.jid(user))
            self.store.write_record(self.jid(user), type="available")
            self.store.command("SADD", "xmpp:online:{%s}" % DOMAIN, user)
        self.assertEqual(
            self.ctl("forget", "ALICE@" + DOMAIN, "nobody@" + DOMAIN),
            "alice@tiggerswelt.net: forgotten: flag erased, record erased; was online\n"
            "nobody@tiggerswelt.net: forgotten: flag absent, record absent\n",
        )
        self.assertEqual(self.flags(), {self.jid("bob"): "yes"})
        self.assertEqual(self.store.record(self.jid("alice")), {})
        self.assertEqual(self.store.record(self.jid("bob")), {"type": "available"})
        self.assertEqual(self.store.online(DOMAIN), {"bob"})
        self.assertEqual(
            self.json("forget", self.jid("bob")),
            {"done": [{"jid": self.jid("bob"), "flag": True, "record": True, "online": True}]},
        )
        self.assertEqual(self.store.command("DBSIZE"), 0)

    def show(self, user):
        return self.json("show", self.jid(user))["users"][0]

    def test_show_explains_each_outcome(self):
        """From an empty Redis to a published user, one obstacle after the other."""
        jid, record = self.jid("alice"), "xmpp:presence:{%s}:alice" % DOMAIN
        lease = "xmpp:bot:{%s}" % DOMAIN
        steps = [
            ((), 404, "not published: the domain has no flag"),
            ((("SET", FLAGS % DOMAIN, "yes"),), 404,
             "not published: the key of the domain's flags is not a hash"),
            ((("DEL", FLAGS % DOMAIN), ("HSET", FLAGS % DOMAIN, DOMAIN, "Yes")), 404,
             "not published: the domain's flag is not valid and counts as no"),
            ((("HSET", FLAGS % DOMAIN, DOMAIN, "no"),), 404,
             "not published: the domain's flag is no"),
            ((("HSET", FLAGS % DOMAIN, DOMAIN, "yes"),), 503,
             "not available: no bot is in charge of the domain"),
            ((("SET", lease, "soon"),), 503,
             "not available: the key of the domain's lease holds no lease"),
            ((("SET", lease, "0 host/nonce"),), 503,
             "not available: the bot has not yet learnt everyone's presence"),
            ((("SET", lease, "1 host/nonce"),), 503,
             "not available: the bot has lost the XMPP server or Redis, or hangs"),
            ((("SET", lease, "9999999999 host/nonce"),), 503,
             "not available: the clock here or the clock of the bot is wrong"),
            ((("SET", lease, f"{int(time.time()) + 50} host/nonce"),), 404,
             "not published: the bot knows no such user, who has no flag either"),
            ((("HSET", FLAGS % DOMAIN, jid, "yes"),), 200,
             "published as offline: the user's flag is yes, but the bot knows no such user"),
            ((("HSET", record, "type", "here"),), 404,
             "not published: the user's record is damaged"),
            ((("HSET", FLAGS % DOMAIN, jid, "maybe"),), 404,
             "not published: the user's flag is not valid and counts as no"),
            ((("HSET", FLAGS % DOMAIN, jid, "no"),), 404,
             "not published: the user's flag is no"),
            ((("HSET", record, "type", "available"), ("HSET", FLAGS % DOMAIN, jid, "yes")), 200,
             "published: the domain's flag and the user's flag are yes"),
            ((("HDEL", FLAGS % DOMAIN, jid),), 200,
             "published: the domain's flag is yes, and the user has no flag"),
        ]
        with open(MANUAL, encoding="ascii") as file:
            manual = file.read()
        for commands, status, why in steps:
            with self.subTest(why):
                for command in commands:
                    self.store.command(*command)
                shown = self.show("alice")
                self.assertEqual((shown["answer"], shown["why"]), (status, why))
                self.assertEqual(self.system.get(jid).status, status)
                self.assertIn(f"\n.It\n{why}\n", manual)
                self.assertIn(f"\n  why            {why}\n", self.ctl("show", jid))

    def test_show_prints_every_fact(self):
        until = self.lease(50)
        now = int(time.time())
        self.store.publish(DOMAIN)
        self.store.write_record(
            self.jid("alice"), type="available", show="xa", last=now - 100, lang="en",
            status="back\x9b soon \u202e",
        )
        self.store.publish(self.jid("alice"), "yes status nolast")
        lines = self.ctl("show", self.jid("alice")).splitlines()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 100))
        self.assertEqual(lines[:7], [
            self.jid("alice"), "  answer         200 xa",
            "  why            published: the domain's flag and the user's flag are yes",
            "  last activity  withheld by the option nolast",
            '  status         "back\\xc2\\x9b soon \\xe2\\x80\\xae" (en)',
            "  domain's flag  yes", "  user's flag    yes status nolast",
        ])
        self.assertRegex(lines[7], rf"^  lease          valid for \d+ s: {until} host/nonce$")
        self.assertRegex(lines[8], rf'^  record         xa; last activity {stamp}, 10\d s ago; '
                                   r'status "back\\xc2\\x9b soon \\xe2\\x80\\xae" \(en\)$')
        self.assertEqual(self.show("alice"), {
            "jid": self.jid("alice"), "answer": 200, "state": "xa",
            "status": "back\x9b soon \u202e", "lang": "en", "reason": "published-by-user",
            "why": "published: the domain's flag and the user's flag are yes",
            "facts": {
                "domain_flag": "yes", "user_flag": "yes status nolast",
                "lease": f"{until} host/nonce", "lease_valid": True,
                "record": {"condition": "sound", "state": "xa", "last": now - 100,
                           "status": "back\x9b soon \u202e", "lang": "en"},
            },
        })
        self.store.unset(self.jid("alice"))
        shown = self.ctl("show", self.jid("alice"))
        self.assertRegex(shown, rf"\n  last activity  {stamp}, 10\d s ago\n")
        self.assertIn("\n  status         withheld, as the option status is not set\n", shown)
        self.assertIn("\n  user's flag    absent\n", shown)
        self.store.write_record(self.jid("alice"), type="unavailable")
        shown = self.ctl("show", self.jid("alice"))
        self.assertIn("\n  answer         200 offline\n", shown)
        self.assertIn("\n  last activity  not known\n  status         none\n", shown)

    def test_list(self):
        self.assertEqual(self.json("list", DOMAIN), {"domain": DOMAIN, "flags": []})
        self.ctl("publish", DOMAIN)
        self.ctl("block", self.jid("zoe"), self.jid("alice"))
        self.store.publish(self.jid("bob"), b"\xff\x1b")
        self.assertEqual(
            self.ctl("list", "Tiggerswelt.Net"),
            f"{self.jid('alice')}\tno\n"
            f"{self.jid('bob')}\t\\xff\\x1b\tnot valid, counts as no\n"
            f"{DOMAIN}\tyes\n{self.jid('zoe')}\tno\n",
        )
        self.assertEqual(self.json("list", DOMAIN)["flags"][1:3], [
            {"jid": self.jid("bob"), "flag": "\\xff\\x1b", "valid": False},
            {"jid": DOMAIN, "flag": "yes", "valid": True},
        ])
        self.ctl("list", self.jid("alice"), status=1, errors=(
            f'error: "{self.jid("alice")}": a user\'s JID, where only a domain is taken\n'
            "error: 1 not valid: nothing was done\n"))

    def test_check(self):
        self.ctl("publish", DOMAIN, self.jid("alice"))
        self.store.command("SET", "xmpp:bot:{%s}" % DOMAIN, "5 x")
        self.store.command("SADD", "xmpp:online:{%s}" % DOMAIN, "alice")
        self.store.write_record(self.jid("alice"), type="available")
        self.assertEqual(self.ctl("check", DOMAIN), f"{DOMAIN}: nothing wrong\n")
        self.assertEqual(self.json("check", DOMAIN), {"domain": DOMAIN, "problems": []})

        flags, other = FLAGS % DOMAIN, FLAGS % "TIGGERSWELT.net"
        for field, value in (
            (self.jid("Alice"), "no"), (self.jid("bob"), "NO"), ("bob@d.example", "no"),
            ("bob", "no"), (self.jid("carol") + "/x", "no"), (b"\xff", "no"), (DOMAIN, "yes "),
        ):
            self.store.command("HSET", flags, field, value)
        self.store.command("HSET", other, DOMAIN, "no")
        self.store.command("HSET", "xmpp:publish:" + DOMAIN, DOMAIN, "no")
        self.store.command("SET", "xmpp:presence:{%s}:bob" % DOMAIN, "x")
        self.store.command("SET", "xmpp:bot:{%s}" % DOMAIN, "x")
        self.store.command("DEL", "xmpp:online:{%s}" % DOMAIN)
        self.store.command("LPUSH", "xmpp:online:{%s}" % DOMAIN, "x")
        nobody = "nobody reads it"
        self.assertEqual(self.ctl("check", DOMAIN, status=1), (
            f"{flags} field Alice@{DOMAIN}: not in its normal form, alice@{DOMAIN}: {nobody}\n"
            f"{flags} field bob: neither the domain nor a JID: {nobody}\n"
            f"{flags} field bob@d.example: a JID of another domain: {nobody}\n"
            f"{flags} field bob@{DOMAIN}: neither no nor a valid yes: counts as no\n"
            f"{flags} field carol@{DOMAIN}/x: not in its normal form, carol@{DOMAIN}: {nobody}\n"
            f"{flags} field {DOMAIN}: neither no nor a valid yes: counts as no\n"
            f"{flags} field \\xff: neither the domain nor a JID: {nobody}\n"
            f"xmpp:publish:{DOMAIN}: not the name of the key for this domain: {nobody}\n"
            f"{other}: not the name of the key for this domain: {nobody}\n"
            "xmpp:bot:{%s}: holds no lease\n"
            "xmpp:online:{%s}: must be a set, and is a list\n"
            "xmpp:presence:{%s}:bob: must be a hash, and is a string\n"
        ) % (DOMAIN, DOMAIN, DOMAIN))
        problems = self.json("check", DOMAIN, status=1)["problems"]
        self.assertEqual(len(problems), 12)
        self.assertEqual(problems[3], {
            "key": flags, "field": self.jid("bob"), "value": "NO",
            "why": "neither no nor a valid yes: counts as no",
        })
        self.store.command("DEL", flags)
        self.store.command("SET", flags, "x")
        self.assertIn(f"{flags}: must be a hash, and is a string\n",
                      self.ctl("check", DOMAIN, status=1))

    def test_domains(self):
        self.assertEqual(self.ctl("domains"), "")
        until = self.lease(50)
        self.ctl("publish", "-o", "nolast", DOMAIN)
        self.ctl("block", self.jid("alice"), self.jid("bob"), "x@" + OTHER)
        self.store.publish(self.jid("carol"))
        self.store.publish(self.jid("dave"), "maybe")
        self.store.publish(self.jid("Eve"), "no")
        self.store.command("HSET", FLAGS % DOMAIN, f"{DOMAIN}\0x", "no")  # another name
        self.store.command("SADD", "xmpp:online:{%s}" % DOMAIN, "alice", "bob")
        self.store.command("HSET", FLAGS % "D.example", "d.example", "yes")
        self.store.command("SET", FLAGS % "wrong.example", "x")
        self.store.command("SET", "xmpp:online:{wrong.example}", "x")
        self.store.command("HSET", "xmpp:bot:{wrong.example}", "x", "x")
        self.assertRegex(self.ctl("domains"), (
            r"^xmpp:publish:\{D\.example\}\tnot the key of a domain in its normal form: nobody "
            r"reads it\n"
            r"münchen\.de\tno flag\tno lease\t0 online\t1 blocked\n"
            r"tiggerswelt\.net\tyes nolast\tlease valid for \d+ s\t2 online\t3 blocked\n"
            r"wrong\.example\tflags of the wrong type\tlease of the wrong type\t"
            r"online users in a key of the wrong type\t0 blocked\n$"
        ))
        document = self.json("domains")
        self.assertEqual(document["strays"], [{"key": FLAGS % "D.example"}])
        self.assertEqual(document["domains"][1], {
            "domain": DOMAIN, "flag": "yes nolast", "publishes": True,
            "lease": f"{until} host/nonce", "lease_valid": True, "users_online": 2,
            "users_blocked": 3,
        })

    def test_manual_names_every_member(self):
        with open(MANUAL, encoding="ascii") as file:
            members = file.read().partition("Its members are\n")[2].partition(".Ss")[0]
        for arguments in (
            ("unset", DOMAIN), ("show", self.jid("alice")), ("list", DOMAIN), ("check", DOMAIN),
            ("domains",), ("normalise", DOMAIN),
        ):
            for member in self.json(*arguments):
                self.assertRegex(members, rf"(?m)^\.Cm {member}\b", arguments)

    def test_domains_by_the_thousand(self):
        names = "".join(f"d{number:04}.example\n" for number in range(3000))
        self.ctl("publish", "-", stdin=names)
        listed = [line.split("\t")[0] for line in self.ctl("domains").splitlines()]
        self.assertEqual(listed, names.split())

    def test_flags_of_a_domain_by_the_ten_thousand(self):
        for start in range(0, 30000, 10000):
            jids = "".join(f"u{n:05}@d.example\n" for n in range(start, start + 10000))
            self.ctl("block", "-", stdin=jids)
        listed = [line.split("\t")[0] for line in self.ctl("list", "d.example").splitlines()]
        self.assertEqual(listed, [f"u{n:05}@d.example" for n in range(30000)])

    def test_normalise_needs_no_redis(self):
        with self.redis_frozen():
            self.assertEqual(
                self.ctl("normalise", "Straße@xn--MNCHEN-3ya.de/x", "-", stdin="D.Example.\n"),
                "strasse@münchen.de\nd.example\n",
            )
            self.assertEqual(self.json("normalise", "A}b@D.example", "D.example"), {"jids": [
                {"given": "A}b@D.example", "jid": "a}b@d.example", "domain": "d.example",
                 "publish_key": "xmpp:publish:{d.example}", "local": "a}b",
                 "presence_key": "xmpp:presence:{d.example}:a}b"},
                {"given": "D.example", "jid": "d.example", "domain": "d.example",
                 "publish_key": "xmpp:publish:{d.example}"},
            ]})

    def test_silent_redis(self):
        """Told within the time configured, on standard error and in the document."""
        with self.redis_frozen():
            path = self.system.redis.socket_path
            why = f"authenticating to Redis at {path}: no answer in time"
            for command in (
                ("publish", DOMAIN), ("forget", self.jid("a")), ("show", self.jid("a")),
                ("list", DOMAIN), ("check", DOMAIN), ("domains",),
            ):
                start = time.monotonic()
                text = self.ctl(*command, "--json", status=1,
                                errors=f"error: {why}\n")
                self.assertLess(time.monotonic() - start, 5)
                self.assertEqual(list(json.loads(text)), ["error"])

    def test_missing_rights_are_told(self):
        """As the bot, which may not touch flags."""
        configuration = self.system.configuration
        before = configuration.redis_users
        configuration.redis_users = {"ctl": (BOT, self.system.redis.password_file(BOT))}
        configuration.write()
        try:
            self.ctl("block", DOMAIN, status=1, errors=(
                "error: asking Redis to EVAL: it refused: NOPERM this user has no permissions to "
                "access one of the keys used as arguments\n"))
            self.ctl("show", self.jid("alice"), status=1, errors=(
                "error: asking Redis: it refused: NOPERM this user has no permissions to access "
                "one of the keys used as arguments\n"))
        finally:
            configuration.redis_users = before
            configuration.write()
        with self.assertRaises(RedisError):
            self.system.redis.store_of(BOT).command("HGETALL", FLAGS % DOMAIN)

    def test_output_that_nobody_takes(self):
        for target, command in (("/dev/full", "domains"), ("/dev/full", "normalise")):
            with open(target, "w", encoding="ascii") as full, self.subTest(command):
                arguments = ["a@d.example"] if command == "normalise" else ["--json"]
                done = subprocess.run(
                    [self.system.programs.ctl, "-c", self.system.configuration.path, command,
                     *arguments],
                    stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=RUN_S,
                )
                self.assertEqual(done.returncode, 1)
                self.assertEqual(
                    done.stderr, "error: cannot write the output: No space left on device\n"
                )
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w", encoding="ascii") as closed:
            done = subprocess.run(
                [self.system.programs.ctl, "-c", self.system.configuration.path, "normalise",
                 "a@d.example"],
                stdout=closed, stderr=subprocess.PIPE, text=True, check=False, timeout=RUN_S,
                preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL),
            )
        self.assertEqual((done.returncode, done.stderr),
                         (1, "error: cannot write the output: Broken pipe\n"))

    def test_usage(self):
        for arguments in (
            (), ("blok", "a@b"), ("block",), ("list",), ("list", "a", "b"), ("domains", "x"),
            ("publish", "-o", "everything", "a@b"), ("show", "-o", "status", "a@b"), ("-t", "x"),
            ("show", "--jason", "a@b"),
        ):
            with self.subTest(arguments):
                done = subprocess.run(
                    [self.system.programs.ctl, "-c", self.system.configuration.path, *arguments],
                    capture_output=True, text=True, check=False, timeout=RUN_S,
                )
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn("usage: xmpp-status-ctl [-c file] command", done.stderr)
        self.assertEqual(self.ctl("-t", errors=(
            f"info: {self.system.configuration.path}: the configuration is valid\n")), "")
        self.assertRegex(self.ctl("-V"), r"\Axmpp-status-ctl \d+\.\d+\.\d+\n\Z")


if __name__ == "__main__":
    unittest.main()
