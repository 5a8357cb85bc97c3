"""HTTP over TLS: HTTP/1.1 and HTTP/2, client certificates as credentials, and certificates that are renewed."""

import json
import shutil
import ssl
import subprocess

import pytest
from access_file import AccessFile
from certificates import Authority, authority
from clients import Client
from gateway import HTTPClient, HTTPServer, event, trusting
from process import eventually
from transports import TRANSPORTS, Address
from test_access_certificates import BILLING, OPS, Shown


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with HTTPServer(tmp_path_factory.mktemp("tls"), transport=TRANSPORTS["tls"]) as server:
        assert server.scheme == "https"
        yield server


def curl(server, *options, path="/v1/events"):
    return subprocess.run(
        ["curl", "-sS", "--max-time", "30", "--cacert", authority().file, *options, server.url + path],
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("version,said", [("--http1.1", "1.1"), ("--http2", "2")])
def test_both_versions_are_spoken(server, version, said):
    done = curl(server, version, "-w", "\n%{http_version} %{http_code}")
    assert done.returncode == 0, done.stderr
    body, _, words = done.stdout.rpartition("\n")
    assert words == f"{said} 200" and "events" in json.loads(body)


def test_a_stream_over_http2(server):
    with HTTPClient(server, context=trusting(authority())) as client:
        results = client.record(event(change="one"), event(change="two"), organization_id="h2")
    done = curl(
        server, "--http2", "-N", "--max-time", "3",
        path="/v1/events/stream?organization_id=h2&start=oldest",
    )
    # It ends when curl has had enough.
    assert done.returncode == 28
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("id: ")][:2] == [
        f"id: {one['sequence']}" for one in results
    ]
    assert "event: caught_up" in lines


def test_many_requests_on_one_connection(server):
    """h2load, with as many at once as HTTP/2 lets it have."""
    done = subprocess.run(
        ["h2load", "-n", "2000", "-c", "4", "-m", "50", server.url + "/v1/status"],
        capture_output=True, text=True, timeout=100,
    )
    assert "2000 succeeded, 0 failed, 0 errored" in done.stdout, done.stdout


def test_plain_text_is_not_answered(server):
    with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
        context = ssl.create_default_context()
        with HTTPClient(server, context=context) as client:
            client.get("/v1/status")
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "10", f"http://{server.http_host}:{server.http_port}/v1/status"],
        capture_output=True, text=True,
    )
    assert done.returncode != 0


def test_a_certificate_says_who_calls(tmp_path):
    clients = Authority()
    access = AccessFile(tmp_path / "access.json", certificates=[BILLING, OPS])
    with HTTPServer(
        tmp_path / "data",
        options=["--tls-client-ca", clients.file, "--access", access.path],
        environment={"AUDITRPC_LOCAL_ACCESS": "none"},
        transport=TRANSPORTS["tls"],
    ) as server:
        billing = clients.issue_client(uris=["spiffe://example.org/billing/1"])
        with HTTPClient(server, context=trusting(authority(), billing)) as client:
            assert client.get("/v1/whoami").json["name"] == "billing"
            [result] = client.record(event())
            assert client.get("/v1/events").status == 403
        stranger = clients.issue_client(dns=["nobody.example.org"])
        with HTTPClient(server, context=trusting(authority(), stranger)) as client:
            assert client.get("/v1/whoami").status == 401
        operator = clients.issue_client(subject=["O=Example", "CN=ops"])
        with Client(Address(server.address, Shown(operator)), "acme") as grpc:
            stored = grpc.get(sequence=result["sequence"]).event
        assert stored.recorder.name == "billing"
        # None at all is nobody, and one of another authority is refused before a word of HTTP.
        for context in (
            trusting(authority()),
            trusting(authority(), Authority().issue_client(uris=["spiffe://example.org/billing/1"])),
        ):
            with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
                with HTTPClient(server, context=context) as client:
                    client.get("/v1/whoami")


def test_new_certificates_are_shown_to_new_connections(tmp_path):
    old, new = Authority(), Authority()
    shown = old.issue("127.0.0.1")
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    for source, place in zip((shown.certificate, shown.key), files, strict=True):
        shutil.copy(source, place)

    class Own(type(TRANSPORTS["tls"])):
        serve_options = ("--tls-cert", files[0], "--tls-key", files[1])

        def channel(self, address, options):
            raise NotImplementedError

    with HTTPServer(tmp_path / "data", transport=Own()) as server:
        with HTTPClient(server, context=trusting(old)) as before:
            assert before.get("/v1/status").status == 200
            renewed = new.issue("127.0.0.1")
            for source, place in zip((renewed.certificate, renewed.key), files, strict=True):
                shutil.copy(source, place)

            def is_new():
                try:
                    with HTTPClient(server, context=trusting(new)) as client:
                        return client.get("/v1/status").status == 200
                except ssl.SSLError:
                    return False

            eventually(is_new, within=30)
            # What stood stands.
            assert before.get("/v1/status").status == 200
