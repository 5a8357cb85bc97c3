"""Compression when it is asked for: what is on the wire, by its flags, and that it is the same."""

import json
import zlib

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, event
from process import Server, run
from rawhttp2 import RawHTTP2, framed
from scripted_server import ScriptedServer

SNAPSHOT = json.dumps({"note": "again and again " * 500}).encode()
EVENT = (
    "--organization", "acme", "--event-type", "UPDATE", "--target-type", "SERVICE", "--target", "web",
    "--actor", "ada", "--snapshot", SNAPSHOT.decode(),
)  # fmt: skip


# Requests of the command line.


def sent(*options, environment=None, input=None):
    """The only request of `auditrpc record`: its headers, its message, and whether that came compressed."""

    def script(peer):
        peer.start()
        request = peer.next_request()
        answer = log.RecordResponse()
        for one in log.RecordRequest.FromString(request.messages[0][0]).events:
            answer.results.add(id=one.id, sequence=1)
        peer.answer(request.stream, answer.SerializeToString())

    with ScriptedServer(script) as server:
        done = run(
            "record", "--server", server.address, *options, environment=environment, input=input
        )
    assert done.returncode == 0, done.stderr
    (request,) = server.peers[0].requests
    (message, compressed), = request.messages  # fmt: skip
    (recorded,) = log.RecordRequest.FromString(message).events
    assert json.loads(recorded.snapshot) == json.loads(SNAPSHOT)
    return request.headers.get("grpc-encoding"), compressed


LINE = json.dumps(
    {
        "event_type": "UPDATE",
        "target": {"type": "SERVICE", "id": "web"},
        "actor": {"type": "USER", "id": "ada"},
        "snapshot": json.loads(SNAPSHOT),
    }
)


@pytest.mark.parametrize("given", [(EVENT, None), (("--organization", "acme"), LINE)])
@pytest.mark.parametrize(
    "options, variable, expected",
    [
        ((), "", (None, False)),
        (("--compress",), "", ("gzip", True)),
        ((), "1", ("gzip", True)),
    ],
)
def test_requests_are_compressed_when_it_is_asked_for(given, options, variable, expected):
    arguments, input = given
    environment = {"AUDITRPC_COMPRESS": variable}
    assert sent(*arguments, *options, environment=environment, input=input) == expected


# Answers of the server.


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """One that compresses and one that does not, with the same event."""
    folder = tmp_path_factory.mktemp("compression")
    with Server(folder / "on", options=("--compress",)) as on, Server(folder / "off") as off:
        for server in (on, off):
            with Client(server.address, "acme") as client:
                client.record(event(snapshot=SNAPSHOT))
        yield {True: on, False: off}


REQUESTS = {
    "Query": log.QueryRequest(organization_id="acme"),
    "GetEvent": log.GetEventRequest(organization_id="acme", sequence=1),
    "Subscribe": log.SubscribeRequest(organization_id="acme", oldest=True),
}


def messages(data):
    """Each whole message, inflated, and its flag."""
    found = []
    while len(data) >= 5:
        flag, length = data[0], int.from_bytes(data[1:5], "big")
        if len(data) < 5 + length:
            break
        body = data[5 : 5 + length]
        found.append((zlib.decompress(body, 31) if flag else body, flag))
        data = data[5 + length :]
    return found


def event_of(method, answer):
    """The event in an answer, and the flag of its message; nothing while it is not there."""
    for message, flag in messages(answer.data):
        if method == "Query":
            events = log.QueryResponse.FromString(message).events
        elif method == "GetEvent":
            events = [log.GetEventResponse.FromString(message).event]
        else:
            events = log.SubscribeResponse.FromString(message).events.events
        if events:
            return events[0], flag
    return None


@pytest.mark.parametrize("method", REQUESTS)
@pytest.mark.parametrize(
    "compresses, accepted, flag",
    [(True, "identity,gzip", 1), (True, None, 0), (True, "deflate", 0), (False, "gzip", 0)],
)
def test_answers_that_hold_events_are_compressed_for_who_takes_it(
    servers, method, compresses, accepted, flag
):
    with RawHTTP2(servers[compresses].address) as raw:
        stream = raw.open(method, grpc_accept_encoding=accepted)
        raw.send(stream, framed(REQUESTS[method].SerializeToString()))
        answer = raw.answers[stream]
        raw.until(lambda: event_of(method, answer))
    found, compressed = event_of(method, answer)
    assert (found.snapshot, compressed) == (SNAPSHOT, flag)
    assert answer.headers.get("grpc-encoding", "identity") == ("gzip" if flag else "identity")
    assert bool(flag) == (len(answer.data) < len(SNAPSHOT))


def test_small_answers_stay_as_they_are(servers):
    with RawHTTP2(servers[True].address) as raw:
        request = log.GetStatusRequest().SerializeToString()
        answer = raw.call("GetStatus", request, grpc_accept_encoding="gzip")
    assert "grpc-encoding" not in answer.headers
    assert messages(answer.data)[0][1] == 0


def test_the_command_line_reads_what_the_server_compressed(servers):
    done = run("query", "--all", "--output", "json", "--server", servers[True].address)
    assert json.loads(done.stdout)["snapshot"] == json.loads(SNAPSHOT)
