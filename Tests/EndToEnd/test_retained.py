"""Retention: what is too old is gone for every reader, what is young enough is there."""

import time

from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, Status, event, refusal
from guarantees import Broken, retained
from process import Server, eventually

AGE_SECONDS = 3
# The clocks of the test and of the server are one; a call in between takes a moment.
SLACK_SECONDS = 1
OPTIONS = ["--retention", f"{AGE_SECONDS}s", "--log-bytes", "65536"]


def recorded_seconds(message):
    return message.recorded_at.ToNanoseconds() / 1e9


def stored_bytes(data):
    """Of logs and segments; a file may go while they are counted."""
    total = 0
    for folder in ("log", "segments"):
        for file in (data / folder).iterdir():
            try:
                total += file.stat().st_size
            except FileNotFoundError:
                pass
    return total


def test_nothing_older_is_returned_and_nothing_younger_removed(tmp_path, organization):
    times = {}
    with Server(tmp_path / "data", options=OPTIONS) as server:
        with Client(server.address, organization) as client:
            began = time.time()
            while time.time() < began + 2 * AGE_SECONDS:
                for result in client.record(*(event(change="x" * 4000) for _ in range(10))):
                    times[result.sequence] = recorded_seconds(result)
                asked = time.time()
                kept = set(client.sequences())
                answered = time.time()
                # Young enough when the answer came: must be in it. Too old when it was asked: not.
                retained(kept, times, answered, AGE_SECONDS, AGE_SECONDS + SLACK_SECONDS)
                for sequence in list(times)[:3]:
                    if asked - times[sequence] > AGE_SECONDS + SLACK_SECONDS:
                        error = refusal(client.get, sequence=sequence)
                        assert error.code() == Status.NOT_FOUND
                time.sleep(0.05)
            status = client.status()
            assert status.oldest_sequence > 1
            assert status.retention.ToSeconds() == AGE_SECONDS
            assert status.event_count == status.head_sequence + 1 - status.oldest_sequence
            eventually(lambda: client.status().event_count == 0, what="everything is too old")
            before = stored_bytes(tmp_path / "data")
    with Server(tmp_path / "data", options=OPTIONS) as server:
        with Client(server.address, organization) as client:
            head = max(times)
            assert client.status().head_sequence == head
            assert client.status().event_count == 0
            # A server sweeps when it starts, and every minute.
            eventually(lambda: stored_bytes(tmp_path / "data") < before / 10, what="a sweep")
            (result,) = client.record(event())
            assert result.sequence == head + 1, "a removed sequence is used again"


def test_a_subscriber_is_told_the_exact_gap(tmp_path, organization):
    with Server(tmp_path / "data", options=OPTIONS) as server:
        with Client(server.address, organization) as client:
            old = client.record(*(event() for _ in range(5)))
            eventually(lambda: client.status().oldest_sequence > old[-1].sequence)
            (young,) = client.record(event())
            feed = client.subscribe(after_sequence=old[1].sequence)
            assert refusal(lambda: list(feed)).code() == Status.OUT_OF_RANGE
            with client.subscribe(
                after_sequence=old[1].sequence, on_gap=log.ON_GAP_CONTINUE
            ) as feed:
                gap = feed.until("gap")[-1].gap
                if (gap.first_sequence, gap.last_sequence) != (old[2].sequence, old[4].sequence):
                    raise Broken("CompleteFeed", f"not the exact gap: {gap}")
                assert [one.sequence for one in feed.take(1)] == [young.sequence]
            # An id may be used again once its event is gone.
            (again,) = client.record(event(id=old[0].id))
            assert not again.duplicate
