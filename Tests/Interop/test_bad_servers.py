"""AuditRPC's client and servers that do what they should not: gRPC's negative HTTP/2 cases, and more of their kind."""

import struct

import pytest
from grpcio_service import messages
from h2.settings import SettingCodes
from interop import Target, run_auditrpc
from rawhttp2 import framed
from scripted_server import Closed, ScriptedServer

LARGE = 314_159
DATA, HEADERS, PRIORITY, PUSH_PROMISE, GOAWAY, CONTINUATION = 0, 1, 2, 5, 7, 9
END_STREAM, END_HEADERS = 0x1, 0x4
NO_ERROR = 0


def large_answer():
    payload = messages.Payload(body=bytes(LARGE))
    return framed(messages.SimpleResponse(payload=payload).SerializeToString())


def answer(peer, request, **options):
    """A whole and right answer to a large unary call; `options` say how it is cut into frames."""
    assert len(messages.SimpleRequest.FromString(request.messages[0][0]).payload.body) == 271_828
    peer.headers(request.stream)
    peer.send(request.stream, large_answer(), **options)
    peer.trailers(request.stream)


def run_case(case, script):
    with ScriptedServer(script) as server:
        run_auditrpc(case, Target(server.address))
    return server


# The published negative cases (doc/http2-interop-test-descriptions.md).


def test_goaway():
    """The call that GOAWAY lets go on is answered; the next one goes elsewhere."""

    def script(peer):
        peer.start()
        request = peer.next_request()
        peer.raw(GOAWAY, payload=struct.pack(">II", request.stream, NO_ERROR))
        answer(peer, request)

    server = run_case("goaway", script)
    assert [len(peer.requests) for peer in server.peers] == [1, 1]


@pytest.mark.parametrize("case", ["rst_after_header", "rst_during_data", "rst_after_data"])
def test_a_reset_in_place_of_a_status(case):
    def script(peer):
        peer.start()
        request = peer.next_request()
        data = large_answer()
        sent = {
            "rst_after_header": 0,
            "rst_during_data": len(data) // 2,
            "rst_after_data": len(data),
        }
        peer.headers(request.stream)
        peer.send(request.stream, data[: sent[case]])
        peer.reset(request.stream, NO_ERROR)

    run_case(case, script)


def test_ping():
    def script(peer):
        peer.start()
        request = peer.next_request()
        peer.ping()
        peer.headers(request.stream)
        peer.ping()
        peer.send(request.stream, large_answer())
        peer.ping()
        while peer.ping_answers < peer.pings:
            peer.receive()
        peer.trailers(request.stream)

    (peer,) = run_case("ping", script).peers
    assert (peer.pings, peer.ping_answers) == (3, 3)


def test_max_streams():
    """One call at a time, and the others wait for it: h2 ends a connection that has more."""

    def script(peer):
        peer.start({SettingCodes.MAX_CONCURRENT_STREAMS: 1})
        while True:
            answer(peer, peer.next_request())

    (peer,) = run_case("max_streams", script).peers
    assert len(peer.requests) == 11


@pytest.mark.parametrize(
    "case, padding", [("data_frame_padding", 255), ("no_df_padding_sanity_test", None)]
)
def test_small_frames(case, padding):
    """Padding counts against the windows; a client that forgets it is never sent the end."""

    def script(peer):
        peer.start()
        answer(peer, peer.next_request(), frame_bytes=5, padding=padding)

    run_case(case, script)


# More of their kind.


def test_what_http2_says_to_ignore():
    """Frames of unknown kinds, priorities, an informational response, an unknown setting."""

    def script(peer):
        peer.start({0xF0F0: 7})
        request = peer.next_request()
        peer.raw(PRIORITY, stream=request.stream, payload=bytes(5))
        peer.raw(0xFA, flags=0xFF, payload=b"unknown")
        peer.h2.send_headers(request.stream, [(":status", "103"), ("link", "</style.css>")])
        peer.headers(request.stream)
        peer.raw(0xFA, stream=request.stream, payload=b"unknown")
        peer.send(request.stream, large_answer())
        peer.trailers(request.stream)

    run_case("large_unary", script)


def test_a_header_list_in_continuations():
    """Trailers of more than one frame, with as much metadata as a client takes."""

    def script(peer):
        peer.start()
        request = peer.next_request()
        peer.headers(request.stream)
        peer.send(request.stream, large_answer())
        fields = [("grpc-status", "0"), *((f"x-part-{n}", "y" * 500) for n in range(20))]
        block = peer.h2.encoder.encode(fields)
        parts = [block[start : start + 2_000] for start in range(0, len(block), 2_000)]
        assert len(parts) > 2
        peer.raw(HEADERS, END_STREAM, request.stream, parts[0])
        for part in parts[1:]:
            peer.raw(CONTINUATION, END_HEADERS if part is parts[-1] else 0, request.stream, part)

    run_case("large_unary", script)


def test_a_window_that_is_closed_at_first():
    """The request waits until the server opens its window, byte by byte at first."""

    def script(peer):
        peer.reads = False
        peer.start({SettingCodes.INITIAL_WINDOW_SIZE: 0})
        while not peer.requests:
            peer.receive()
        (request,) = peer.requests
        for _ in range(10):
            peer.h2.increment_flow_control_window(1, request.stream)
            peer.flush()
            had = len(request.data)
            while len(request.data) == had:
                peer.receive()
            assert len(request.data) == had + 1
        peer.reads = True
        peer.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1 << 20})
        peer.flush()
        answer(peer, peer.next_request())

    run_case("large_unary", script)


def test_no_header_table():
    """A server that keeps no HPACK state, and forbids the client's."""

    def script(peer):
        peer.h2.encoder.header_table_size = 0
        peer.start({SettingCodes.HEADER_TABLE_SIZE: 0})
        while True:
            answer(peer, peer.next_request())

    run_case("rpc_soak", script)


# The client must find out and say so; it neither hangs nor takes a part of an answer for the whole.


def close_midway(peer, stream):
    peer.send(stream, large_answer()[:1000])
    raise Closed


def end_without_status(peer, stream):
    peer.send(stream, large_answer())
    peer.h2.end_stream(stream)
    peer.flush()


def push(peer, stream):
    promised = struct.pack(">I", 2) + b"\x82"
    peer.raw(PUSH_PROMISE, END_HEADERS, stream, promised)


def announce_a_large_frame(peer, stream):
    peer.socket.sendall(b"\x10\0\0" + bytes((DATA, 0)) + struct.pack(">I", stream))


def send_no_hpack(peer, stream):
    peer.raw(HEADERS, END_HEADERS, stream, b"\xff" * 20)


def send_no_number(peer, stream):
    peer.trailers(stream, "fine")


@pytest.mark.parametrize(
    "act, code",
    [
        (close_midway, "UNAVAILABLE"),
        (end_without_status, "UNKNOWN"),
        (push, "UNAVAILABLE"),
        (announce_a_large_frame, "UNAVAILABLE"),
        (send_no_hpack, "UNAVAILABLE"),
        (send_no_number, "UNKNOWN"),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_an_end_without_an_answer(act, code):
    def script(peer):
        peer.start()
        request = peer.next_request()
        peer.headers(request.stream)
        act(peer, request.stream)

    with ScriptedServer(script) as server:
        with pytest.raises(AssertionError, match=f"failed large_unary: {code}"):
            run_auditrpc("large_unary", Target(server.address))
