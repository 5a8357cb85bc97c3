"""grpc.health.v1 as grpcio's own health client asks it."""

import signal

import pytest
from clients import Client, Status, event, refusal
from grpc_health.v1 import health_pb2 as health
from grpc_health.v1 import health_pb2_grpc

pytestmark = pytest.mark.each_transport

AUDIT_LOG = "auditrpc.v1.AuditLog"
SERVICES = [
    "",
    "auditrpc.v1.Administration",
    AUDIT_LOG,
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
]
SERVING = health.HealthCheckResponse.SERVING
NOT_SERVING = health.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health.HealthCheckResponse.SERVICE_UNKNOWN
CALL_SECONDS = 30


@pytest.fixture
def stub(own):
    return health_pb2_grpc.HealthStub(own.channel)


def check(stub, service):
    return stub.Check(health.HealthCheckRequest(service=service), timeout=CALL_SECONDS).status


def watch(stub, service, timeout=CALL_SECONDS):
    """The statuses, one after another; the first has been read."""
    call = stub.Watch(health.HealthCheckRequest(service=service), timeout=timeout)
    statuses = (response.status for response in call)
    return next(statuses), statuses


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_serves(stub, service):
    assert check(stub, service) == SERVING
    assert watch(stub, service)[0] == SERVING


def test_list_names_them_all(stub):
    statuses = stub.List(health.HealthListRequest(), timeout=CALL_SECONDS).statuses
    assert {name: one.status for name, one in statuses.items()} == {
        name: SERVING for name in SERVICES
    }


def test_a_service_that_is_not_there(stub):
    error = refusal(check, stub, "nobody.Here")
    assert error.code() == Status.NOT_FOUND
    assert watch(stub, "nobody.Here")[0] == SERVICE_UNKNOWN


def test_a_drain_is_told_before_it_ends_the_watch(server, own, stub):
    """Also to those who look on while somebody works."""
    watches = [watch(stub, service)[1] for service in SERVICES]
    own.record(event())
    server.signal(signal.SIGTERM)
    for statuses in watches:
        assert next(statuses) == NOT_SERVING
        assert refusal(next, statuses).code() == Status.UNAVAILABLE
    assert server.wait() == 0


def test_thousands_of_watchers_cost_little_and_are_all_told(server, organization):
    """Two thousand on four connections: a connection has 1,000 streams."""
    clients = [Client(server.address, organization) for _ in range(4)]
    stubs = [health_pb2_grpc.HealthStub(client.channel) for client in clients]
    for stub in stubs:
        assert check(stub, "") == SERVING
    before = server.resident_mebibytes()
    watches = []
    for number in range(2000):
        status, statuses = watch(stubs[number % 4], AUDIT_LOG, timeout=300)
        assert status == SERVING
        watches.append(statuses)
    # 4 KiB each; about 1.3 in practice.
    assert server.resident_mebibytes() - before < 8
    server.signal(signal.SIGTERM)
    for statuses in watches:
        assert next(statuses) == NOT_SERVING
    assert server.wait() == 0
    for client in clients:
        client.channel.close()
