"""Histograms of a real process, over logs and segments: what counting the events of its pages gives."""

import collections
import random

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, Filter, Status, event, refusal, target, violations
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from process import Server

START = 1_700_000_000
SECONDS = 6 * 3600
TYPES = ["CREATE", "UPDATE", "UPDATE", "UPDATE", "DELETE"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Some segments and a log, of two organizations."""
    chance = random.Random(7)
    server = Server(tmp_path_factory.mktemp("histogram"), options=["--log-bytes", "40000"])
    with server, Client(server.address, "acme") as client:
        with Client(server.address, "globex") as other:
            for number in range(20):
                client.record(*(random_event(chance, number) for _ in range(25)))
                other.record(*(random_event(chance, number) for _ in range(5)))
        yield server, client


def random_event(chance, number):
    """Later ones happen later, but not in order."""
    seconds = START + number * SECONDS // 20 + chance.randrange(SECONDS // 10)
    return event(
        event_type=chance.choice(TYPES),
        target=target("SERVICE", f"service-{chance.randrange(4)}"),
        change=f"{chance.randrange(10)} replicas",
        occurred_at=Timestamp(seconds=seconds),
    )


def naive(events, width):
    """({bucket start: events}, {event type: {bucket start: events}})."""
    counts, series = collections.Counter(), collections.defaultdict(collections.Counter)
    for one in events:
        start = one.occurred_at.seconds // width * width
        counts[start] += 1
        series[one.event_type][start] += 1
    return counts, series


def by_start(answer, counts):
    starts = (
        answer.start.seconds + number * answer.bucket.seconds for number in range(len(counts))
    )
    return {start: count for start, count in zip(starts, counts) if count}


@pytest.mark.parametrize(
    "filter",
    [
        None,
        Filter(target_ids=["service-1"]),
        Filter(event_types=["DELETE", "CREATE"], text="3 REPLICAS"),
        Filter(since=Timestamp(seconds=START + 3601), until=Timestamp(seconds=START + 9001)),
    ],
    ids=["all", "one target", "a text", "a range"],
)
def test_it_counts_what_the_pages_hold(filled, filter):
    _, client = filled
    answer = client.histogram(filter, split_by=log.FACET_FIELD_EVENT_TYPE, limit=2)
    assert answer.complete and answer.bucket.seconds > 0
    events = client.events(filter)
    counts, series = naive(events, answer.bucket.seconds)
    assert by_start(answer, answer.counts) == counts
    assert answer.total_count == len(events)
    frequent = sorted(series, key=lambda value: (-sum(series[value].values()), value))
    assert [one.value for one in answer.series] == frequent[:2]
    for one in answer.series:
        assert by_start(answer, one.counts) == series[one.value]
    others = sum((series[value] for value in frequent[2:]), collections.Counter())
    assert by_start(answer, answer.other_counts) == others


def test_a_width_is_kept_and_one_that_is_too_narrow_refused(filled):
    _, client = filled
    until = Timestamp(seconds=START + SECONDS * 2)
    answer = client.histogram(Filter(until=until), bucket=Duration(seconds=900))
    assert answer.bucket.seconds == 900 and answer.start.seconds % 900 == 0
    assert answer.start.seconds <= min(one.occurred_at.seconds for one in client.events())
    assert len(answer.counts) == (until.seconds - answer.start.seconds + 899) // 900
    error = refusal(client.histogram, Filter(until=until), bucket=Duration(seconds=1))
    assert error.code() == Status.INVALID_ARGUMENT
    assert list(violations(error)) == ["bucket"]
    assert "500 are allowed" in error.details()


@pytest.mark.parametrize(
    "fields, named",
    [
        ({"bucket": Duration(nanos=1)}, "bucket"),
        ({"buckets": 501}, "buckets"),
        ({"split_by": log.FACET_FIELD_SCOPE}, "split_by"),
        ({"split_by": 77}, "split_by"),
        ({"limit": -1}, "limit"),
    ],
)
def test_what_is_refused_names_its_field(filled, fields, named):
    _, client = filled
    error = refusal(client.histogram, **fields)
    assert error.code() == Status.INVALID_ARGUMENT
    assert list(violations(error)) == [named]
