"""A disk without room: writes are refused and say so, reads go on, nothing answered is lost."""

import contextlib
import subprocess

import grpc
import pytest
from clients import Client, Status, content, event, new_id, refusal
from grpc_health.v1 import health_pb2 as health
from grpc_health.v1 import health_pb2_grpc
from guarantees import Fact, dense, durable
from process import Server, eventually

DISK_BYTES = 24 << 20
BALLAST_BYTES = 10 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MiB, of which a file takes 10."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", folder],
        capture_output=True,
        text=True,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system of its own without root: {mounted.stderr.strip()}")
    (folder / "ballast").write_bytes(b"\1" * BALLAST_BYTES)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def make_batch(client):
    """Of 100 KB: more than may be left where such a one was refused."""
    return [
        event(
            id=new_id(),
            organization_id=client.organization,
            occurred_at={"seconds": 1_700_000_000},
            outcome="OUTCOME_SUCCESS",
            snapshot=b'"' + b"x" * 4000 + b'"',
        )
        for _ in range(25)
    ]


def fill(client):
    """Records until it is refused; the facts of what was answered OK, and the refusal."""
    answered = []
    for _ in range(1000):
        batch = make_batch(client)
        try:
            results = client.record(*batch)
        except grpc.RpcError as error:
            return answered, error
        answered += [
            Fact(client.organization, result.id, result.sequence, content(sent))
            for sent, result in zip(batch, results)
        ]
    raise AssertionError("the disk never filled")


def facts(client):
    return [
        Fact(one.organization_id, one.id, one.sequence, content(one)) for one in client.events()
    ]


def test_a_full_disk_refuses_writes_and_loses_nothing(small_disk, organization):
    with Server(small_disk / "data") as server, Client(server.address, organization) as client:
        answered, error = fill(client)
        assert error.code() == Status.RESOURCE_EXHAUSTED
        assert "disk" in error.details() or "room" in error.details(), error.details()
        assert refusal(client.record, *make_batch(client)).code() == Status.RESOURCE_EXHAUSTED
        durable(answered, facts(client))
        status = client.status()
        dense(facts(client), 1, status.head_sequence, answered)

        # Room again: writes go on, with the server as it is.
        (small_disk / "ballast").unlink()
        (after,) = eventually(lambda: retried(client), within=30, what="writes go on")
        assert after.sequence == status.head_sequence + 1
        assert client.status().refusing_writes == ""
    with Server(small_disk / "data") as server, Client(server.address, organization) as client:
        durable(answered, facts(client))
        dense(facts(client), 1, status.head_sequence + 1, answered)


def retried(client):
    try:
        return client.record(event(change="room again"))
    except grpc.RpcError as error:
        assert error.code() in (Status.RESOURCE_EXHAUSTED, Status.UNAVAILABLE)
        return None


def test_health_tells_of_a_full_disk_and_of_room_again(small_disk, organization):
    """Nobody has to record for the server to notice: a balancer may send it nothing meanwhile."""
    serving = health.HealthCheckResponse.SERVING
    not_serving = health.HealthCheckResponse.NOT_SERVING
    with Server(small_disk / "data") as server, Client(server.address, organization) as client:
        stub = health_pb2_grpc.HealthStub(client.channel)
        names = ["", "auditrpc.v1.AuditLog"]
        watches = [stub.Watch(health.HealthCheckRequest(service=name)) for name in names]
        assert [next(one).status for one in watches] == [serving] * 2
        fill(client)
        assert [next(one).status for one in watches] == [not_serving] * 2
        assert "room" in client.status().refusing_writes
        alive = stub.Check(health.HealthCheckRequest(service="grpc.health.v1.Health"))
        assert alive.status == serving, "the process is well, and reads go on"
        assert client.events()

        (small_disk / "ballast").unlink()
        assert [next(one).status for one in watches] == [serving] * 2
        assert client.status().refusing_writes == ""


def test_a_disk_that_is_full_at_the_start(small_disk, organization):
    """It may refuse to start or serve what is there; it says that there is no room."""
    with Server(small_disk / "data") as server, Client(server.address, organization) as client:
        answered, _ = fill(client)
    with contextlib.suppress(OSError), open(small_disk / "rest", "wb", buffering=0) as rest:
        while rest.write(b"\1" * 4096):
            pass
    with Server(small_disk / "data") as server, Client(server.address, organization) as client:
        durable(answered, facts(client))
        _, error = fill(client)
        assert error.code() == Status.RESOURCE_EXHAUSTED
