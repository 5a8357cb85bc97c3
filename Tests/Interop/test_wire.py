"""The wire itself: what well-behaved and other peers send, and the answer each gets."""

import select
import socket
import struct

import grpc
import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import SERVICE, Client, Status, content, event, refusal
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from process import eventually
from rawhttp2 import RawHTTP2, framed

pytestmark = pytest.mark.each_transport

MESSAGE_BYTES_MAX = 4_194_304
OK, INVALID_ARGUMENT, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED = 0, 3, 4, 8, 12
CALL = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", SERVICE + "GetStatus"),
    (":authority", "localhost"),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
]
# What a gRPC server may call a request that breaks its framing: the specification leaves it open.
BROKEN_FRAMING = {3, 12, 13}


@pytest.fixture
def raw(shared_server):
    with RawHTTP2(shared_server.address) as connection:
        yield connection


def record_request(organization, **fields):
    return log.RecordRequest(
        organization_id=organization, events=[event(**fields)]
    ).SerializeToString()


def still_serves(client):
    """The server answers others, whatever the test did to its own connection."""
    client.record(event(change="still here"))
    assert client.page(size=1).events[0].change == "still here"


def test_an_unknown_method_is_unimplemented(client):
    for path in (SERVICE + "Erase", "/auditrpc.v1.Nothing/Record", "/x"):
        error = refusal(client.raw(path), b"", timeout=10)
        assert error.code() == Status.UNIMPLEMENTED, path
        assert path in error.details()


def test_bytes_that_are_no_protobuf_are_an_invalid_argument(client):
    for method in ("Record", "Query", "GetEvent", "ListFacets", "Histogram", "GetStatus"):
        error = refusal(client.raw(SERVICE + method), b"\xff\xff\xff", timeout=10)
        assert error.code() == Status.INVALID_ARGUMENT, method
    error = refusal(client.raw(SERVICE + "Subscribe", stream=True), b"\x0a\x7f", timeout=10)
    assert error.code() == Status.INVALID_ARGUMENT


def test_text_that_is_no_utf8_is_an_invalid_argument(client, organization):
    valid = record_request(organization, change="CHANGEME")
    broken = valid.replace(b"CHANGEME", b"CHANGE\xc3\x28")
    error = refusal(client.raw(SERVICE + "Record"), broken, timeout=10)
    assert error.code() == Status.INVALID_ARGUMENT
    assert "UTF-8" in error.details()
    assert client.events() == []


def test_fields_of_a_newer_contract_are_ignored(client, organization):
    # Field 100, a string, at the end of the request: a caller that knows more than this server.
    newer = record_request(organization) + b"\xa2\x06\x03new"
    answer = log.RecordResponse.FromString(client.raw(SERVICE + "Record")(newer, timeout=10))
    assert len(answer.results) == 1


def test_a_message_over_the_limit_is_refused(client):
    blob = b'"' + b"x" * 250_000 + b'"'
    error = refusal(client.record, *(event(snapshot=blob) for _ in range(20)))
    assert error.code() == Status.RESOURCE_EXHAUSTED
    assert str(MESSAGE_BYTES_MAX) in error.details()
    assert client.events() == []


def test_a_message_of_just_the_limit_is_taken(client, organization):
    blob = b'"' + b"x" * 260_000 + b'"'
    request = log.RecordRequest(
        organization_id=organization, events=[event(snapshot=blob) for _ in range(16)]
    )
    room = MESSAGE_BYTES_MAX - request.ByteSize()
    assert 0 < room < 100_000
    # An unknown field fills the request to the byte: 2 of tag, 3 of length, the rest.
    filled = request.SerializeToString() + b"\xa2\x06"
    rest = MESSAGE_BYTES_MAX - len(filled) - 3
    filled += bytes((rest & 0x7F | 0x80, rest >> 7 & 0x7F | 0x80, rest >> 14)) + b"x" * rest
    assert len(filled) == MESSAGE_BYTES_MAX
    client.raw(SERVICE + "Record")(filled, timeout=30)
    assert len(client.events()) == 16
    error = refusal(client.raw(SERVICE + "Record"), filled + b"\xa2\x06\x00", timeout=30)
    assert error.code() == Status.RESOURCE_EXHAUSTED


def test_an_oversized_message_is_refused_by_its_prefix_alone(raw, client):
    stream = raw.open("Record")
    raw.send(stream, struct.pack(">BI", 0, 0xFFFF_FFFF), end=False)
    assert raw.answer(stream).grpc_status == RESOURCE_EXHAUSTED
    still_serves(client)


@pytest.mark.parametrize("size", [1, 2, 5, 7])
def test_a_message_may_come_in_any_pieces(raw, client, organization, size):
    wire = framed(record_request(organization, change="in pieces"))
    stream = raw.open("Record")
    for start in range(0, len(wire), size):
        piece = wire[start : start + size]
        raw.send(stream, piece, end=start + size >= len(wire))
    answer = raw.answer(stream)
    assert (answer.http_status, answer.grpc_status) == ("200", OK)
    (message,) = answer.messages
    assert len(log.RecordResponse.FromString(message).results) == 1
    assert [found.change for found in client.events()] == ["in pieces"]


