"""Certificates that the tests make for themselves, good for this machine unless they shall not be."""

import datetime
import itertools
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

_folder = TemporaryDirectory(prefix="auditrpc-tls-")
_numbers = itertools.count(1)
HERE = ("localhost", "127.0.0.1", "::1")


class Identity:
    """A certificate and its key, in files."""

    def __init__(self, chain, key):
        stem = Path(_folder.name) / str(next(_numbers))
        self.certificate, self.key = stem.with_suffix(".pem"), stem.with_suffix(".key")
        self.certificate.write_bytes(chain)
        self.key.write_bytes(key)

    def copy_to(self, other):
        """As a renewal does: another certificate in the files of `other`."""
        other.certificate.write_bytes(self.certificate.read_bytes())
        other.key.write_bytes(self.key.read_bytes())


class Authority:
    def __init__(self):
        self._authority = trustme.CA()
        self.file = Path(_folder.name) / f"ca-{next(_numbers)}.pem"
        self.file.write_bytes(self.pem)

    @property
    def pem(self):
        return self._authority.cert_pem.bytes()

    def issue(self, *names, **how):
        """For this machine where no names are given."""
        issued = self._authority.issue_cert(*(names or HERE), **how)
        chain = b"".join(one.bytes() for one in issued.cert_chain_pems)
        return Identity(chain, issued.private_key_pem.bytes())

    def issue_client(self, uris=(), dns=(), subject=(), seconds=3600):
        """With the names that are given and no others; `subject` as RFC 4514 has it, first to last.

        By hand: trustme makes neither URIs nor subjects of one's own.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.timezone.utc)
        issuer = x509.load_pem_x509_certificate(self.pem)
        parts = [_relative_name(one) for one in subject]
        builder = (
            x509.CertificateBuilder(issuer.subject, x509.Name(parts), key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(seconds=seconds))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        )
        names = [x509.UniformResourceIdentifier(one) for one in uris]
        names += [x509.DNSName(one) for one in dns]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
        signer = serialization.load_pem_private_key(self._authority.private_key_pem.bytes(), None)
        certificate = builder.sign(signer, hashes.SHA256())
        return Identity(
            certificate.public_bytes(serialization.Encoding.PEM) + self.pem,
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )

    def issue_expired(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        return self.issue(not_before=now - 2 * day, not_after=now - day)


def _relative_name(text):
    """`CN=ops` with all that is behind the first sign as its value."""
    kind, _, value = text.partition("=")
    oid = x509.name._NAME_TO_NAMEOID[kind]
    return x509.RelativeDistinguishedName([x509.NameAttribute(oid, value)])


@cache
def authority():
    """The one that the tests believe."""
    return Authority()


@cache
def server_identity():
    return authority().issue()
