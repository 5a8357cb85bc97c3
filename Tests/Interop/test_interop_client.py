"""The interop cases that gRPC publishes, run by AuditRPC's client against gRPC's own service for Python on grpcio."""

import time

import pytest
from grpcio_service import GrpcioServer, messages
from interop import CASES, SOAK_ITERATIONS_OF_ONE_BYTE_FRAMES, Target, run_auditrpc
from scripted_server import ScriptedServer
from splitting_proxy import SplittingProxy

INVALID_ARGUMENT = 3

# grpcio does not tell a server whether a request came compressed; a scripted server runs these.
SCRIPTED = ("client_compressed_unary", "client_compressed_streaming")


@pytest.fixture(scope="module")
def plain():
    with GrpcioServer() as server:
        yield server.target


@pytest.fixture(scope="module")
def tls():
    with GrpcioServer(tls=True) as server:
        yield server.target


@pytest.fixture(scope="module")
def unix(tmp_path_factory):
    path = tmp_path_factory.mktemp("grpcio") / "socket"
    with GrpcioServer(f"unix:{path}") as server:
        yield server.target


@pytest.fixture(scope="module")
def one_byte_frames(plain):
    host, port = plain.host_and_port
    with SplittingProxy((host, int(port))) as proxy:
        yield Target(proxy.address, soak_iterations=SOAK_ITERATIONS_OF_ONE_BYTE_FRAMES)
        assert proxy.split_frames > 0


@pytest.mark.parametrize("case", [case for case in CASES if case not in SCRIPTED])
@pytest.mark.parametrize("transport", ["plain", "tls", "unix", "one_byte_frames"])
def test_case(transport, case, request):
    if transport == "one_byte_frames" and case == "slow_consumer":
        pytest.skip("its megabytes test the window, with which frames of one byte have nothing to do")
    run_auditrpc(case, request.getfixturevalue(transport))


def is_as_it_says(message, flag):
    return not message.HasField("expect_compressed") or message.expect_compressed.value == flag


def answer_by_flags(peer):
    """UnaryCall and StreamingInputCall; a message that says of itself what is not so is refused."""
    peer.start()
    while True:
        request = peer.next_request()
        unary = request.method == "UnaryCall"
        kind = messages.SimpleRequest if unary else messages.StreamingInputCallRequest
        received = [(kind.FromString(message), flag) for message, flag in request.messages]
        if not all(is_as_it_says(*one) for one in received):
            peer.headers(request.stream)
            peer.trailers(request.stream, INVALID_ARGUMENT)
            continue
        if unary:
            payload = messages.Payload(body=bytes(received[0][0].response_size))
            response = messages.SimpleResponse(payload=payload)
        else:
            size = sum(len(one.payload.body) for one, _ in received)
            response = messages.StreamingInputCallResponse(aggregated_payload_size=size)
        peer.answer(request.stream, response.SerializeToString())


@pytest.mark.parametrize(
    "case, encodings",
    [
        ("client_compressed_unary", [None, "gzip", None]),
        ("client_compressed_streaming", [None, "gzip"]),
    ],
)
def test_compressed_requests(case, encodings):
    with ScriptedServer(answer_by_flags) as server:
        run_auditrpc(case, Target(server.address))
    (peer,) = server.peers
    flags = [flag for request in peer.requests for _, flag in request.messages]
    assert flags == [False, True, False]
    assert [request.headers.get("grpc-encoding") for request in peer.requests] == encodings


# The options of the soak cases.


def answer_by_size(peer):
    """UnaryCall, with as many bytes as are asked for."""
    peer.start()
    while True:
        request = peer.next_request()
        asked = messages.SimpleRequest.FromString(request.messages[0][0])
        payload = messages.Payload(body=bytes(asked.response_size))
        peer.answer(request.stream, messages.SimpleResponse(payload=payload).SerializeToString())


@pytest.mark.parametrize("case, connections", [("rpc_soak", 1), ("channel_soak", 4)])
def test_a_soak_is_as_large_and_as_slow_as_it_is_told(case, connections):
    start = time.monotonic()
    with ScriptedServer(answer_by_size) as server:
        said = run_auditrpc(
            case, Target(server.address), "--soak-iterations", 3, "--soak-request-size", 7,
            "--soak-response-size", 9, "--soak-min-time-ms-between-rpcs", 100,
        )  # fmt: skip
    requests = [
        messages.SimpleRequest.FromString(message)
        for peer in server.peers
        for request in peer.requests
        for message, _ in request.messages
    ]
    assert [(len(one.payload.body), one.response_size) for one in requests] == [(7, 9)] * 3
    assert said.count("succeeded") == 3
    assert len(server.peers) == connections
    assert time.monotonic() - start >= 0.2


def test_a_soak_ends_with_its_overall_timeout():
    def answer_nothing(peer):
        peer.start()
        peer.until_closed()

    with ScriptedServer(answer_nothing) as server:
        with pytest.raises(AssertionError, match="only 1 of 3 calls fit into 1.0 seconds"):
            run_auditrpc(
                "rpc_soak", Target(server.address), "--soak-iterations", 3,
                "--soak-overall-timeout-seconds", 1,
            )  # fmt: skip
    assert len(server.peers[0].requests) == 1
