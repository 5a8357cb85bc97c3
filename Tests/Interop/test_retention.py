"""The Administration service: retention policies, changed while the server runs."""

import json

import pytest
from auditrpc.v1 import administration_pb2 as admin
from auditrpc.v1 import administration_pb2_grpc
from clients import Client, Status, event, refusal, violations
from google.protobuf.duration_pb2 import Duration
from process import Server, eventually


@pytest.fixture
def administration(client):
    return administration_pb2_grpc.AdministrationStub(client.channel)


def age(seconds):
    return admin.RetentionPolicy(max_age=Duration(seconds=seconds))


def change(organization, **fields):
    return admin.SetRetentionRequest(organization_id=organization, **fields)


def test_a_plan_is_in_force_at_once_and_is_an_event_itself(client, administration, organization):
    client.record(event())
    answer = administration.SetRetention(
        change(organization, policy=admin.RetentionPolicy(plan=admin.RETENTION_PLAN_TEAM), reason="contract 7")
    )
    assert answer.before.inherited and not answer.after.inherited
    assert answer.after.policy.max_age.ToSeconds() == 7 * 86_400
    held = administration.GetRetention(admin.GetRetentionRequest(organization_id=organization))
    assert held.retention == answer.after
    told = client.get(sequence=answer.event_sequence).event
    assert told.organization_id == organization
    assert (told.event_type, told.reason) == ("RETENTION_SET", "contract 7")
    assert told.change == "30 days, by default -> TEAM, 7 days"
    assert json.loads(told.snapshot)["max_age_seconds"] == 7 * 86_400


def test_a_shorter_age_hides_and_a_hold_shows_again(client, administration, organization):
    client.record(event(), event())
    dry = administration.SetRetention(change(organization, policy=age(1), dry_run=True))
    assert dry.after.policy.max_age.ToSeconds() == 1 and not dry.event_sequence
    assert len(client.sequences()) == 2
    administration.SetRetention(change(organization, policy=age(1)))
    eventually(lambda: not client.sequences(), what="everything is too old")
    again = administration.SetRetention(change(organization, policy=age(1), dry_run=True))
    assert again.oldest_sequence_before > dry.oldest_sequence_before
    answer = administration.SetRetention(change(organization, legal_hold=admin.LEGAL_HOLD_ON))
    assert answer.after.legal_hold
    # The two events and those of the two changes.
    assert len(client.sequences()) == 4


def test_another_organization_is_not_touched(shared_server, client, administration, organization):
    with Client(shared_server.address, organization + "-other") as other:
        other.record(event())
        client.record(event())
        administration.SetRetention(change(organization, policy=age(1)))
        eventually(lambda: not client.sequences(), what="everything is too old")
        assert len(other.sequences()) == 1


def test_what_changes_nothing_is_no_event(administration, organization):
    request = change(organization, policy=age(1_000))
    assert administration.SetRetention(request).event_sequence
    assert not administration.SetRetention(request).event_sequence


@pytest.mark.parametrize(
    "fields, field",
    [
        ({"policy": age(0)}, "policy.max_age"),
        ({"policy": age(40_000 * 86_400)}, "policy.max_age"),
        ({"policy": admin.RetentionPolicy(plan=1, max_age=Duration(seconds=5))}, "policy.max_age"),
        ({"inherit": False}, "inherit"),
        ({"reason": "x" * 1_025}, "reason"),
    ],
)
def test_refusals_name_the_field(administration, organization, fields, field):
    error = refusal(administration.SetRetention, change(organization, **fields))
    assert error.code() == Status.INVALID_ARGUMENT
    assert field in violations(error)


def test_the_default_policy_can_be_neither_held_nor_inherited(administration):
    for fields in ({"inherit": True}, {"legal_hold": admin.LEGAL_HOLD_ON}):
        error = refusal(administration.SetRetention, change("", **fields))
        assert error.code() == Status.INVALID_ARGUMENT


def test_policies_survive_a_restart_and_are_listed(tmp_path, organization):
    with Server(tmp_path / "data") as server, Client(server.address, organization) as client:
        stub = administration_pb2_grpc.AdministrationStub(client.channel)
        stub.SetRetention(change("", policy=age(86_400)))
        for name in ("b", "a"):
            stub.SetRetention(change(name, policy=admin.RetentionPolicy(plan=4)))
        before = stub.ListRetention(admin.ListRetentionRequest())
    with Server(tmp_path / "data") as server, Client(server.address, organization) as client:
        stub = administration_pb2_grpc.AdministrationStub(client.channel)
        after = stub.ListRetention(admin.ListRetentionRequest())
        assert after == before
        assert [one.organization_id for one in after.retentions] == ["", "a", "b"]
        assert client.status().retention.ToSeconds() == 86_400
        first = stub.ListRetention(admin.ListRetentionRequest(page_size=2))
        second = stub.ListRetention(
            admin.ListRetentionRequest(page_size=2, page_token=first.next_page_token)
        )
        assert [*first.retentions, *second.retentions] == list(before.retentions)
