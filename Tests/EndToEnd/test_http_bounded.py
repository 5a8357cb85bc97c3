"""Clients of HTTP that want too much: memory stays, and others are answered."""

import os
import socket
import threading

import pytest
import tokens
from gateway import HTTPClient, HTTPServer, event
from process import eventually

MEBIBYTE = 1 << 20


@pytest.fixture
def server(tmp_path):
    with HTTPServer(tmp_path) as server:
        yield server


def raw(server, head, body=b""):
    """A connection on which something was sent."""
    connection = socket.create_connection((server.http_host, server.http_port), 30)
    connection.sendall(head.replace("\n", "\r\n").encode() + body)
    return connection


def is_answering(server):
    with HTTPClient(server) as client:
        return client.get("/v1/status").status == 200


def test_bodies_that_are_never_finished_are_bounded(server):
    """More than all bodies may take together: those beyond are told to come again."""
    head = (
        "POST /v1/events HTTP/1.1\nHost: localhost\nContent-Type: application/json\n"
        f"Content-Length: {4 * MEBIBYTE}\n\n"
    )
    before = server.resident_mebibytes()
    begun = []
    refused = []
    for _ in range(40):
        connection = raw(server, head)
        try:
            connection.sendall(b" " * (3 * MEBIBYTE))
            connection.settimeout(0.5)
            if connection.recv(64).startswith(b"HTTP/1.1 429"):
                refused.append(connection)
        except TimeoutError:
            begun.append(connection)
        except ConnectionError:
            refused.append(connection)
    assert len(begun) <= 16 and refused
    assert server.resident_mebibytes() - before < 200
    assert is_answering(server)
    with HTTPClient(server) as client:
        # A small one needs no place among them.
        assert client.record(event(), organization_id="acme")
    for connection in begun:
        connection.close()

    def has_room():
        with HTTPClient(server) as client:
            large = [event(snapshot={"text": "x" * 100_000}) for _ in range(5)]
            body = {"organization_id": "acme", "events": large}
            return client.post("/v1/events", body).status == 200

    eventually(has_room)


def test_large_bodies_of_strangers_are_not_read(tmp_path):
    with HTTPServer(tmp_path, environment={"AUDITRPC_LOCAL_ACCESS": "none"}) as server:
        assert tokens.first_token(server)
        connection = raw(
            server,
            "POST /v1/events HTTP/1.1\nHost: localhost\nContent-Type: application/json\n"
            f"Content-Length: {4 * MEBIBYTE}\n\n",
        )
        assert connection.recv(64).startswith(b"HTTP/1.1 401")


def test_answers_that_nobody_reads_are_bounded(server):
    with HTTPClient(server) as client:
        for _ in range(30):
            large = [event(snapshot={"text": "x" * 100_000}) for _ in range(30)]
            client.record(*large, organization_id="acme")
    before = server.resident_mebibytes()
    unread = [
        raw(server, "GET /v1/events?page_size=1000 HTTP/1.1\nHost: localhost\n\n")
        for _ in range(30)
    ]
    # Each would be 3 MB.
    eventually(lambda: is_answering(server))
    peak = 0

    def is_settled():
        nonlocal peak
        now = server.resident_mebibytes()
        settled = now <= peak
        peak = max(peak, now)
        return settled

    eventually(is_settled, within=60)
    assert peak - before < 500
    # Nor do they hold up its end.
    assert server.terminate() == 0
    for connection in unread:
        connection.close()


def test_exports_that_nobody_reads_are_bounded(server):
    with HTTPClient(server) as client:
        for _ in range(4):
            large = [event(snapshot={"text": "x" * 100_000}) for _ in range(30)]
            client.record(*large, organization_id="acme")
    unread = []
    for _ in range(32):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        connection.connect((server.http_host, server.http_port))
        connection.sendall(b"GET /v1/events/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
        # It has begun.
        assert connection.recv(12) == b"HTTP/1.1 200"
        unread.append(connection)
    with HTTPClient(server) as client:
        answer = client.get("/v1/events/export")
        assert answer.status == 429 and answer.headers["Retry-After"]
    for connection in unread:
        connection.close()

    def has_room():
        with HTTPClient(server) as client:
            return client.get("/v1/events/export", target_id="nothing").status == 200

    eventually(has_room, within=30)


def test_connections_that_say_nothing_hold_nobody_up(server):
    silent = [
        socket.create_connection((server.http_host, server.http_port), 30) for _ in range(300)
    ]
    partial = [raw(server, "GET /v1/status HTTP/1.1\nHost: loc") for _ in range(100)]
    assert is_answering(server)
    for connection in silent + partial:
        connection.close()


@pytest.mark.parametrize(
    "text",
    [
        "\x00" * 100,
        "GET\n\n",
        "GET / HTTP/9.9\n\n",
        "PRI * HTTP/2.0\n\nSM\n\n",
        "GET /" + "a" * 70_000 + " HTTP/1.1\n\n",
        "POST /v1/events HTTP/1.1\nContent-Length: -1\n\n",
        "POST /v1/events HTTP/1.1\nContent-Length: 1\nTransfer-Encoding: chunked\n\n",
        "POST /v1/events HTTP/1.1\nContent-Type: application/json\nTransfer-Encoding: chunked\n\nzz\n",
    ],
    ids=["nul", "short", "version", "http2", "long", "negative", "smuggle", "chunk"],
)
def test_what_is_no_http_ends_its_connection_alone(server, text):
    connection = raw(server, text)
    connection.settimeout(10)
    try:
        while data := connection.recv(1 << 16):
            assert b"HTTP/1.1 2" not in data
    except (ConnectionError, TimeoutError):
        pass
    assert is_answering(server)


def test_many_clients_that_come_and_go(server):
    """Nothing of them stays: not a connection to the service, not a descriptor."""

    def visit():
        for _ in range(50):
            with HTTPClient(server) as client:
                client.get("/v1/status")

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def descriptors():
        return len(os.listdir(f"/proc/{server.pid}/fd"))

    eventually(lambda: descriptors() < 60)
