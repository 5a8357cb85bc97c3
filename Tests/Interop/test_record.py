"""Record and RecordStream: what OK promises, and what a refusal leaves behind."""

import time

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from auditrpc.v1 import event_pb2
from clients import Event, Status, content, event, new_id, refusal, target, timestamp, violations
from google.rpc import code_pb2

pytestmark = pytest.mark.each_transport


def full_event(id):
    """Every field that a caller may set."""
    return Event(
        id=id,
        occurred_at=timestamp(1_700_000_000.25),
        event_type="TRIGGER_DEPLOY",
        target=target("SERVICE", "service-7", "Wéb \U0001f680"),
        scope=[
            event_pb2.Resource(type="PROJECT", id="p1", name="Shop"),
            event_pb2.Resource(type="ENVIRONMENT", id="e1"),
        ],
        actor=event_pb2.Actor(type=event_pb2.ACTOR_TYPE_AGENT, id="agent-1", name="Deployer"),
        on_behalf_of=[event_pb2.Actor(type=event_pb2.ACTOR_TYPE_USER, id="u1", name="Ada")],
        source="API",
        change="replicas 1 -> 2",
        snapshot=b'{"replicas": 2, "name": "w\xc3\xa9b"}',
        outcome=event_pb2.OUTCOME_DENIED,
        reason="quota",
        context=event_pb2.RequestContext(
            ip_address="2001:db8::1",
            user_agent="curl/8",
            request_id="r-1",
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
        metadata={"region": "eu-west-3", "empty": ""},
    )


def test_every_field_comes_back_as_it_was_given(client, organization):
    given = full_event(new_id())
    client.record(given)
    (stored,) = client.events()
    given.organization_id = organization
    assert content(stored) == content(given)
    assert stored.sequence > 0
    assert abs(stored.recorded_at.ToSeconds() - time.time()) < 60


def test_what_is_left_out_is_set_by_the_server(client, organization):
    (result,) = client.record(event())
    (stored,) = client.events()
    assert stored.id == result.id
    assert len(result.id) == 36 and result.id[14] == "7", f"not a UUIDv7: {result.id}"
    assert stored.organization_id == organization
    assert stored.occurred_at == stored.recorded_at == result.recorded_at
    assert stored.outcome == event_pb2.OUTCOME_SUCCESS


def test_what_only_the_server_sets_is_ignored_when_sent(client):
    forged = event(sequence=999_999_999, recorded_at=timestamp(1))
    (result,) = client.record(forged)
    (stored,) = client.events()
    assert stored.sequence == result.sequence < 999_999_999
    assert stored.recorded_at == result.recorded_at != forged.recorded_at


def test_a_batch_gets_dense_sequences_in_its_order(client):
    ids = [new_id() for _ in range(1000)]
    results = client.record(*(event(id=id) for id in ids))
    assert [result.id for result in results] == ids
    first = results[0].sequence
    assert [result.sequence for result in results] == list(range(first, first + 1000))
    assert [stored.id for stored in client.events()] == ids


def test_the_same_event_again_is_a_duplicate_at_its_first_place(client):
    given = full_event(new_id())
    (first,) = client.record(given)
    (again,) = client.record(given)
    assert not first.duplicate and again.duplicate
    assert (again.sequence, again.recorded_at) == (first.sequence, first.recorded_at)
    assert len(client.events()) == 1


def test_an_id_given_in_upper_case_is_the_same_id(client):
    id = new_id()
    (first,) = client.record(event(id=id, occurred_at=timestamp(1_700_000_000)))
    (again,) = client.record(event(id=id.upper(), occurred_at=timestamp(1_700_000_000)))
    assert again.duplicate and again.sequence == first.sequence


def test_the_same_event_twice_in_one_request_is_stored_once(client):
    given = full_event(new_id())
    first, second = client.record(given, given)
    assert (first.duplicate, second.duplicate) == (False, True)
    assert first.sequence == second.sequence
    assert len(client.events()) == 1


def test_the_same_id_with_other_content_already_exists(client):
    given = full_event(new_id())
    client.record(given)
    given.change = "something else"
    error = refusal(client.record, event(), given)
    assert error.code() == Status.ALREADY_EXISTS
    assert given.id in error.details()
    assert len(client.events()) == 1, "the other event of the refused request was stored"


def test_two_organizations_may_use_the_same_id(client, organization):
    given = full_event(new_id())
    client.record(given)
    given.organization_id = f"{organization}-other"
    (result,) = client.record(given)
    assert not result.duplicate


def test_a_refused_event_refuses_the_whole_request_and_is_named(client):
    error = refusal(client.record, event(), event(event_type=""), event())
    assert error.code() == Status.INVALID_ARGUMENT
    assert list(violations(error)) == ["events[1].event_type"]
    assert client.events() == []


def test_partial_success_stores_the_others_and_says_why_not_that_one(client):
    good, bad, other = client.record(
        event(), event(target=target("SERVICE", "")), event(), partial=True
    )
    assert not good.HasField("error") and not other.HasField("error")
    assert bad.error.code == code_pb2.INVALID_ARGUMENT
    assert any(field.endswith("target.id") for field in violations(bad.error)), bad.error
    assert bad.sequence == 0
    assert other.sequence == good.sequence + 1
    assert [stored.id for stored in client.events()] == [good.id, other.id]


def test_partial_success_with_a_conflict_stores_the_others(client):
    given = full_event(new_id())
    client.record(given)
    given.change = "something else"
    conflict, stored = client.record(given, event(), partial=True)
    assert conflict.error.code == code_pb2.ALREADY_EXISTS
    assert not stored.HasField("error")
    assert len(client.events()) == 2


# The fields of one event that is over a limit, and the field that the refusal names.
OVER_A_LIMIT = {
    "event_type is missing": (dict(event_type=""), "event_type"),
    "event_type too long": (dict(event_type="A" * 1025), "event_type"),
    "target is missing": (dict(target=None), "target"),
    "target type is missing": (dict(target=target("", "x")), "target.type"),
    "target id with NUL": (dict(target=target("S", "a\0b")), "target.id"),
    "actor is missing": (dict(actor=None), "actor"),
    "actor type is missing": (dict(actor=event_pb2.Actor(id="u")), "actor.type"),
    "actor type is unknown": (dict(actor=event_pb2.Actor(type=77, id="u")), "actor.type"),
    "actor id is missing": (dict(actor=event_pb2.Actor(type=1)), "actor.id"),
    "scope too deep": (dict(scope=[event_pb2.Resource(type="P", id="1")] * 9), "scope"),
    "scope id is missing": (dict(scope=[event_pb2.Resource(type="P")]), "scope[0].id"),
    "on_behalf_of too long": (
        dict(on_behalf_of=[event_pb2.Actor(type=1, id="u")] * 9),
        "on_behalf_of",
    ),
    "change too long": (dict(change="x" * 4097), "change"),
    "reason too long": (dict(reason="x" * 1025), "reason"),
    "outcome is unknown": (dict(outcome=99), "outcome"),
    "snapshot is not JSON": (dict(snapshot=b"{'a': 1}"), "snapshot"),
    "snapshot ends early": (dict(snapshot=b'{"a": [1, 2'), "snapshot"),
    "snapshot has two values": (dict(snapshot=b"1 2"), "snapshot"),
    "snapshot too deep": (dict(snapshot=b"[" * 129 + b"]" * 129), "snapshot"),
    "snapshot is not UTF-8": (dict(snapshot=b'"\xff"'), "snapshot"),
    "id is no UUID": (dict(id="event-1"), "id"),
    "organization too long": (dict(organization_id="o" * 129), "organization_id"),
    "occurred_at before 1970": (dict(occurred_at=timestamp(-1)), "occurred_at"),
    "metadata too many": (dict(metadata={str(n): "" for n in range(65)}), "metadata"),
    "metadata with an empty key": (dict(metadata={"": "x"}), "metadata"),
    "ip address too long": (
        dict(context=event_pb2.RequestContext(ip_address="1" * 1025)),
        "context.ip_address",
    ),
}


@pytest.mark.parametrize("fields, named", OVER_A_LIMIT.values(), ids=OVER_A_LIMIT.keys())
def test_an_event_over_a_limit_is_refused_and_the_field_named(client, fields, named):
    error = refusal(client.record, event(**fields))
    assert error.code() == Status.INVALID_ARGUMENT
    (field,) = violations(error)
    assert field == f"events[0].{named}" or field.startswith(f"events[0].{named}"), field
    assert client.events() == []


def test_what_is_just_within_the_limits_is_stored(client):
    client.record(
        event(
            event_type="A" * 1024,
            change="x" * 4096,
            scope=[event_pb2.Resource(type="P", id=str(n)) for n in range(8)],
            on_behalf_of=[event_pb2.Actor(type=1, id="u")] * 8,
            metadata={str(n): "" for n in range(64)},
            snapshot=b"[" * 128 + b"]" * 128,
            occurred_at=timestamp(0),
        ),
        event(occurred_at=timestamp(time.time() + 240)),
        event(snapshot=b'"' + b"x" * 260_000 + b'"'),
    )
    assert len(client.events()) == 3


def test_a_time_far_in_the_future_is_refused(client):
    error = refusal(client.record, event(occurred_at=timestamp(time.time() + 3600)))
    assert error.code() == Status.INVALID_ARGUMENT
    assert list(violations(error)) == ["events[0].occurred_at"]


def test_an_event_of_more_than_256_kib_is_refused(client):
    error = refusal(client.record, event(snapshot=b'"' + b"x" * 262_144 + b'"'))
    assert error.code() == Status.INVALID_ARGUMENT
    assert any(field.startswith("events[0]") for field in violations(error))


def test_a_missing_organization_is_refused(client):
    error = refusal(client.stub.Record, log.RecordRequest(events=[event()]), timeout=10)
    assert error.code() == Status.INVALID_ARGUMENT
    assert list(violations(error)) == ["events[0].organization_id"]


@pytest.mark.parametrize("count", [0, 1001])
def test_a_record_holds_1_to_1000_events(client, count):
    error = refusal(client.record, *[event()] * count)
    assert error.code() == Status.INVALID_ARGUMENT
    assert list(violations(error)) == ["events"]
