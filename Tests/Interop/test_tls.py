"""TLS between real processes: versions, client certificates, renewal, and everybody who speaks the wrong thing."""

import contextlib
import signal
import socket
import ssl

import grpc
import pytest
from certificates import HERE, Authority, authority, server_identity
from clients import Client, Status, event, refusal
from process import Server, run
from rawhttp2 import RawHTTP2
from transports import PLAIN, TRANSPORTS, client_context

TLS = TRANSPORTS["tls"]
UNAVAILABLE = 69
USAGE = 64


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("tls") / "data", transport=TLS) as server:
        yield server


@pytest.fixture(scope="module")
def plain_server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("plain") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def strangers():
    """An authority that nobody believes."""
    return Authority()


@pytest.fixture(scope="module")
def client_authority():
    return Authority()


@pytest.fixture(scope="module")
def mutual_server(tmp_path_factory, client_authority):
    """A server that asks for certificates of `client_authority`."""
    with Server(
        tmp_path_factory.mktemp("mutual") / "data",
        options=["--tls-client-ca", client_authority.file],
        transport=TLS,
    ) as server:
        yield server


def wrapped(server, context):
    connection = PLAIN.connect(server.address)
    return context.wrap_socket(connection, server_hostname="127.0.0.1")


def peer_name(connection):
    """The end of a connection as the server's log names it."""
    host, port = connection.getsockname()[:2]
    return f"peer={host}:{port}"


def await_complaint(server, connection_name, words):
    """The one line that the server's log has about a connection."""
    server.await_line(rf"{connection_name} .*{words}")
    assert sum(f"{connection_name} " in line for line in server.errors) == 1


def status(server, *arguments, **environment):
    return run("status", *arguments, environment={"AUDITRPC_SERVER": server.address, **environment})


# Versions and protocols


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_one_version_alone_is_enough(tls_server, version):
    context = client_context()
    context.minimum_version = context.maximum_version = version
    connection = wrapped(tls_server, context)
    assert connection.version() == version.name.replace("_", ".")
    assert connection.selected_alpn_protocol() == "h2"
    with RawHTTP2(connection) as raw:
        assert raw.call("GetStatus", b"", headers={":scheme": "https"}).grpc_status == 0


@pytest.mark.parametrize("protocols", [(), ("http/1.1",)])
def test_a_client_that_does_not_offer_http2_is_closed_and_logged_once(tls_server, protocols):
    connection = wrapped(tls_server, client_context(protocols))
    name = peer_name(connection)
    with connection:
        assert connection.selected_alpn_protocol() is None
        # The end, and not an error.
        assert connection.recv(1) == b""
    await_complaint(tls_server, name, "ALPN h2")


def test_a_plain_client_of_a_tls_port_is_closed_and_logged_once(tls_server):
    with PLAIN.connect(tls_server.address) as connection:
        name = peer_name(connection)
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
        received = b""
        while part := connection.recv(100):
            received += part
    # At most an alert of TLS (21), and nothing of HTTP/2.
    assert received == b"" or received[0] == 21
    await_complaint(tls_server, name, "the client speaks plain text")


def test_grpcio_in_plain_text_is_unavailable_on_a_tls_port(tls_server):
    with Client(str(tls_server.address)) as client:
        assert refusal(client.status).code() == Status.UNAVAILABLE


def test_a_tls_client_of_a_plain_port_is_closed_and_logged_once(plain_server):
    with PLAIN.connect(plain_server.address) as connection:
        name = peer_name(connection)
        with pytest.raises(ssl.SSLError):
            client_context().wrap_socket(connection, server_hostname="127.0.0.1")
    await_complaint(plain_server, name, "the client speaks TLS")
    credentials = grpc.ssl_channel_credentials(authority().pem)
    with grpc.secure_channel(plain_server.address, credentials) as channel:
        call = channel.unary_unary("/auditrpc.v1.AuditLog/GetStatus")
        assert refusal(call, b"", timeout=10).code() == Status.UNAVAILABLE


def test_a_handshake_that_breaks_off_harms_nobody(tls_server):
    for length in (1, 5, 60):
        hello = ssl.MemoryBIO()
        with contextlib.suppress(ssl.SSLWantReadError):
            client_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="x").do_handshake()
        with PLAIN.connect(tls_server.address) as connection:
            connection.sendall(hello.read()[:length])
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                while connection.recv(100):
                    pass
    assert status(tls_server, AUDITRPC_TLS_CA=str(authority().file)).returncode == 0


# Client certificates


def mutual_channel(server, identity):
    credentials = grpc.ssl_channel_credentials(
        authority().pem,
        identity and identity.key.read_bytes(),
        identity and identity.certificate.read_bytes(),
    )
    return grpc.secure_channel(server.address, credentials)


def test_grpcio_with_a_client_certificate(mutual_server, client_authority):
    with mutual_channel(mutual_server, client_authority.issue("someone")) as channel:
        call = channel.unary_unary("/auditrpc.v1.AuditLog/GetStatus")
        assert call(b"", timeout=10)


