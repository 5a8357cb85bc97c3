"""Every method, by every role, for its own organization and for another one."""

import grpc
import pytest
import tokens
from auditrpc.v1 import access_pb2 as access
from auditrpc.v1 import administration_pb2 as admin
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, Filter, Status, event
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from process import Server

OWN, OTHER = "acme", "globex"
LOG = "/auditrpc.v1.AuditLog/"
ADMINISTRATION = "/auditrpc.v1.Administration/"
HEALTH = "/grpc.health.v1.Health/"
REFLECTION = "/grpc.reflection.{}.ServerReflection/ServerReflectionInfo"
WEB = Filter(target_types=["SERVICE"], target_ids=["service-1"])

WRITERS = {"recorder", "operator"}
READERS = {"reader", "viewer", "admin", "operator"}
ADMINS = {"admin", "operator"}
EVERYONE = {"nobody", "recorder", "reader", "viewer", "admin", "operator"}
ANYBODY_KNOWN = EVERYONE - {"nobody"}


def requests(organization):
    """{path: (who may call it, a request that is answered when they do)}."""
    named = {"organization_id": organization}
    reflection = reflection_pb2.ServerReflectionRequest(list_services="")
    return {
        LOG + "Record": (WRITERS, log.RecordRequest(**named, events=[event()])),
        LOG + "RecordStream": (WRITERS, log.RecordRequest(**named, events=[event()])),
        LOG + "Query": (READERS, log.QueryRequest(**named)),
        LOG + "Subscribe": (READERS, log.SubscribeRequest(**named)),
        LOG + "GetEvent": (READERS, log.GetEventRequest(**named, sequence=1)),
        LOG + "ListFacets": (
            READERS,
            log.ListFacetsRequest(**named, field=log.FACET_FIELD_SOURCE),
        ),
        LOG + "Histogram": (
            READERS,
            log.HistogramRequest(**named, split_by=log.FACET_FIELD_SOURCE),
        ),
        LOG + "GetCaller": (ANYBODY_KNOWN, access.GetCallerRequest()),
        LOG + "GetStatus": (READERS - {"viewer"}, log.GetStatusRequest(**named)),
        ADMINISTRATION + "GetRetention": (ADMINS, admin.GetRetentionRequest(**named)),
        ADMINISTRATION + "ListRetention": (ADMINS, admin.ListRetentionRequest()),
        ADMINISTRATION + "SetRetention": (
            ADMINS,
            admin.SetRetentionRequest(
                **named, policy=admin.RetentionPolicy(plan=admin.RETENTION_PLAN_TEAM), dry_run=True
            ),
        ),
        ADMINISTRATION + "CreateSnapshot": (
            {"operator"},
            admin.CreateSnapshotRequest(directory="/nowhere/at/all"),
        ),
        ADMINISTRATION + "CreateToken": (
            ADMINS,
            access.CreateTokenRequest(**named, name="t", role=access.ROLE_READER),
        ),
        ADMINISTRATION + "ListTokens": (ADMINS, access.ListTokensRequest(**named)),
        ADMINISTRATION + "RotateToken": (ADMINS, access.RotateTokenRequest(id="000000000000")),
        ADMINISTRATION + "RevokeToken": (ADMINS, access.RevokeTokenRequest(id="000000000000")),
        ADMINISTRATION + "CreateViewerToken": (
            READERS - {"viewer"},
            access.CreateViewerTokenRequest(**named, filter=WEB),
        ),
        ADMINISTRATION + "SetQuota": (
            ADMINS,
            access.SetQuotaRequest(token_id="000000000000", quota=access.Quota(subscribers=1)),
        ),
        ADMINISTRATION + "ListQuotas": (ADMINS, access.ListQuotasRequest(**named)),
        HEALTH + "Check": (EVERYONE, health_pb2.HealthCheckRequest()),
        HEALTH + "Watch": (EVERYONE, health_pb2.HealthCheckRequest()),
        HEALTH + "List": (EVERYONE, health_pb2.HealthCheckRequest()),
        REFLECTION.format("v1"): (ANYBODY_KNOWN, reflection),
        REFLECTION.format("v1alpha"): (ANYBODY_KNOWN, reflection),
    }


