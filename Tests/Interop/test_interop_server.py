"""The interop test service where no client of a library looks: the flags of messages, times, the order of ends."""

import time
import zlib

import pytest
from grpcio_service import messages
from interop import GRPC_SERVICE
from rawhttp2 import RawHTTP2, framed

OK, UNKNOWN, INVALID_ARGUMENT = 0, 2, 3


@pytest.fixture
def raw(interop_server):
    host, port = interop_server.host_and_port
    with RawHTTP2((host, int(port))) as connection:
        yield connection


def path(method):
    return {":path": f"/{GRPC_SERVICE}/{method}"}


def call(raw, method, *requests, **headers):
    """A whole call of these requests."""
    stream = raw.open(method, headers=path(method), **headers)
    raw.send(stream, b"".join(framed(one.SerializeToString()) for one in requests))
    return raw.answer(stream)


def sizes(answer):
    responses = map(messages.StreamingOutputCallResponse.FromString, answer.messages)
    return [len(one.payload.body) for one in responses]


def output(*parameters, **fields):
    return messages.StreamingOutputCallRequest(
        response_parameters=[messages.ResponseParameters(**one) for one in parameters], **fields
    )


@pytest.mark.parametrize("method", ["StreamingOutputCall", "FullDuplexCall", "HalfDuplexCall"])
def test_every_response_waits_for_its_interval(raw, method):
    start = time.monotonic()
    entries = [dict(size=size, interval_us=50_000) for size in (1, 0, 3)] + [dict(size=4)]
    answer = call(raw, method, output(*entries))
    assert sizes(answer) == [1, 0, 3, 4]
    assert answer.grpc_status == OK
    assert time.monotonic() - start >= 0.150


def test_an_interval_holds_no_other_call(raw):
    slow = raw.open("FullDuplexCall", headers=path("FullDuplexCall"))
    request = output(dict(size=1, interval_us=3_600_000_000 // 2))
    raw.send(slow, framed(request.SerializeToString()), end=False)
    assert call(raw, "StreamingOutputCall", output(dict(size=7))).grpc_status == OK
    assert raw.answers[slow].data == b""


def test_half_duplex_answers_when_all_requests_are_there(raw):
    stream = raw.open("HalfDuplexCall", headers=path("HalfDuplexCall"))
    for size in (5, 6):
        raw.send(stream, framed(output(dict(size=size)).SerializeToString()), end=False)
    assert call(raw, "EmptyCall", messages.BoolValue()).grpc_status == OK
    assert raw.answers[stream].headers == {}
    raw.send(stream, b"")
    assert sizes(raw.answer(stream)) == [5, 6]


def test_a_status_comes_behind_the_responses_and_before_later_requests(raw):
    status = messages.EchoStatus(code=UNKNOWN, message="enough")
    first = output(dict(size=1), dict(size=2), response_status=status)
    answer = call(raw, "FullDuplexCall", first, output(dict(size=3)))
    assert sizes(answer) == [1, 2]
    assert (answer.grpc_status, answer.grpc_message) == (UNKNOWN, "enough")


def test_a_status_alone_is_the_whole_answer(raw):
    status = messages.EchoStatus(code=UNKNOWN, message="no")
    request = messages.SimpleRequest(response_status=status, response_size=10)
    answer = call(raw, "UnaryCall", request)
    assert (answer.headers["grpc-status"], answer.data, answer.trailers) == ("2", b"", {})


def flags(answer):
    """Of each message whether it is compressed; and that what is compressed is gzip."""
    found, rest = [], answer.data
    while rest:
        flag, length = rest[0], int.from_bytes(rest[1:5], "big")
        if flag:
            zlib.decompress(rest[5 : 5 + length], 31)
        found.append(flag)
        rest = rest[5 + length :]
    return found


COMPRESSED = [messages.BoolValue(value=value) for value in (True, False, True)]


def test_each_streamed_response_is_compressed_as_asked(raw):
    entries = [dict(size=10_000, compressed=value) for value in COMPRESSED]
    request = output(*entries, dict(size=10_000))
    answer = call(raw, "StreamingOutputCall", request, grpc_accept_encoding="identity,gzip")
    assert answer.headers["grpc-encoding"] == "gzip"
    assert flags(answer) == [1, 0, 1, 0]


@pytest.mark.parametrize("method", ["StreamingOutputCall", "FullDuplexCall", "HalfDuplexCall"])
def test_what_the_first_response_leaves_open_later_ones_may_ask_for(raw, method):
    first = dict(size=10_000)
    later = [dict(size=10_000, compressed=value) for value in COMPRESSED]
    requests = [output(first), output(*later)]
    if method == "StreamingOutputCall":
        requests = [output(first, *later)]
    answer = call(raw, method, *requests, grpc_accept_encoding="gzip")
    assert answer.headers["grpc-encoding"] == "gzip"
    assert flags(answer) == [0, 1, 0, 1]


@pytest.mark.parametrize("accepted", [None, "identity", "deflate,br"])
def test_nothing_is_compressed_for_who_does_not_take_it(raw, accepted):
    request = output(dict(size=10_000, compressed=COMPRESSED[0]))
    answer = call(raw, "StreamingOutputCall", request, grpc_accept_encoding=accepted)
    assert answer.headers.get("grpc-encoding", "identity") == "identity"
    assert flags(answer) == [0]


@pytest.mark.parametrize("expected", [True, False])
@pytest.mark.parametrize("sent", [True, False])
def test_a_request_that_is_not_compressed_as_it_says(raw, expected, sent):
    request = messages.SimpleRequest(
        expect_compressed=messages.BoolValue(value=expected),
        payload=messages.Payload(body=bytes(1000)),
    ).SerializeToString()
    stream = raw.open("UnaryCall", headers=path("UnaryCall"), grpc_encoding="gzip")
    deflater = zlib.compressobj(wbits=31)
    message = deflater.compress(request) + deflater.flush() if sent else request
    raw.send(stream, framed(message, compressed=int(sent)))
    assert raw.answer(stream).grpc_status == (OK if sent == expected else INVALID_ARGUMENT)


def test_metadata_comes_back_also_with_a_failure(raw):
    status = messages.EchoStatus(code=UNKNOWN, message="no")
    answer = call(
        raw, "UnaryCall", messages.SimpleRequest(response_status=status),
        x_grpc_test_echo_initial="here", x_grpc_test_echo_trailing_bin="q6ur",
    )  # fmt: skip
    assert answer.headers["x-grpc-test-echo-initial"] == "here"
    assert "grpc-status" not in answer.headers
    assert answer.trailers["x-grpc-test-echo-trailing-bin"].rstrip("=") == "q6ur"
    assert answer.grpc_status == UNKNOWN


@pytest.mark.parametrize("size", [-1, 2_000_000_000])
def test_a_size_that_no_case_asks_for(raw, size):
    answer = call(raw, "UnaryCall", messages.SimpleRequest(response_size=size))
    assert answer.grpc_status == INVALID_ARGUMENT
    answer = call(raw, "StreamingOutputCall", output(dict(size=1), dict(size=size)))
    assert sizes(answer) == [1]
    assert answer.grpc_status == INVALID_ARGUMENT
