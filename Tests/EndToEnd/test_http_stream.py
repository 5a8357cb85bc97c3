"""Server-sent events: live, resumed without loss or doubles, over restarts, at the client's pace."""

import threading

import pytest
from clients import Client, Filter, new_id
from clients import event as grpc_event
from gateway import HTTPClient, HTTPServer, Refused, event
from process import eventually


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with HTTPServer(tmp_path_factory.mktemp("stream")) as server:
        yield server


@pytest.fixture
def client(server):
    with HTTPClient(server) as client:
        yield client


def test_what_is_recorded_arrives(server, client):
    with HTTPClient(server) as follower:
        stream = follower.stream(organization_id="live")
        started, caught_up = stream.until("caught_up")
        assert started.name == "started" and started.data["oldest_sequence"] >= 1
        [result] = client.record(event(change="now"), organization_id="live")
        client.record(event(), organization_id="elsewhere")
        [seen] = stream.events(1)
        assert (seen["id"], seen["change"]) == (result["id"], "now")
        assert stream.last_event_id == str(result["sequence"])


def test_a_filter_holds_in_a_stream(server, client):
    with HTTPClient(server) as follower:
        stream = follower.stream(organization_id="narrow", event_type="DELETE")
        stream.until("caught_up")
        client.record(event(), event(event_type="DELETE"), event(), organization_id="narrow")
        [seen] = stream.events(1)
        assert seen["event_type"] == "DELETE"


def test_progress_moves_the_id(server, client):
    with HTTPClient(server) as follower:
        stream = follower.stream(organization_id="quiet", event_type="NEVER", progress="100ms")
        stream.until("caught_up")
        [result] = client.record(event(), organization_id="quiet")
        reader = threading.Thread(target=lambda: next(stream, None), daemon=True)
        reader.start()
        eventually(lambda: stream.last_event_id and int(stream.last_event_id) >= result["sequence"])
        assert any(comment.startswith("progress ") for comment in stream.comments)
        position = stream.last_event_id
        follower._connection.sock.shutdown(2)
        reader.join(10)
    # A browser resumes there: what matches behind it comes, and nothing else.
    [wanted] = client.record(event(event_type="NEVER"), organization_id="quiet")
    with HTTPClient(server) as follower:
        stream = follower.stream(position, organization_id="quiet", event_type="NEVER")
        assert stream.events(1)[0]["id"] == wanted["id"]


def test_a_browser_resumes_behind_its_last_event(server, client):
    ids = [client.record(event(), organization_id="resume")[0] for _ in range(5)]
    with HTTPClient(server) as follower:
        stream = follower.stream(organization_id="resume", start="oldest")
        first = stream.events(2)
        position = stream.last_event_id
    with HTTPClient(server) as follower:
        # The header goes before the start of the address, which a browser sends again.
        stream = follower.stream(position, organization_id="resume", start="oldest")
        rest = stream.events(3)
    assert [one["id"] for one in first + rest] == [one["id"] for one in ids]


def test_starts_are_those_of_the_feed(server, client):
    results = [client.record(event(), organization_id="starts")[0] for _ in range(3)]
    for parameters, count in [
        ({"start": "oldest"}, 3),
        ({"after_sequence": results[0]["sequence"]}, 2),
        ({"since_recorded": results[1]["recorded_at"]}, 2),
        ({"since_recorded": "1h"}, 3),
        ({"start": "now"}, 0),
    ]:
        with HTTPClient(server) as follower:
            stream = follower.stream(organization_id="starts", **parameters)
            messages = stream.until("caught_up")
            found = [one for one in messages if one.name == "message"]
            assert [one.data["id"] for one in found] == [one["id"] for one in results[3 - count :]]


