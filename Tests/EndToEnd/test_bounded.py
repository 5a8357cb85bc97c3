"""Clients that mean harm or mean nothing: memory stays within bounds, the others are served."""

import contextlib

from auditrpc.v1 import audit_log_pb2 as log
from clients import event
from guarantees import bounded
from process import eventually
from rawhttp2 import RawHTTP2, framed

# The ring's 64 MiB, what replies and batches hold, and what a debug build adds.
MEBIBYTES_MAX = 256
RESOURCE_EXHAUSTED = 8


def snapshot(kibibytes):
    return b'"' + b"x" * (kibibytes * 1024) + b'"'


def test_subscribers_that_never_read(server, own):
    """Forty feeds whose window stays shut while 160 MB of events go by."""
    request = log.SubscribeRequest(organization_id=own.organization, oldest=True)
    with contextlib.ExitStack() as connections:
        for _ in range(40):
            raw = connections.enter_context(RawHTTP2(server.address, reads=False))
            raw.send(raw.open("Subscribe"), framed(request.SerializeToString()))
        eventually(lambda: own.status().subscriber_count == 40)
        for _ in range(100):
            own.record(*(event(snapshot=snapshot(100)) for _ in range(16)))
        bounded("40 feeds that never read", server.resident_mebibytes(), MEBIBYTES_MAX)
        # Nobody else is held up.
        with own.subscribe(now=True) as feed:
            feed.until("started")
            own.record(event(change="for all"))
            assert feed.take(1)[0].change == "for all"


def test_messages_that_never_end(server, own):
    """Each stream sends all but the last byte of a large message, as far as the server lets it."""
    part = framed(bytes(4 << 20))[:-1]
    with contextlib.ExitStack() as connections:
        sent = 0
        for _ in range(4):
            raw = connections.enter_context(RawHTTP2(server.address))
            raw.socket.settimeout(0.5)
            with contextlib.suppress(TimeoutError, ConnectionError):
                for _ in range(40):
                    stream = raw.open("Record")
                    raw.send(stream, part, end=False)
                    sent += len(part)
        print(f"{sent >> 20} MiB of unfinished messages were taken")
        bounded("unfinished messages", server.resident_mebibytes(), MEBIBYTES_MAX)
        own.record(event())


def test_a_stream_whose_answers_are_never_read(server, own):
    """A caller that only sends is stopped by flow control, not fed by the server's memory."""
    message = framed(
        log.RecordRequest(
            organization_id=own.organization, events=[event() for _ in range(100)]
        ).SerializeToString()
    )
    with RawHTTP2(server.address, reads=False) as raw:
        raw.socket.settimeout(2)
        stream = raw.open("RecordStream")
        with contextlib.suppress(TimeoutError):
            for _ in range(3000):
                raw.send(stream, message, end=False)
        bounded("answers never read", server.resident_mebibytes(), MEBIBYTES_MAX)
        own.record(event())


def test_large_answers_that_are_never_read(server, own):
    """Three connections ask for 300 pages of 4 MiB each, and read none: most calls are refused."""
    for _ in range(10):
        own.record(*(event(snapshot=snapshot(200)) for _ in range(12)))
    page = framed(
        log.QueryRequest(organization_id=own.organization, page_size=1000).SerializeToString()
    )
    with contextlib.ExitStack() as connections:
        for _ in range(3):
            raw = connections.enter_context(RawHTTP2(server.address, reads=False))
            for _ in range(300):
                raw.send(raw.open("Query"), page)
            # A status alone needs no window: the refusals arrive.
            answers = raw.answers.values()
            raw.until(lambda: sum(one.grpc_status == RESOURCE_EXHAUSTED for one in answers) > 250)
        bounded("900 large answers, never read", server.resident_mebibytes(), MEBIBYTES_MAX)
        assert own.page(size=1).events


def test_large_queries_at_once_of_a_client_that_reads(server, own):
    for _ in range(10):
        own.record(*(event(snapshot=snapshot(200)) for _ in range(12)))
    for _ in range(8):
        calls = [
            own.stub.Query.future(
                log.QueryRequest(organization_id=own.organization, page_size=1000), timeout=60
            )
            for _ in range(4)
        ]
        assert all(call.result().events for call in calls)
    bounded("large queries at once", server.resident_mebibytes(), MEBIBYTES_MAX)
