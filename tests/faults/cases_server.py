"""What the XMPP server can do to the bot."""

import os
import re
import shutil
import ssl
import subprocess
import time
from contextlib import contextmanager

from fault import fault
from sandbox.certificate import Certificate
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.ports import LOOPBACK
from sandbox.system import BOT_PASSWORD, BOT_USER, DOMAIN

# After the bot's pauses between logins, which double, and its sync.
BACK_S = 12.0
# After a long fault, as those pauses have grown by then.
BACK_LONG_S = 45.0


@fault("XMPP server restarted", BACK_S, outage=True, stale=True)
def server_restarted(rig, load, hold_s):
    with load.sessions_lost():
        rig.server.stop()
    rig.server.start()


@fault("XMPP server killed, started again; one user does not come back", BACK_S, outage=True, stale=True)
def server_killed(rig, load, hold_s):
    load.absent.add("leaver")
    with load.sessions_lost():
        rig.server.process.kill()
    time.sleep(hold_s)
    rig.server.start()


@fault("XMPP server frozen for longer than the lease", 8, outage=True, stale=True, hold_s=46,
       long_s=75)
def server_frozen(rig, load, hold_s):
    load.return_all()
    rig.server.process.freeze()
    time.sleep(hold_s)
    rig.server.process.thaw()


@fault("certificate renewed, server reloaded", 2)
def certificate_renewed(rig, load, hold_s):
    with tempfile_directory(rig, "renewed") as directory:
        install(rig, certificate_of(rig, directory, 30))
        time.sleep(hold_s)


@fault("certificate renewed, and the bot's session ended", BACK_S, outage=True, stale=True)
def certificate_renewed_login(rig, load, hold_s):
    with tempfile_directory(rig, "renewed") as directory:
        install(rig, certificate_of(rig, directory, 30))
    rig.server.kick(f"{BOT_USER}@{DOMAIN}/xmpp-status")


@fault("the bot's session ended while the certificate is expired", BACK_S, outage=True, stale=True,
       hold_s=2, long_s=40, back_long_s=BACK_LONG_S)
def certificate_expired(rig, load, hold_s):
    bad_certificate(rig, hold_s, lambda directory: certificate_of(rig, directory, -1))


@fault("the bot's session ended while the certificate is from a strange authority", BACK_S,
       outage=True, stale=True, hold_s=2, long_s=40, back_long_s=BACK_LONG_S,
       only_long=True)
def certificate_strange(rig, load, hold_s):
    def make(directory):
        strange = Certificate(directory, (DOMAIN,))
        return strange.chain, strange.key

    bad_certificate(rig, hold_s, make)


@fault("the bot's password changed on the server, its file only later", BACK_S, outage=True,
       stale=True, hold_s=2, long_s=40, back_long_s=BACK_LONG_S)
def account_password_changed(rig, load, hold_s):
    rig.server.register(BOT_USER, "another password", DOMAIN)
    rig.server.kick(f"{BOT_USER}@{DOMAIN}/xmpp-status")
    time.sleep(hold_s)
    path = os.path.join(rig.configuration.directory, f"{DOMAIN}.password")
    with open(path, "w", encoding="utf-8") as file:
        file.write("another password\n")
    assert BOT_PASSWORD != "another password"


@fault("the bot's session ended by the server", BACK_S, outage=True, stale=True)
def bot_kicked(rig, load, hold_s):
    rig.server.kick(f"{BOT_USER}@{DOMAIN}/xmpp-status")


@contextmanager
def tempfile_directory(rig, name):
    path = rig.path(f"tls-{name}-{time.monotonic_ns()}")
    os.mkdir(path)
    yield path


def certificate_of(rig, directory, days):
    """Another certificate of the same authority; expired if `days` is negative."""
    ours = rig.certificate.directory
    chain, key = os.path.join(directory, "server.pem"), os.path.join(ours, "server.key")
    done = subprocess.run(
        ["openssl", "x509", "-req", "-in", os.path.join(ours, "server.csr"),
         "-CA", rig.certificate.authority, "-CAkey", os.path.join(ours, "authority.key"),
         "-CAcreateserial", "-days", str(days), "-extfile", os.path.join(ours, "server.ext"),
         "-out", chain], capture_output=True, text=True, check=False,
    )
    if done.returncode != 0:
        raise SandboxError(f"openssl x509: {done.stderr}")
    return chain, key


def install(rig, files):
    """Puts a certificate and its key in place, has the server read them, and sees that it does."""
    for new, place in zip(files, (rig.certificate.chain, rig.certificate.key)):
        if new != place:
            shutil.copy(new, place)
    rig.server.shell("module", "reload", "tls", DOMAIN)
    wait_until(lambda: served_certificate(rig) == ssl.PEM_cert_to_DER_cert(first_certificate(rig)),
               "the other certificate")


def first_certificate(rig):
    """The server's own in the file that it has been told to use."""
    with open(rig.certificate.chain, encoding="ascii") as file:
        text = file.read()
    end = "-----END CERTIFICATE-----\n"
    return text[text.index("-----BEGIN"):text.index(end) + len(end)]


def served_certificate(rig):
    """What the server shows to one who logs in, in DER; None if it shows none."""
    done = subprocess.run(
        ["openssl", "s_client", "-starttls", "xmpp", "-xmpphost", DOMAIN, "-connect",
         f"{LOOPBACK}:{rig.server.port}"], input="", capture_output=True, text=True, check=False,
    )
    found = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", done.stdout,
                      re.DOTALL)
    return None if found is None else ssl.PEM_cert_to_DER_cert(found[0])


def bad_certificate(rig, hold_s, make):
    """Replaces the certificate, ends the bot's session, and puts everything right again."""
    good = [(path, path + ".good") for path in (rig.certificate.chain, rig.certificate.key)]
    for path, kept in good:
        shutil.copy(path, kept)
    with tempfile_directory(rig, "bad") as directory:
        install(rig, make(directory))
        rig.server.kick(f"{BOT_USER}@{DOMAIN}/xmpp-status")
        time.sleep(hold_s)
        install(rig, [(kept) for _, kept in good])