def test_grpcio_without_the_right_client_certificate_is_unavailable(mutual_server, strangers):
    for identity in (None, strangers.issue("someone")):
        with mutual_channel(mutual_server, identity) as channel:
            call = channel.unary_unary("/auditrpc.v1.AuditLog/GetStatus")
            assert refusal(call, b"", timeout=10).code() == Status.UNAVAILABLE
    mutual_server.await_line("the client showed no certificate")
    mutual_server.await_line("the client's certificate is signed by an unknown authority")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_in_each_version(mutual_server, client_authority, version):
    identity = client_authority.issue("someone")
    context = client_context()
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(identity.certificate, identity.key)
    with RawHTTP2(wrapped(mutual_server, context)) as raw:
        assert raw.call("GetStatus", b"").grpc_status == 0


# Renewal


def test_certificates_are_renewed_while_a_feed_stays_open(tmp_path, organization):
    identity = authority().issue()
    options = ["--tls-cert", identity.certificate, "--tls-key", identity.key]

    def serial(server):
        with wrapped(server, client_context()) as connection:
            return connection.getpeercert()["serialNumber"]

    with (
        Server(tmp_path / "data", options=options, transport=TLS) as server,
        Client(server.address, organization) as client,
        client.subscribe(oldest=True) as feed,
    ):
        feed.until("caught_up")
        before = serial(server)
        authority().issue().copy_to(identity)
        server.signal(signal.SIGHUP)
        server.await_line("new certificates are in use")
        renewed = serial(server)
        assert renewed != before
        client.record(event(change="after"))
        assert [one.change for one in feed.take(1)] == ["after"]

        # What cannot be used is not.
        identity.key.write_bytes(server_identity().key.read_bytes())
        server.signal(signal.SIGHUP)
        server.await_line("the old ones stay")
        assert serial(server) == renewed
        client.record(event(change="still"))
        assert [one.change for one in feed.take(1)] == ["still"]


def test_certificates_are_renewed_without_a_signal(tmp_path):
    identity = authority().issue()
    options = ["--tls-cert", identity.certificate, "--tls-key", identity.key]
    with Server(tmp_path / "data", options=options, transport=TLS) as server:
        authority().issue().copy_to(identity)
        server.await_line("new certificates are in use")


def test_a_certificate_that_has_ended_is_said(tmp_path):
    identity = authority().issue_expired()
    options = ["--tls-cert", identity.certificate, "--tls-key", identity.key]
    with Server(tmp_path / "data", options=options, transport=TLS) as server:
        server.await_line("a certificate has ended")
        done = status(server, "--tls-ca", authority().file)
        assert done.returncode == UNAVAILABLE
        assert "the server's certificate expired at" in done.stderr


# What a person is told


def test_the_command_line_speaks_tls(tls_server, organization):
    address = f"localhost:{tls_server.host_and_port[1]}"
    for arguments in (
        ["--server", tls_server.address, "--tls-ca", authority().file],
        ["--server", address, "--tls-ca", authority().file],
        ["--server", address, "--tls-ca", authority().file, "--tls-server-name", "localhost"],
    ):
        done = run("query", *arguments, "--organization", organization)
        assert done.returncode == 0, done.stderr


def test_the_command_line_shows_its_certificate(mutual_server, client_authority):
    identity = client_authority.issue("someone")
    ca = ["--tls-ca", authority().file]
    shown = ["--tls-cert", identity.certificate, "--tls-key", identity.key]
    assert status(mutual_server, *ca, *shown).returncode == 0
    environment = {
        "AUDITRPC_TLS_CA": str(authority().file),
        "AUDITRPC_TLS_CERT": str(identity.certificate),
        "AUDITRPC_TLS_KEY": str(identity.key),
    }
    assert status(mutual_server, **environment).returncode == 0
    done = status(mutual_server, *ca)
    assert done.returncode == UNAVAILABLE
    assert "asks for a client certificate: give one with --tls-cert" in done.stderr


def test_an_unknown_authority(tls_server, strangers):
    for arguments in (["--tls-ca", strangers.file], ["--tls"]):
        done = status(tls_server, *arguments)
        assert done.returncode == UNAVAILABLE
        assert "signed by an unknown authority: --tls-ca names" in done.stderr


def test_another_name(tls_server):
    done = status(tls_server, "--tls-ca", authority().file, "--tls-server-name", "audit.example")
    assert done.returncode == UNAVAILABLE
    assert "is not for audit.example, but for " + HERE[0] in done.stderr
    assert "--tls-server-name" in done.stderr


def test_tls_on_one_side_only(tls_server, plain_server):
    done = status(tls_server)
    assert done.returncode == UNAVAILABLE
    assert "the server speaks TLS" in done.stderr and "--tls-ca" in done.stderr
    done = status(plain_server, "--tls-ca", authority().file)
    assert done.returncode == UNAVAILABLE
    assert "the server speaks plain text" in done.stderr


def test_files_of_a_client_that_cannot_be_used(tls_server, tmp_path):
    (tmp_path / "text").write_text("hello")
    for file, problem in ((tmp_path / "none", "does not exist"), (tmp_path / "text", "no certificate")):
        done = status(tls_server, "--tls-ca", file)
        assert done.returncode == USAGE
        assert str(file) in done.stderr and problem in done.stderr
