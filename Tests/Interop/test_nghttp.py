"""nghttp and h2load, the tools that come with nghttp2."""

import re
import shutil
import subprocess

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import event
from rawhttp2 import framed

HEADERS = ["-H", "content-type: application/grpc", "-H", "te: trailers"]


def tool(name, *arguments):
    if shutil.which(name) is None:
        pytest.fail(f"{name} is missing: dev/install-dependencies test installs it")
    done = subprocess.run(
        [name, *map(str, arguments)], capture_output=True, timeout=60, check=True
    )
    # nghttp prints the answer's bytes between its own lines.
    return done.stdout.decode(errors="replace")


@pytest.fixture
def root(shared_server, transport):
    if transport.name == "unix":
        pytest.skip("nghttp and h2load are for TCP")
    return f"{transport.scheme}://{shared_server.address}/"


@pytest.fixture
def url(root):
    return root + "auditrpc.v1.AuditLog/Record"


@pytest.fixture
def body(tmp_path, organization):
    """A framed Record of one event without an id: every call stores another event."""
    request = log.RecordRequest(organization_id=organization, events=[event(change="load")])
    path = tmp_path / "record.body"
    path.write_bytes(framed(request.SerializeToString()))
    return path


def test_nghttp_records_one_event(url, client, body):
    output = tool("nghttp", "-v", "--data", body, *HEADERS, url)
    assert ":status: 200" in output
    assert "grpc-status: 0" in output
    assert [one.change for one in client.events()] == ["load"]


def test_nghttp_with_a_wrong_content_type(url, body):
    output = tool("nghttp", "-v", "--data", body, "-H", "content-type: text/plain", url)
    assert ":status: 415" in output


@pytest.mark.parametrize("connections, streams", [(1, 1), (1, 100), (10, 25), (50, 2)])
def test_h2load_has_every_call_answered_and_stored(
    url, client, body, connections, streams
):
    calls = 2000
    output = tool(
        "h2load", "-n", calls, "-c", connections, "-m", streams, "-d", body, *HEADERS, url
    )
    assert f"{calls} succeeded, 0 failed, 0 errored, 0 timeout" in output, output
    assert re.search(rf"{calls} 2xx, 0 3xx, 0 4xx, 0 5xx", output), output
    assert len(client.sequences()) == calls


@pytest.mark.parametrize("arguments", [[], ["--data", __file__]], ids=["GET", "POST"])
def test_nghttp_without_grpc_is_told_what_this_is(root, arguments):
    output = tool("nghttp", "-v", *arguments, root)
    assert ":status: 415" in output
    assert re.search(r"recv DATA frame <length=[1-9]", output), output


def test_settings_name_the_number_of_streams(root):
    output = tool("nghttp", "-v", root)
    received = output.partition("recv SETTINGS")[2].partition("recv ")[0]
    assert "SETTINGS_MAX_CONCURRENT_STREAMS(0x03):1000" in received


def test_h2load_of_the_interop_server(interop_server, tmp_path):
    body = tmp_path / "empty.body"
    body.write_bytes(framed(b""))
    url = f"http://{interop_server.address}/grpc.testing.TestService/EmptyCall"
    output = tool("h2load", "-n", 5000, "-c", 4, "-m", 100, "-d", body, *HEADERS, url)
    assert "5000 succeeded, 0 failed, 0 errored, 0 timeout" in output, output
