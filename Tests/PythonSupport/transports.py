"""The ways to a server: plain text and TLS over TCP, and Unix sockets. Each knows what either end needs for it."""

import socket
import ssl
import tempfile
from pathlib import Path

import certificates
import grpc

CONNECT_SECONDS = 10


class Plain:
    name = "plain"
    scheme = "http"
    #: What `auditrpc serve` needs besides.
    serve_options = ()
    #: What the commands of a client need besides the address.
    environment = {}

    def listen(self):
        return "127.0.0.1:0"

    def channel(self, address, options):
        return grpc.insecure_channel(address, options)

    def connect(self, address, timeout=CONNECT_SECONDS):
        """A socket, ready for the first byte of HTTP/2."""
        host, _, port = address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout)


class TLS(Plain):
    name = "tls"
    scheme = "https"

    @property
    def serve_options(self):
        identity = certificates.server_identity()
        return ("--tls-cert", identity.certificate, "--tls-key", identity.key)

    @property
    def environment(self):
        return {"AUDITRPC_TLS_CA": str(certificates.authority().file)}

    def channel(self, address, options):
        credentials = grpc.ssl_channel_credentials(certificates.authority().pem)
        return grpc.secure_channel(address, credentials, options)

    def connect(self, address, timeout=CONNECT_SECONDS):
        return client_context().wrap_socket(
            super().connect(address, timeout), server_hostname=address.rpartition(":")[0]
        )


def client_context(protocols=("h2",)):
    """What Python's own TLS offers, believing the authority of the tests."""
    context = ssl.create_default_context(cafile=certificates.authority().file)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


class Unix(Plain):
    name = "unix"

    def __init__(self):
        # pytest's own folders have longer paths than a socket may have.
        self._folder = tempfile.TemporaryDirectory(prefix="auditrpc-unix-")
        self._count = 0

    def listen(self):
        self._count += 1
        return f"unix:{Path(self._folder.name) / str(self._count)}"

    def connect(self, address, timeout=CONNECT_SECONDS):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        connection.connect(address.removeprefix("unix:"))
        return connection


TRANSPORTS = {one.name: one for one in (Plain(), TLS(), Unix())}
PLAIN = TRANSPORTS["plain"]


class Address(str):
    """Where a server listens, and the way there."""

    def __new__(cls, text, transport=PLAIN):
        address = super().__new__(cls, text)
        address.transport = transport
        return address


def way_to(address):
    """The transport of an address; plain text where it is a mere string."""
    return getattr(address, "transport", TRANSPORTS["unix" if "unix:" in address else "plain"])
