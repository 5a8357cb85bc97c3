"""HTTP/2 stacks that are not gRPC's: grpclib, which stands on h2, and curl."""

import asyncio
import shutil
import subprocess

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import SERVICE, event
from grpcio_service import messages
from grpclib.client import Channel, StreamStreamMethod, UnaryStreamMethod, UnaryUnaryMethod
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from interop import GRPC_SERVICE
from rawhttp2 import Answer, framed

WAIT_SECONDS = 30


@pytest.fixture(autouse=True)
def plain_only(transport):
    if transport.name != "plain":
        pytest.skip("these clients are told to speak plain text")


def over_grpclib(address, body):
    """Runs `await body(channel)` with a channel to the server."""

    async def run():
        host, _, port = address.rpartition(":")
        async with Channel(host, int(port)) as channel:
            return await asyncio.wait_for(body(channel), WAIT_SECONDS)

    return asyncio.run(run())


def unary(channel, method, request, response):
    return UnaryUnaryMethod(channel, SERVICE + method, type(request), response)(request)


def record_request(organization, *changes):
    return log.RecordRequest(
        organization_id=organization, events=[event(change=change) for change in changes]
    )


async def record(channel, organization, *changes):
    request = record_request(organization, *changes)
    return await unary(channel, "Record", request, log.RecordResponse)


def test_grpclib_records_and_queries(shared_server, organization):
    async def body(channel):
        recorded = await record(channel, organization, "one", "two")
        page = await unary(
            channel, "Query", log.QueryRequest(organization_id=organization), log.QueryResponse
        )
        return recorded, page

    recorded, page = over_grpclib(shared_server.address, body)
    assert [one.sequence for one in recorded.results] == [one.sequence for one in page.events][::-1]
    assert [one.change for one in page.events] == ["two", "one"]


def test_grpclib_is_told_what_is_wrong(shared_server, organization):
    async def body(channel):
        await record(channel, organization)

    with pytest.raises(GRPCError) as refused:
        over_grpclib(shared_server.address, body)
    assert refused.value.status is Status.INVALID_ARGUMENT
    assert "events" in refused.value.message


def test_grpclib_follows_a_feed_and_leaves_it(shared_server, organization, client):
    client.record(event(change="before"))

    async def body(channel):
        request = log.SubscribeRequest(organization_id=organization, oldest=True)
        method = UnaryStreamMethod(
            channel, SERVICE + "Subscribe", log.SubscribeRequest, log.SubscribeResponse
        )
        found = []
        async with method.open() as stream:
            await stream.send_message(request, end=True)
            while found != ["before", "live"]:
                message = await stream.recv_message()
                found += [one.change for one in message.events.events]
                if message.WhichOneof("kind") == "caught_up":
                    await record(channel, organization, "live")
            await stream.cancel()
        return await unary(channel, "GetStatus", log.GetStatusRequest(), log.GetStatusResponse)

    assert over_grpclib(shared_server.address, body).head_sequence > 0


def test_grpclib_plays_ping_pong(interop_server):
    async def body(channel):
        method = StreamStreamMethod(
            channel, f"/{GRPC_SERVICE}/FullDuplexCall",
            messages.StreamingOutputCallRequest, messages.StreamingOutputCallResponse,
        )  # fmt: skip
        async with method.open() as stream:
            for sent, asked in ((27_182, 31_415), (8, 9), (1_828, 2_653), (45_904, 58_979)):
                request = messages.StreamingOutputCallRequest(
                    response_parameters=[messages.ResponseParameters(size=asked)],
                    payload=messages.Payload(body=bytes(sent)),
                )
                await stream.send_message(request)
                response = await stream.recv_message()
                assert response.payload.body == bytes(asked)
            await stream.end()
            assert await stream.recv_message() is None

    over_grpclib(interop_server.address, body)


# curl


CURL = ("curl", "--silent", "--show-error", "--http2-prior-knowledge")


def curl(*arguments):
    """Its standard output."""
    if shutil.which("curl") is None:
        pytest.fail("curl is missing: dev/install-dependencies test installs it")
    command = [str(one) for one in (*CURL, "--max-time", WAIT_SECONDS, *arguments)]
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def curl_call(tmp_path, address, method, message):
    """A call whose message goes in and out as the bytes of gRPC; curl writes trailers with the headers."""
    request, headers, body = (tmp_path / name for name in ("request", "headers", "body"))
    request.write_bytes(framed(message.SerializeToString()))
    curl(
        "--data-binary", f"@{request}", "--dump-header", headers, "--output", body,
        "-H", "content-type: application/grpc", "-H", "te: trailers", f"http://{address}{method}",
    )  # fmt: skip
    fields = dict(line.split(": ", 1) for line in headers.read_text().splitlines() if ": " in line)
    return fields, Answer(data=body.read_bytes()).messages


def test_curl_records_and_queries(shared_server, organization, tmp_path):
    request = record_request(organization, "by curl")
    fields, (answer,) = curl_call(tmp_path, shared_server.address, SERVICE + "Record", request)
    assert (fields["content-type"], fields["grpc-status"]) == ("application/grpc", "0")
    assert len(log.RecordResponse.FromString(answer).results) == 1
    request = log.QueryRequest(organization_id=organization)
    _, (answer,) = curl_call(tmp_path, shared_server.address, SERVICE + "Query", request)
    assert [one.change for one in log.QueryResponse.FromString(answer).events] == ["by curl"]


def test_curl_has_a_whole_stream(interop_server, tmp_path):
    request = messages.StreamingOutputCallRequest(
        response_parameters=[messages.ResponseParameters(size=size) for size in (1, 200_000, 3)]
    )
    method = f"/{GRPC_SERVICE}/StreamingOutputCall"
    fields, answers = curl_call(tmp_path, interop_server.address, method, request)
    assert fields["grpc-status"] == "0"
    bodies = [messages.StreamingOutputCallResponse.FromString(one).payload.body for one in answers]
    assert list(map(len, bodies)) == [1, 200_000, 3]


def test_curl_follows_a_feed(shared_server, organization, client, tmp_path):
    """It shows each message as it comes, and the server does not mind that it goes in the middle."""
    client.record(event(change="seen by curl"))
    request = tmp_path / "request"
    message = log.SubscribeRequest(organization_id=organization, oldest=True)
    request.write_bytes(framed(message.SerializeToString()))
    content_type = "content-type: application/grpc"
    url = f"http://{shared_server.address}{SERVICE}Subscribe"
    process = subprocess.Popen(
        [*CURL, "--no-buffer", "--data-binary", f"@{request}", "-H", content_type, url],
        stdout=subprocess.PIPE,
    )
    try:
        seen = []
        while "seen by curl" not in seen:
            length = int.from_bytes(process.stdout.read(5)[1:], "big")
            response = log.SubscribeResponse.FromString(process.stdout.read(length))
            seen += [one.change for one in response.events.events]
    finally:
        process.kill()
        process.wait()
    assert client.page(size=1).events


@pytest.mark.parametrize("arguments", [[], ["--data", "a=b"]], ids=["GET", "POST"])
def test_curl_without_grpc_is_told_what_this_is(shared_server, arguments):
    said = curl("--include", *arguments, f"http://{shared_server.address}/").decode()
    head, _, body = said.partition("\r\n\r\n")
    assert head.splitlines()[0].split() == ["HTTP/2", "415"]
    assert "content-type: text/plain" in head
    assert "gRPC" in body and len(body) < 200