def test_a_request_that_ends_inside_a_message_is_refused(raw, client, organization):
    wire = framed(record_request(organization))
    for cut in (1, 4, 5, len(wire) - 1):
        stream = raw.open("Record")
        raw.send(stream, wire[:cut])
        assert raw.answer(stream).grpc_status in BROKEN_FRAMING, cut
    assert client.events() == []


def test_a_unary_request_has_one_message(raw, client, organization):
    wire = framed(record_request(organization))
    stream = raw.open("Record")
    raw.send(stream, wire + wire)
    assert raw.answer(stream).grpc_status in BROKEN_FRAMING
    stream = raw.open("Record", end=True)
    assert raw.answer(stream).grpc_status in BROKEN_FRAMING
    assert client.events() == []


def test_a_compressed_message_is_unimplemented(raw, client, organization):
    stream = raw.open("Record", grpc_encoding="gzip")
    raw.send(stream, framed(record_request(organization), compressed=1))
    assert raw.answer(stream).grpc_status in BROKEN_FRAMING
    assert client.events() == []


@pytest.mark.parametrize("value", ["application/json", "text/html", "application/grpcx", None])
def test_a_wrong_content_type_is_http_415(raw, client, organization, value):
    answer = raw.call("Record", record_request(organization), content_type=value)
    assert answer.http_status == "415"
    assert client.events() == []


@pytest.mark.parametrize("value", ["application/grpc", "application/grpc+proto"])
def test_a_right_content_type(raw, organization, value):
    answer = raw.call("Record", record_request(organization), content_type=value)
    assert (answer.http_status, answer.grpc_status) == ("200", OK)
    assert answer.headers["content-type"].startswith("application/grpc")


def test_a_method_other_than_post_is_refused(raw):
    answer = raw.answer(raw.open("GetStatus", end=True, **{":method": "GET"}))
    assert answer.http_status == "405" or answer.grpc_status in BROKEN_FRAMING


@pytest.mark.parametrize("value", ["1", "S", "-1S", "1x", "123456789S", "1.5S", ""])
def test_a_malformed_timeout_is_refused(raw, value):
    assert raw.call("GetStatus", b"", grpc_timeout=value).grpc_status in {3, 13}


@pytest.mark.parametrize("value", ["1n", "10u", "20m"])
def test_a_feeds_deadline_is_kept_by_the_server(raw, value):
    request = log.SubscribeRequest(organization_id="o", oldest=True).SerializeToString()
    answer = raw.call("Subscribe", request, grpc_timeout=value)
    assert answer.grpc_status == DEADLINE_EXCEEDED


def test_a_message_with_odd_letters_is_percent_encoded(raw):
    stream = raw.open("%7Füé\u00a0Method".encode().decode("latin-1"), end=True)
    answer = raw.answer(stream)
    assert answer.grpc_status == UNIMPLEMENTED
    assert all(" " <= letter <= "~" for letter in answer.grpc_message)


def test_a_header_list_over_16_kib_is_refused_and_others_are_served(shared_server, client):
    with RawHTTP2(shared_server.address) as raw:
        try:
            stream = raw.open("GetStatus", end=True, x_large="x" * 60_000)
            answer = raw.answer(stream)
            refused = answer.reset is not None or answer.grpc_status not in (None, OK)
            assert refused or answer.http_status == "431"
        except ConnectionError:
            pass
    still_serves(client)


GARBAGE = {
    "HTTP/1.1": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS": bytes.fromhex("160301020001000201fc0303") + bytes(200),
    "noise": bytes(range(256)) * 40,
    "zeros": bytes(5000),
    "preface, then noise": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(range(255, 0, -1)) * 20,
    "preface, then a frame too large": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    + bytes.fromhex("000000040000000000")
    + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01",
    "half a preface": b"PRI * HTTP/2.0\r\n",
}


