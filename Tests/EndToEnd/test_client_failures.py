"""What the command line says when the server is not there, is something else, or fails: each with a real peer."""

import concurrent.futures
import http.server
import ssl
import threading

import grpc
import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import SERVICE
from process import ROOT, Server, run
from scripted_server import ScriptedServer
from tcp_peer import TCPPeer, read_on, says, says_first

USAGE, REFUSED, UNAVAILABLE, FAILURE, NO_PERMISSION = 64, 65, 69, 70, 77
TLS = ROOT / "Tests/Fixtures/TLS"


def status(address, *options):
    done = run("status", "--server", address, *options, within=60)
    assert done.stdout == ""
    return done


def expect(done, text, code=UNAVAILABLE):
    assert (done.stderr, done.returncode) == (f"auditrpc: {text}\n", code)


# Nobody, or something else.


def test_nobody_listens():
    with TCPPeer(read_on) as peer:
        address = peer.address
    expect(
        status(address),
        f"nothing listens at {address} (connection refused): start a server with "
        "`auditrpc serve`, or check the address",
    )


def test_the_socket_file_is_not_there(tmp_path):
    address = f"unix:{tmp_path}/none.sock"
    expect(
        status(address),
        f"{address} is not there: start a server with `auditrpc serve`, or check the address",
    )


def test_the_name_is_not_known():
    expect(
        status("name.invalid:50051", "--insecure"),
        "the name in name.invalid:50051 is not known: check the name, and the name servers of "
        "this machine",
    )


def test_each_of_several_servers_is_named():
    with TCPPeer(read_on) as peer:
        first = peer.address
    with TCPPeer(says_first(b"SSH-2.0-OpenSSH_9.2\r\n")) as second:
        expect(
            status(f"{first},{second.address}"),
            f"none of the 2 servers is reached: nothing listens at {first} (connection refused); "
            f"{second.address} is an SSH server (it said: SSH-2.0-OpenSSH_9.2)",
        )


@pytest.mark.parametrize(
    ("serve", "what"),
    [
        (
            says(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"),
            "speaks HTTP/1 and not gRPC (it said: HTTP/1.1 400 Bad Request)",
        ),
        (says_first(b"SSH-2.0-OpenSSH_9.2\r\n"), "is an SSH server (it said: SSH-2.0-OpenSSH_9.2)"),
        (says_first(b"220 mail ESMTP\r\n"), "does not speak gRPC (it said: 220 mail ESMTP)"),
        (says(b"\x1b]0;title\x07"), "does not speak gRPC"),
    ],
)
def test_the_port_is_of_another_protocol(serve, what):
    with TCPPeer(serve) as peer:
        expect(
            status(peer.address),
            f"{peer.address} {what}: check the port; an audit server usually listens on 50051",
        )


def test_the_port_is_of_a_web_server():
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{web.server_port}"
        done = status(address)
        web.shutdown()
    assert done.returncode == UNAVAILABLE
    assert done.stderr.startswith(f"auditrpc: {address} does not speak gRPC (it said: <!DOCTYPE")


def test_a_server_that_closes_at_once():
    with TCPPeer(lambda connection: None) as peer:
        done = status(peer.address)
    assert done.returncode == UNAVAILABLE
    assert done.stderr.startswith(f"auditrpc: {peer.address} took the connection and ")
    assert done.stderr.endswith(
        ": it is no gRPC server, it expects TLS, or it has too many connections\n"
    )


def test_a_server_that_says_nothing():
    with TCPPeer(read_on) as peer:
        expect(
            status(peer.address, "--timeout", "2s"),
            f"{peer.address} took the connection and then said nothing: it is no gRPC server, or "
            "it hangs; check the address",
        )


# TLS.


@pytest.fixture
def start(tmp_path):
    """Starts servers with a certificate of the fixtures."""
    servers = []

    def start(name, *options):
        options = ("--tls-cert", TLS / f"{name}.pem", "--tls-key", TLS / f"{name}.key", *options)
        servers.append(Server(tmp_path / "data", options=options))
        return servers[-1].address

    yield start
    for server in servers:
        server.kill()


CA = ("--tls-ca", TLS / "ca.pem")


def test_the_server_expects_tls(start):
    address = start("server")
    expect(
        status(address),
        f"no TLS with {address}: the server speaks TLS where this end speaks plain text: "
        "connect with --tls-ca FILE, or with --tls for the authorities of the system",
    )


def test_another_server_of_tls_without_http2():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")

    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as encrypted:
            read_on(encrypted)

    with TCPPeer(serve) as peer:
        expect(
            status(peer.address, *CA),
            f"no TLS with {peer.address}: the server did not agree to HTTP/2 in TLS (ALPN h2): "
            "is it an audit server?",
        )


def test_the_server_speaks_plain_text(tmp_path):
    with Server(tmp_path / "data") as server:
        expect(
            status(server.address, *CA),
            f"no TLS with {server.address}: the server speaks plain text where this end speaks "
            "TLS: leave the --tls options out, or start the server with --tls-cert",
        )


def test_the_authority_is_not_known(start):
    address = start("server")
    expect(
        status(address, "--tls-ca", TLS / "other-ca.pem"),
        f"no TLS with {address}: the server's certificate is signed by an unknown authority: "
        "--tls-ca names the file of the authority that signed it",
    )


def test_the_certificate_has_expired(start):
    address = start("expired")
    done = status(address, *CA)
    assert done.returncode == UNAVAILABLE
    assert done.stderr.startswith(
        f"auditrpc: no TLS with {address}: the server's certificate expired at 20"
    )
    assert done.stderr.endswith(": renew the server's certificate, or set the clock of this machine\n")


def test_the_certificate_is_for_another_name(start):
    address = start("elsewhere")
    expect(
        status(address, *CA),
        f"no TLS with {address}: the server's certificate is not for 127.0.0.1, but for "
        "audit.example: use a name that it is for, or say it with --tls-server-name",
    )


@pytest.mark.parametrize("option", ["--tls-ca", "--tls-cert"])
@pytest.mark.parametrize("content", [None, b"no PEM"])
def test_a_file_that_the_command_names_is_of_no_use(tmp_path, option, content):
    """The command line is wrong, whatever server it is for."""
    file = tmp_path / "mine.pem"
    if content is not None:
        file.write_bytes(content)
    key = ("--tls-key", TLS / "client.key") if option == "--tls-cert" else ()
    done = status("127.0.0.1:1", option, file, *key)
    assert done.returncode == USAGE
    assert str(file) in done.stderr and "127.0.0.1:1" not in done.stderr


# Something answers, and it is not the audit log, or does not do what it should.


@pytest.mark.parametrize(
    ("code", "text", "exit_code"),
    [
        (
            "404",
            "a web server at {} answered with HTTP status 404, and not an audit server; check "
            "the address",
            REFUSED,
        ),
        (
            "502",
            "a proxy at {} answered with HTTP status 502: it does not reach the audit server; "
            "look there",
            UNAVAILABLE,
        ),
        (
            "403",
            "a proxy at {} answered with HTTP status 403: it does not let this client through",
            NO_PERMISSION,
        ),
    ],
)
def test_a_proxy_answers_in_its_place(code, text, exit_code):
    def script(peer):
        peer.start()
        request = peer.next_request()
        peer.headers(request.stream, **{":status": code, "content-type": "text/html"})
        peer.h2.send_data(request.stream, b"<html>no</html>", end_stream=True)
        peer.flush()

    with ScriptedServer(script) as server:
        expect(status(server.address, "--no-retry"), text.format(server.address), exit_code)


@pytest.fixture
def grpcio_server():
    """Starts grpcio servers that answer GetStatus with a function."""
    servers = []

    def start(answer=None):
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        if answer is not None:
            handler = grpc.unary_unary_rpc_method_handler(answer)
            server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(SERVICE.strip("/"), {"GetStatus": handler}),)
            )
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        servers.append(server)
        return address

    yield start
    for server in servers:
        server.stop(None)


