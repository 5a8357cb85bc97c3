"""SIGTERM: what is in flight ends well, feeds are told, the process ends with 0."""

import signal
import socket
import threading

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, Status, event, refusal
from h2.settings import SettingCodes
from rawhttp2 import RawHTTP2, framed

pytestmark = pytest.mark.each_transport


def test_a_feed_ends_unavailable_and_the_process_with_0(server, own):
    feed = own.subscribe(oldest=True)
    feed.until("caught_up")
    server.signal(signal.SIGTERM)
    error = refusal(lambda: list(feed))
    assert error.code() == Status.UNAVAILABLE
    assert server.wait() == 0


def test_a_call_in_flight_is_finished_after_goaway(server, organization):
    """Its message arrives whole only after the server has said that it goes away."""
    wire = framed(
        log.RecordRequest(organization_id=organization, events=[event()]).SerializeToString()
    )
    with RawHTTP2(server.address) as raw:
        stream = raw.open("Record")
        raw.send(stream, wire[:10], end=False)
        # An answer on the same connection: the server has seen the open call.
        assert raw.call("GetStatus", b"").grpc_status == 0
        server.signal(signal.SIGTERM)
        raw.until(lambda: raw.last_stream_of_goaway is not None)
        raw.send(stream, wire[10:])
        answer = raw.answer(stream)
        assert answer.grpc_status == 0
        assert len(log.RecordResponse.FromString(answer.messages[0]).results) == 1
        assert raw.last_stream_of_goaway >= stream
    assert server.wait() == 0


def test_a_slow_reader_gets_all_of_its_answers(server, own, organization):
    """More than the kernel holds is on its way when the server goes: none of it is cut off."""
    snapshot = b'"' + b"x" * 240_000 + b'"'
    for _ in range(15):
        own.record(event(snapshot=snapshot))
    wire = framed(log.QueryRequest(organization_id=organization).SerializeToString())
    with RawHTTP2(server.address) as raw:
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        raw.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1 << 30})
        raw.h2.increment_flow_control_window(1 << 30)
        assert raw.call("GetStatus", b"").grpc_status == 0
        streams = [raw.open("Query") for _ in range(6)]
        for stream in streams:
            raw.send(stream, wire)
        server.signal(signal.SIGTERM)
        server.await_line("draining")
        for stream in streams:
            answer = raw.answer(stream)
            assert answer.grpc_status == 0, answer.grpc_message
            assert len(log.QueryResponse.FromString(answer.messages[0]).events) == 15
    assert server.wait() == 0


def test_what_was_answered_before_the_end_is_there_after_it(server, organization, tmp_path):
    from process import Server

    answered, stop = [], threading.Event()

    def write():
        with Client(server.address, organization) as client:
            while not stop.is_set():
                try:
                    answered.extend(one.id for one in client.record(event(), event(), timeout=5))
                except Exception:
                    return

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    while len(answered) < 100:
        pass
    assert server.terminate() == 0
    stop.set()
    for writer in writers:
        writer.join(30)
    with Server(server.data) as again, Client(again.address, organization) as client:
        stored = [one.id for one in client.events()]
    assert len(stored) == len(set(stored))
    assert set(answered) <= set(stored)


def test_a_second_sigterm_does_not_hang(server, own):
    own.subscribe(oldest=True).until("caught_up")
    server.signal(signal.SIGTERM)
    server.signal(signal.SIGTERM)
    assert server.wait() in (0, -signal.SIGTERM)