@pytest.mark.parametrize("bytes_", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_ends_its_own_connection_alone(shared_server, client, transport, bytes_):
    with transport.connect(shared_server.address) as connection:
        try:
            connection.sendall(bytes_)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            pass
    still_serves(client)


def test_a_thousand_connections_come_and_go(shared_server, client, transport):
    for _ in range(10):
        connections = [transport.connect(shared_server.address) for _ in range(100)]
        for connection in connections:
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
        for connection in connections:
            connection.close()
    still_serves(client)


def rapid_resets(count):
    """The bytes of calls that are cancelled as soon as they begin."""
    encoder = H2Connection(H2Configuration(client_side=True))
    encoder.initiate_connection()
    for _ in range(count):
        stream = encoder.get_next_available_stream_id()
        encoder.send_headers(stream, CALL)
        encoder.reset_stream(stream, ErrorCodes.CANCEL)
    return encoder.data_to_send()


def goaways(received):
    """The error codes of the GOAWAY frames among the bytes that came."""
    codes = []
    while len(received) >= 9 and len(received) >= 9 + (size := int.from_bytes(received[:3], "big")):
        if received[3] == 7:
            codes.append(int.from_bytes(received[13:17], "big"))
        received = received[9 + size :]
    return codes


def attacked(connection, attack):
    """Sends the bytes until the server says GOAWAY, and returns all that it says to the end."""
    received = b""
    for start in range(0, len(attack), 4096):
        connection.sendall(attack[start : start + 4096])
        if select.select([connection], [], [], 0)[0]:
            received += connection.recv(65536)
        if goaways(received):
            break
    while part := connection.recv(65536):
        received += part
    return received


def test_rapid_reset_ends_its_connection(server, own, transport):
    """Above the 4,000 that `RPCLimits` lets pass, and the 400 that come together each second (CVE-2023-44487)."""
    attack = rapid_resets(20_000)
    with transport.connect(server.address, timeout=60) as connection:
        assert goaways(attacked(connection, attack)) == [ErrorCodes.ENHANCE_YOUR_CALM]
    still_serves(own)
    server.terminate()
    (line,) = [line for line in server.errors if "more than an honest client sends" in line]
    assert "too_many_resets" in line and "peer=" in line
    # The last line counts them.
    assert "1 by flood" in server.errors[-1], server.text()


def test_a_thousand_calls_at_once_on_one_connection(client):
    calls = [
        client.stub.Record.future(
            log.RecordRequest(organization_id=client.organization, events=[event(change=str(n))]),
            timeout=60,
        )
        for n in range(1000)
    ]
    sequences = [call.result().results[0].sequence for call in calls]
    assert sorted(sequences) == client.sequences()
    stored = {found.sequence: found.change for found in client.events()}
    assert [stored[sequence] for sequence in sequences] == [str(n) for n in range(1000)]


def test_flow_control_holds_a_feed_and_loses_nothing(shared_server, client):
    """A peer that reads nothing at first gets it all once it opens its window."""
    blob = b'"' + b"x" * 20_000 + b'"'
    recorded = []
    for _ in range(10):
        recorded += client.record(*(event(snapshot=blob) for _ in range(20)))
    request = log.SubscribeRequest(organization_id=client.organization, oldest=True)
    with RawHTTP2(shared_server.address, reads=False) as raw:
        stream = raw.open("Subscribe")
        raw.send(stream, framed(request.SerializeToString()))
        answer = raw.answers[stream]
        raw.until(lambda: len(answer.data) >= 65_535)
        assert len(answer.data) == 65_535, "more than the window was sent"
        raw.reads = True
        raw.h2.increment_flow_control_window(1 << 30)
        raw.h2.increment_flow_control_window(1 << 30, stream)

        def sequences():
            whole, rest = [], answer.data
            while len(rest) >= 5 and len(rest) >= 5 + (size := int.from_bytes(rest[1:5], "big")):
                whole.append(log.SubscribeResponse.FromString(rest[5 : 5 + size]))
                rest = rest[5 + size :]
            return [one.sequence for message in whole for one in message.events.events]

        raw.socket.sendall(raw.h2.data_to_send())
        raw.until(lambda: len(answer.data) > 200 * 20_000 and len(sequences()) >= 200)
        assert sequences() == [result.sequence for result in recorded]


def test_a_cancelled_record_is_stored_whole_or_not_at_all(shared_server, client):
    calls = []
    for n in range(200):
        calls.append(
            client.stub.Record.future(
                log.RecordRequest(
                    organization_id=client.organization,
                    events=[event(change=f"{n}") for _ in range(10)],
                )
            )
        )
        if n % 2:
            calls[-1].cancel()
    answered = {str(n) for n, call in enumerate(calls) if not call.cancelled() and call.result()}
    counts = {}
    for found in client.events():
        counts[found.change] = counts.get(found.change, 0) + 1
    assert set(counts.values()) == {10}
    assert answered <= set(counts)


def test_a_tiny_deadline_of_a_unary_call(client):
    try:
        client.record(event(), timeout=0.000_001)
    except grpc.RpcError as error:
        assert error.code() == Status.DEADLINE_EXCEEDED
    still_serves(client)


def test_keepalive_pings_are_answered(shared_server, organization):
    options = [("grpc.keepalive_time_ms", 1000), ("grpc.keepalive_timeout_ms", 1000)]
    with Client(shared_server.address, organization, options) as client:
        with client.subscribe(oldest=True, timeout=3) as feed:
            error = refusal(lambda: list(feed))
            assert error.code() == Status.DEADLINE_EXCEEDED, "the feed lived to its deadline"


def test_what_one_client_stores_another_reads_as_stored(client, organization):
    given = event(organization_id=organization, id="0190c7e2-6f2a-7c3e-9d55-0123456789ab")
    client.record(given)
    found = eventually(client.events)[0]
    given.occurred_at.CopyFrom(found.occurred_at)
    given.outcome = found.outcome
    assert content(found) == content(given)
