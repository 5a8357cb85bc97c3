"""Reading the log leaves a trace in it: one event for a caller, an organization and a minute."""

import pytest
import tokens
from auditrpc.v1 import audit_log_pb2 as log
from auditrpc.v1 import event_pb2
from clients import Client, Filter, event
from process import Server, eventually, run

READS = Filter(event_types=["AUDIT_READ"])
ON = {"AUDITRPC_NO_READ_TRACE": ""}


@pytest.fixture
def server(tmp_path):
    options = ["--local-access", "none"]
    with Server(tmp_path / "data", options=options, environment=ON) as server:
        server.root = tokens.first_token(server)
        yield server


def traces(server, organization="acme"):
    """Of everybody but the operator, who looks for them."""
    with Client(server.address, organization, token=server.root) as root:
        return [one for one in root.events(READS) if one.actor.name != "first operator"]


def test_many_reads_are_few_events(server):
    token, secret = tokens.create(server.address, server.root, "dash", "reader", "acme")
    with Client(server.address, token=server.root, organization="acme") as root:
        recorded = root.record(event())[0]
    with Client(server.address, token=secret) as client:
        for _ in range(50):
            client.page()
            client.facets(log.FACET_FIELD_SOURCE)
            client.histogram()
        client.get(id=recorded.id)
        with client.subscribe(filter=READS) as feed:
            feed.until("started")
            first = eventually(lambda: traces(server), what="a trace")[0]
            assert (first.actor.type, first.actor.id) == (event_pb2.ACTOR_TYPE_API_TOKEN, token.id)
            assert first.recorder.id == token.id
            assert first.target.id == "acme"
            # What it is sent of them is not told again.
            # Who looked for the trace left one, too: it may come in the same message.
            assert feed.until("events")[-1].events.events[0].event_type == "AUDIT_READ"
    assert server.terminate() == 0
    # The rest of the minute is told at the end.
    with Server(server.data, environment=ON, options=["--local-access", "none"]) as again:
        again.root = server.root
        found = traces(again)
        assert len(found) < 10
        counted = {}
        for one in found:
            for kind, count in one.metadata.items():
                counted[kind] = counted.get(kind, 0) + int(count)
        assert counted == {"queries": 50, "facets": 50, "histograms": 50, "lookups": 1, "subscriptions": 1}


def test_who_reads_all_organizations_is_told_to_the_operator(server):
    with Client(server.address, token=server.root) as root:
        root.page()
    run("query", environment={**server.environment, "AUDITRPC_TOKEN": server.root})
    with Client(server.address, "auditrpc", token=server.root) as root:
        told = eventually(lambda: root.events(READS), what="a trace")
    assert {one.target.id for one in told} <= {"all", "auditrpc"}


def test_an_operator_may_switch_it_off(tmp_path):
    with Server(tmp_path / "data", options=["--no-read-trace"]) as server:
        with Client(server.address, "acme") as client:
            client.record(event())
            client.page()
    with Server(tmp_path / "data", options=["--no-read-trace"]) as server:
        with Client(server.address, "acme") as client:
            assert [one.event_type for one in client.events()] == ["UPDATE"]