def test_a_stream_over_restarts_loses_and_doubles_nothing(tmp_path):
    """Publishing goes on while the server is ended and started again at the same port."""
    server = HTTPServer(tmp_path)
    port = server.http_port
    seen, sent = [], []
    position = None
    for round in range(3):
        with server, Client(server.address, "acme") as grpc, HTTPClient(server) as follower:
            stream = follower.stream(position, organization_id="acme", start="oldest")
            batch = [grpc_event(id=new_id()) for _ in range(20)]
            grpc.record(*batch[:10])
            seen += [one["id"] for one in stream.events(10 if round == 0 else 20)]
            # Behind what is read here, so that a resume has work to do.
            grpc.record(*batch[10:])
            sent += [one.id for one in batch]
            position = stream.last_event_id
            server.terminate()
            rest = list(stream)
            assert rest[-1].name == "end" and rest[-1].data["code"] == "UNAVAILABLE"
            arrived = [one for one in rest if one.name == "message"]
            if arrived:
                seen += [one.data["id"] for one in arrived]
                position = stream.last_event_id
        server = HTTPServer(tmp_path, http=f"127.0.0.1:{port}")
        if arrived:
            # The next round's count expects what was still to come.
            with Client(server.address, "acme") as grpc:
                extra = [grpc_event(id=new_id()) for _ in range(10)]
                grpc.record(*extra)
                sent += [one.id for one in extra]
    with server, HTTPClient(server) as follower:
        stream = follower.stream(position, organization_id="acme", start="oldest")
        seen += [one.data["id"] for one in stream.until("caught_up") if one.name == "message"]
    assert seen == sent


def test_gone_events_are_a_gap_or_the_end(tmp_path):
    with HTTPServer(tmp_path, options=["--retention", "1s"]) as server, HTTPClient(server) as client:
        client.record(event(), organization_id="gone")
        [second] = client.record(event(), organization_id="gone")

        def is_gone():
            answer = client.get("/v1/events", organization_id="gone")
            return not answer.json["events"]

        eventually(is_gone, within=20)
        with HTTPClient(server) as follower:
            stream = follower.stream(organization_id="gone", after_sequence=0)
            gap = next(one for one in stream if one.name == "gap")
            assert gap.data["first_sequence"] == 1
            assert gap.data["last_sequence"] >= second["sequence"]
            assert gap.id == str(gap.data["last_sequence"])
        with HTTPClient(server) as follower:
            stream = follower.stream(organization_id="gone", after_sequence=0, on_gap="fail")
            end = list(stream)[-1]
            assert (end.name, end.data["code"]) == ("end", "OUT_OF_RANGE")


def test_a_client_that_leaves_is_forgotten(server):
    with Client(server.address) as grpc:
        before = grpc.status().subscriber_count
        followers = [HTTPClient(server) for _ in range(20)]
        for follower in followers:
            follower.stream(organization_id="leavers").until("caught_up")
        eventually(lambda: grpc.status().subscriber_count == before + 20)
        for follower in followers:
            follower._connection.sock.shutdown(2)
            follower.close()
        eventually(lambda: grpc.status().subscriber_count == before)


def test_a_client_that_takes_nothing_holds_nobody_up(server, client):
    """It is sent what it has room for, then nothing; others go on, and memory stays."""
    with HTTPClient(server) as stuck, HTTPClient(server) as other:
        stuck.stream(organization_id="stuck").until("caught_up")
        stream = other.stream(organization_id="stuck")
        stream.until("caught_up")
        before = server.resident_mebibytes()
        for _ in range(60):
            batch = [event(snapshot={"text": "x" * 30_000}) for _ in range(30)]
            client.record(*batch, organization_id="stuck")
            stream.events(30)
        # 54 MB went by.
        assert server.resident_mebibytes() - before < 150


def test_streams_are_refused_like_calls(server):
    with HTTPClient(server) as follower, pytest.raises(Refused) as refused:
        follower.stream(organization_id="x" * 5000)
    assert refused.value.answer.status == 400


def test_many_streams_are_sent_the_same(server, client):
    followers = [HTTPClient(server) for _ in range(50)]
    streams = [follower.stream(organization_id="many") for follower in followers]
    for stream in streams:
        stream.until("caught_up")
    results = client.record(*[event(change=str(n)) for n in range(100)], organization_id="many")
    wanted = [one["id"] for one in results]
    for stream in streams:
        assert [one["id"] for one in stream.events(100)] == wanted
    for follower in followers:
        follower.close()
