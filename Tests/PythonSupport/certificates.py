"""Certificates that the tests make for themselves, good for this machine unless they shall not be."""

import datetime
import itertools
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme

_folder = TemporaryDirectory(prefix="auditrpc-tls-")
_numbers = itertools.count(1)
HERE = ("localhost", "127.0.0.1", "::1")


class Identity:
    """A certificate and its key, in files."""

    def __init__(self, issued):
        stem = Path(_folder.name) / str(next(_numbers))
        self.certificate, self.key = stem.with_suffix(".pem"), stem.with_suffix(".key")
        chain = b"".join(one.bytes() for one in issued.cert_chain_pems)
        self.certificate.write_bytes(chain)
        self.key.write_bytes(issued.private_key_pem.bytes())

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
        return Identity(self._authority.issue_cert(*(names or HERE), **how))

    def issue_expired(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        return self.issue(not_before=now - 2 * day, not_after=now - day)


@cache
def authority():
    """The one that the tests believe."""
    return Authority()


@cache
def server_identity():
    return authority().issue()
