"""RecordStream: one response per request, in order, whatever became of each."""

import queue

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import event, new_id, violations
from google.rpc import code_pb2

pytestmark = pytest.mark.each_transport


def requests(organization, batches):
    return [log.RecordRequest(organization_id=organization, events=events) for events in batches]


def test_requests_are_pipelined_and_answered_in_order(client, organization):
    ids = [[new_id() for _ in range(1 + n % 7)] for n in range(500)]
    sent = requests(organization, [[event(id=id) for id in batch] for batch in ids])
    answers = list(client.stub.RecordStream(iter(sent), timeout=60))
    assert [[result.id for result in answer.results] for answer in answers] == ids
    assert not any(answer.HasField("status") for answer in answers)
    sequences = [result.sequence for answer in answers for result in answer.results]
    assert sequences == sorted(set(sequences))
    assert client.sequences() == sequences


def test_a_refused_request_in_the_middle_is_answered_and_the_stream_goes_on(client, organization):
    taken = new_id()
    sent = requests(
        organization,
        [
            [event(id=taken, change="first")],
            [event(event_type="")],
            [event(id=taken, change="other")],
            [],
            [event()],
        ],
    )
    answers = list(client.stub.RecordStream(iter(sent), timeout=30))
    assert [answer.status.code for answer in answers] == [
        code_pb2.OK,
        code_pb2.INVALID_ARGUMENT,
        code_pb2.ALREADY_EXISTS,
        code_pb2.INVALID_ARGUMENT,
        code_pb2.OK,
    ]
    assert list(violations(answers[1].status)) == ["events[0].event_type"]
    assert len(client.events()) == 2


def test_each_request_is_answered_while_the_stream_is_open(client, organization):
    """A caller that waits for each answer before its next request is not left waiting."""
    to_send = queue.Queue()
    answers = client.stub.RecordStream(iter(to_send.get, None), timeout=30)
    for _ in range(20):
        to_send.put(log.RecordRequest(organization_id=organization, events=[event()]))
        assert len(next(answers).results) == 1
    to_send.put(None)
    assert list(answers) == []


def test_a_stream_without_requests_ends_at_once(client):
    assert list(client.stub.RecordStream(iter([]), timeout=10)) == []