def test_a_grpc_server_without_the_audit_log(grpcio_server):
    address = grpcio_server()
    expect(
        status(address),
        f"the server at {address} speaks gRPC, but it is no audit server or an older one "
        "(Method not found!); check the address",
        REFUSED,
    )


def test_a_server_that_is_draining(grpcio_server):
    calls = []

    def answer(request, context):
        calls.append(request)
        context.abort(grpc.StatusCode.UNAVAILABLE, "the server is shutting down")

    address = grpcio_server(answer)
    text = f"the server at {address} is not available: the server is shutting down"
    expect(status(address, "--no-retry"), text)
    assert len(calls) == 1


def test_a_server_that_comes_to_its_senses(grpcio_server):
    """One line tells that the call is made again, and one that it succeeded."""
    calls = []

    def answer(request, context):
        calls.append(request)
        if len(calls) < 4:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the server is shutting down")
        return log.GetStatusResponse(version="7").SerializeToString()

    address = grpcio_server(answer)
    done = run("status", "--server", address, "--output", "json", within=60)
    assert done.returncode == 0 and '"version":"7"' in done.stdout
    assert done.stderr.splitlines() == [
        f"auditrpc: the server at {address} is not available: the server is shutting down; trying again",
        f"auditrpc: the server at {address} answers again",
    ]  # fmt: skip


def test_a_server_that_says_how_long_to_wait(grpcio_server):
    """gRPC's pushback: it never wants to be asked again."""
    calls = []

    def answer(request, context):
        calls.append(request)
        context.set_trailing_metadata((("grpc-retry-pushback-ms", "-1"),))
        context.abort(grpc.StatusCode.UNAVAILABLE, "enough")

    assert status(grpcio_server(answer)).returncode == UNAVAILABLE
    assert len(calls) == 1


def test_a_server_that_does_not_answer(grpcio_server):
    stop = threading.Event()

    def answer(request, context):
        stop.wait(60)
        return b""

    address = grpcio_server(answer)
    expect(
        status(address, "--timeout", "1s"),
        f"the server at {address} did not answer within 1s: it is busy, or the network is; give "
        "it more time",
    )
    stop.set()


def test_an_answer_that_is_too_large(grpcio_server):
    address = grpcio_server(lambda request, context: bytes(5 << 20))
    done = status(address)
    assert done.returncode == REFUSED
    assert "a message of 5242880 bytes is above the limit of 4194304" in done.stderr


def test_an_answer_that_is_no_message(grpcio_server):
    address = grpcio_server(lambda request, context: b"\xff")
    done = status(address)
    assert done.returncode == FAILURE
    assert done.stderr.startswith(f"auditrpc: the answer of the server at {address} cannot be read: ")
