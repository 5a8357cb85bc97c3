"""The interop cases that gRPC publishes, against AuditRPC's server, from its own clients and others."""

import pytest
from interop import (
    CLIENTS,
    SOAK_ITERATIONS_OF_ONE_BYTE_FRAMES,
    InteropServer,
    Target,
)
from splitting_proxy import SplittingProxy

TRANSPORTS = ("plain", "tls", "unix", "one_byte_frames")


# Each byte a frame is too much for the debug build of grpc-swift-2 where a case has a megabyte.
LARGE = {
    "large_unary",
    "client_compressed_unary",
    "server_compressed_unary",
    "server_compressed_streaming",
    "custom_metadata",
    "slow_consumer",
    "rpc_soak",
    "channel_soak",
}


def is_run(transport, client, case):
    if transport != "one_byte_frames":
        return True
    # Its megabytes test the window, with which frames of one byte have nothing to do.
    return case != "slow_consumer" and (client != "grpc-swift" or case not in LARGE)


RUNS = [
    pytest.param(transport, client, case, id=f"{transport}-{client}-{case}")
    for transport in TRANSPORTS
    for client, (_, cases) in CLIENTS.items()
    for case in cases
    if is_run(transport, client, case)
]


@pytest.fixture(scope="module")
def plain(interop_server):
    return interop_server


@pytest.fixture(scope="module")
def tls():
    with InteropServer.with_tls() as server:
        yield Target(server.address, tls=True)


@pytest.fixture(scope="module")
def unix(tmp_path_factory):
    # gRPC's own clients take a host and a port, and put a colon between them.
    path = tmp_path_factory.mktemp("unix") / "interop:1"
    with InteropServer("--listen", f"unix:{path}") as server:
        yield Target(server.address)


@pytest.fixture(scope="module")
def one_byte_frames(plain):
    host, port = plain.host_and_port
    with SplittingProxy((host, int(port))) as proxy:
        yield Target(proxy.address, soak_iterations=SOAK_ITERATIONS_OF_ONE_BYTE_FRAMES)
        assert proxy.split_frames > 0


@pytest.mark.parametrize("transport, client, case", RUNS)
def test_case(transport, client, case, request):
    run_case, _ = CLIENTS[client]
    run_case(case, request.getfixturevalue(transport))
