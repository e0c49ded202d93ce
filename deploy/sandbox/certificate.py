"""A certificate authority of our own and one server certificate from it."""

import os
import subprocess

from sandbox.errors import SandboxError

DAYS = "30"


class Certificate:
    """Made by openssl in `directory`, which must exist and be empty; valid for `domains`.

    `authority` is what clients verify against; `chain` and `key` are the server's.
    """

    def __init__(self, directory, domains):
        self.directory = directory
        self.authority = os.path.join(directory, "authority.pem")
        self.chain = os.path.join(directory, "server.pem")
        self.key = os.path.join(directory, "server.key")
        authority_key = os.path.join(directory, "authority.key")
        request = os.path.join(directory, "server.csr")
        extensions = os.path.join(directory, "server.ext")

        self._openssl(
            "req", "-x509", *self._new_key(authority_key), "-days", DAYS, "-out", self.authority,
            "-subj", "/CN=xmpp-status sandbox authority",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )
        self._openssl(
            "req", "-new", *self._new_key(self.key), "-out", request, "-subj", f"/CN={domains[0]}"
        )
        # RFC 6120 section 13.7.1.2: the domain of the JIDs, whatever the host name.
        with open(extensions, "w", encoding="ascii") as file:
            names = ",".join(f"DNS:{domain}" for domain in domains)
            file.write(f"subjectAltName={names}\nbasicConstraints=critical,CA:FALSE\n")
            file.write("extendedKeyUsage=serverAuth\n")
        self._openssl(
            "x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", authority_key,
            "-CAcreateserial", "-days", DAYS, "-extfile", extensions, "-out", self.chain,
        )

    @staticmethod
    def _new_key(path):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", path)

    def _openssl(self, *args):
        done = subprocess.run(["openssl", *args], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SandboxError(f"openssl {args[0]} failed in {self.directory}: {done.stderr}")
