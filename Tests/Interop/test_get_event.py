"""GetEvent, ListFacets and GetStatus."""

import json
import time

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from auditrpc.v1 import event_pb2
from clients import Client, Filter, Status, actor, event, new_id, refusal, resource, target
from clients import violations

ADDED, REMOVED, CHANGED = (
    log.JsonDifference.KIND_ADDED,
    log.JsonDifference.KIND_REMOVED,
    log.JsonDifference.KIND_CHANGED,
)


def differences(answer):
    return {
        one.path: (
            one.kind,
            json.loads(one.before) if one.before else None,
            json.loads(one.after) if one.after else None,
        )
        for one in answer.differences
    }


def test_an_event_its_predecessor_and_what_changed(client):
    before = {"replicas": 1, "env": {"A": "1", "old": True}, "a/b": [1, 2], "same": None}
    after = {"replicas": 2, "env": {"A": "1", "new": "é"}, "a/b": [1, 3, 4], "same": None}
    first, _, second = client.record(
        event(snapshot=json.dumps(before).encode()),
        event(target=target("SERVICE", "another"), snapshot=b"[]"),
        event(snapshot=json.dumps(after).encode()),
    )
    answer = client.get(id=second.id)
    assert answer.event.id == second.id
    assert answer.previous.id == first.id
    assert not answer.previous_unknown
    assert differences(answer) == {
        "/replicas": (CHANGED, 1, 2),
        "/env/old": (REMOVED, True, None),
        "/env/new": (ADDED, None, "é"),
        "/a~1b/1": (CHANGED, 2, 3),
        "/a~1b/2": (ADDED, None, 4),
    }
    assert client.get(sequence=second.sequence) == answer


def test_the_first_event_of_a_target_has_no_predecessor(client):
    client.record(event(target=target("SERVICE", "another")), event(target=target("X", "service-1")))
    (result,) = client.record(event(snapshot=b"{}"))
    answer = client.get(id=result.id)
    assert not answer.HasField("previous")
    assert not answer.differences and not answer.previous_unknown


def test_the_predecessor_is_of_the_same_organization(shared_server, client, organization):
    with Client(shared_server.address, f"{organization}-other") as other:
        other.record(event(snapshot=b"1"))
    (result,) = client.record(event(snapshot=b"2"))
    assert not client.get(id=result.id).HasField("previous")
    with Client(shared_server.address) as everyone:
        assert not everyone.get(sequence=result.sequence).HasField("previous")


def test_another_organizations_event_is_not_found(shared_server, client, organization):
    (result,) = client.record(event())
    with Client(shared_server.address, f"{organization}-other") as other:
        for key in (dict(id=result.id), dict(sequence=result.sequence)):
            assert refusal(other.get, **key).code() == Status.NOT_FOUND


def test_an_event_that_never_was_is_not_found(client):
    assert refusal(client.get, id=new_id()).code() == Status.NOT_FOUND
    assert refusal(client.get, sequence=1 << 60).code() == Status.NOT_FOUND


@pytest.mark.parametrize("key, named", [({}, "key"), ({"id": "nonsense"}, "id")])
def test_a_bad_key_is_refused(client, key, named):
    error = refusal(client.get, **key)
    assert error.code() == Status.INVALID_ARGUMENT
    assert list(violations(error)) == [named]


@pytest.fixture(scope="module")
def faceted(shared_server):
    with Client(shared_server.address, "org-facets") as client:
        shop = resource("PROJECT", "p1", "Shop")
        client.record(
            event(event_type="CREATE", scope=[shop]),
            event(scope=[shop, resource("ENVIRONMENT", "e1")], source="GIT"),
            event(
                actor=actor(event_pb2.ACTOR_TYPE_AGENT, "agent-1", "Deployer"),
                target=target("BUCKET", "b1", "Logs"),
                outcome=event_pb2.OUTCOME_DENIED,
            ),
        )
        yield client


FACETS = {
    "EVENT_TYPE": {"UPDATE": 2, "CREATE": 1},
    "TARGET_TYPE": {"SERVICE": 2, "BUCKET": 1},
    "TARGET_ID": {"service-1": 2, "b1": 1},
    "SCOPE": {"p1": 2, "e1": 1},
    "ACTOR_ID": {"user-1": 2, "agent-1": 1},
    "ACTOR_TYPE": {"USER": 2, "AGENT": 1},
    "SOURCE": {"CONSOLE": 2, "GIT": 1},
    "OUTCOME": {"SUCCESS": 2, "DENIED": 1},
}


@pytest.mark.parametrize("field, expected", FACETS.items())
def test_facets_of_each_field(faceted, field, expected):
    answer = faceted.facets(log.FacetField.Value(f"FACET_FIELD_{field}"))
    assert [(one.value, one.count) for one in answer.facets] == list(expected.items())
    assert (answer.total_count, answer.other_count, answer.complete) == (3, 0, True)


def test_facets_name_what_has_a_name_and_type(faceted):
    (project, environment) = faceted.facets(log.FACET_FIELD_SCOPE).facets
    assert (project.type, project.name) == ("PROJECT", "Shop")
    assert environment.type == "ENVIRONMENT"
    by_id = {one.value: one for one in faceted.facets(log.FACET_FIELD_TARGET_ID).facets}
    assert (by_id["b1"].type, by_id["b1"].name) == ("BUCKET", "Logs")
    by_id = {one.value: one for one in faceted.facets(log.FACET_FIELD_ACTOR_ID).facets}
    assert by_id["agent-1"].name == "Deployer"


def test_facets_under_a_filter_and_a_limit(faceted):
    answer = faceted.facets(log.FACET_FIELD_SOURCE, Filter(target_types=["SERVICE"]), limit=1)
    assert len(answer.facets) == 1 and answer.facets[0].count == 1
    assert (answer.total_count, answer.other_count) == (2, 1)


def test_a_facet_without_a_field_or_with_an_unknown_one_is_refused(faceted):
    for field in (log.FACET_FIELD_UNSPECIFIED, 77):
        error = refusal(faceted.facets, field)
        assert error.code() == Status.INVALID_ARGUMENT
        assert list(violations(error)) == ["field"]
    error = refusal(faceted.facets, log.FACET_FIELD_SOURCE, limit=-1)
    assert list(violations(error)) == ["limit"]


def test_status_of_a_server_with_nothing_stored(own):
    status = own.status()
    assert (status.head_sequence, status.oldest_sequence, status.event_count) == (0, 1, 0)
    assert status.retention.ToSeconds() == 30 * 86_400
    assert status.version
    assert abs(status.started_at.ToSeconds() - time.time()) < 60
    assert status.subscriber_count == 0
    assert status.refusing_writes == ""


def test_status_counts_what_is_stored(own):
    before = own.status().stored_bytes
    own.record(*(event() for _ in range(10)))
    status = own.status()
    assert (status.head_sequence, status.oldest_sequence, status.event_count) == (10, 1, 10)
    assert status.stored_bytes > before