STREAMS = ("Subscribe", "RecordStream", "Watch", "ServerReflectionInfo")
# What is not said of an organization is not refused for another one.
UNNAMED = {"GetCaller", "ListRetention", "CreateSnapshot", "RotateToken", "RevokeToken", "SetQuota"}
# What an allowed call may be answered with, where it cannot be OK.
ANSWERS = {
    "CreateSnapshot": {Status.FAILED_PRECONDITION},
    "RotateToken": {Status.NOT_FOUND},
    "RevokeToken": {Status.NOT_FOUND},
    "SetQuota": {Status.NOT_FOUND},
    "GetEvent": {Status.OK, Status.NOT_FOUND},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server without local access, and a token of each role in OWN."""
    server = Server(tmp_path_factory.mktemp("access"), options=["--local-access", "none"])
    with server:
        root = tokens.first_token(server)
        held = {"nobody": None, "operator": root}
        for role in ("recorder", "reader", "admin"):
            held[role] = tokens.create(server.address, root, role, role, OWN)[1]
        held["viewer"] = tokens.viewer(server.address, held["reader"], WEB)
        for organization in (OWN, OTHER):
            with Client(server.address, organization, token=root) as client:
                client.record(event())
        yield server, held


def outcome(client, path, request):
    """The status of one call; a stream is left after its first message."""
    data = request.SerializeToString()
    method = path.rpartition("/")[2]
    try:
        if method in ("RecordStream", "ServerReflectionInfo"):
            call = client._calls.stream_stream(
                path, request_serializer=bytes, response_deserializer=bytes
            )(iter([data]), timeout=30)
            answer = next(call)
            call.cancel()
            # A stream goes on when one of its requests is refused.
            said = log.RecordResponse.FromString(answer) if method == "RecordStream" else None
            if said is not None and said.HasField("status"):
                code = next(one for one in Status if one.value[0] == said.status.code)
                return code, said.status.message
        elif method in STREAMS:
            call = client.raw(path, stream=True)(data, timeout=30)
            next(call)
            call.cancel()
        else:
            client.raw(path)(data, timeout=30)
    except grpc.RpcError as error:
        return error.code(), error.details()
    return Status.OK, ""


def test_the_table_knows_every_method(world):
    """What reflection lists is what this test walks."""
    server, held = world
    with Client(server.address, token=held["operator"]) as client:
        stub = client._calls.stream_stream(
            REFLECTION.format("v1alpha"),
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        listed = next(stub(iter([asked]), timeout=30)).list_services_response.service
    walked = {path.split("/")[1] for path in requests(OWN)}
    assert {one.name for one in listed} == walked
    from auditrpc.v1 import administration_pb2, audit_log_pb2

    for module, name, prefix in [
        (audit_log_pb2, "AuditLog", LOG),
        (administration_pb2, "Administration", ADMINISTRATION),
    ]:
        for method in module.DESCRIPTOR.services_by_name[name].methods:
            assert prefix + method.name in requests(OWN)


@pytest.mark.parametrize("role", sorted(EVERYONE))
@pytest.mark.parametrize("path", sorted(requests(OWN)))
def test_a_method_is_for_whom_the_table_says(world, path, role):
    server, held = world
    method = path.rpartition("/")[2]
    with Client(server.address, token=held[role]) as client:
        allowed, request = requests(OWN)[path]
        code, text = outcome(client, path, request)
        if role in allowed:
            assert code in ANSWERS.get(method, {Status.OK}), text
        elif role == "nobody":
            assert code == Status.UNAUTHENTICATED, text
        else:
            assert code == Status.PERMISSION_DENIED, text
        if path.startswith(HEALTH) or "Reflection" in path or method in UNNAMED:
            return
        # Whether the other organization exists makes no difference, in code and text.
        answers = {
            outcome(client, path, requests(other)[path][1]) for other in (OTHER, "no-such-one")
        }
        if role == "operator":
            assert {one for one, _ in answers} <= ANSWERS.get(method, {Status.OK})
        else:
            assert len(answers) == 1, answers
            expected = Status.UNAUTHENTICATED if role == "nobody" else Status.PERMISSION_DENIED
            assert answers.pop()[0] == expected


@pytest.mark.parametrize("role", ["recorder", "reader", "viewer", "admin"])
def test_a_request_that_names_no_organization_is_about_the_callers(world, role):
    server, held = world
    with Client(server.address, token=held[role]) as client:
        for path, (allowed, request) in requests("").items():
            if role not in allowed or path.startswith(HEALTH):
                continue
            method = path.rpartition("/")[2]
            code, text = outcome(client, path, request)
            assert code in ANSWERS.get(method, {Status.OK}), (path, text)


def test_an_admin_makes_no_operator(world):
    server, held = world
    with Client(server.address, token=held["admin"]) as client:
        request = access.CreateTokenRequest(name="root", role=access.ROLE_OPERATOR)
        code, _ = outcome(client, ADMINISTRATION + "CreateToken", request)
        assert code == Status.PERMISSION_DENIED
        listed = client.administration.ListTokens(access.ListTokensRequest(), timeout=30).tokens
        assert {one.organization_id for one in listed} == {OWN}
    with Client(server.address, token=held["operator"]) as client:
        everyone = client.administration.ListTokens(access.ListTokensRequest(), timeout=30).tokens
    theirs = [one.id for one in everyone if one.organization_id != OWN]
    assert theirs, "the operator's own is there"
    with Client(server.address, token=held["admin"]) as client:
        for id in theirs:
            for name, request in [
                ("RevokeToken", access.RevokeTokenRequest(id=id)),
                ("RotateToken", access.RotateTokenRequest(id=id)),
            ]:
                code, _ = outcome(client, ADMINISTRATION + name, request)
                assert code == Status.NOT_FOUND
