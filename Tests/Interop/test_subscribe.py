"""Subscribe: where a feed starts, what it carries, how it ends."""

import threading
import time

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from clients import Client, Filter, Status, event, refusal, timestamp, violations
from google.protobuf import duration_pb2
from process import eventually

pytestmark = pytest.mark.each_transport


def changes(events):
    return [one.change for one in events]


def test_now_starts_at_the_head_and_is_live(client):
    client.record(event(change="before"))
    with client.subscribe(now=True) as feed:
        started = feed.next()
        assert started.WhichOneof("kind") == "started"
        (result,) = client.record(event(change="after"))
        (live,) = feed.take(1)
        assert (live.change, live.sequence) == ("after", result.sequence)
        assert started.started.head_sequence < result.sequence
        assert started.started.oldest_sequence == 1


def test_no_start_means_now(client):
    client.record(event(change="before"))
    with client.subscribe() as feed:
        feed.until("caught_up")
        client.record(event(change="after"))
        assert changes(feed.take(1)) == ["after"]


def test_oldest_replays_says_caught_up_and_goes_on_live(client):
    results = client.record(*(event(change=str(n)) for n in range(100)))
    with client.subscribe(oldest=True) as feed:
        seen = feed.until("caught_up")
        assert seen[0].WhichOneof("kind") == "started"
        replayed = [one for message in seen for one in message.events.events]
        assert changes(replayed) == [str(n) for n in range(100)]
        assert seen[-1].caught_up.sequence >= results[-1].sequence
        client.record(event(change="live"))
        assert changes(feed.take(1)) == ["live"]


def test_after_sequence_is_exclusive(client):
    results = client.record(*(event(change=str(n)) for n in range(10)))
    with client.subscribe(after_sequence=results[6].sequence) as feed:
        assert changes(feed.take(3)) == ["7", "8", "9"]


def test_since_is_inclusive_and_of_the_time_of_recording(client):
    client.record(event(change="before", occurred_at=timestamp(time.time() + 60)))
    # recorded_at has the resolution of the clock; wait until it has moved on.
    first = client.events()[0].recorded_at
    eventually(lambda: timestamp(time.time()).ToNanoseconds() > first.ToNanoseconds() + 2_000_000)
    (result,) = client.record(event(change="after", occurred_at=timestamp(1)))
    with client.subscribe(since=result.recorded_at) as feed:
        assert changes(feed.take(1)) == ["after"]


def test_only_what_the_filter_takes(client):
    client.record(*(event(change=str(n), source=f"S{n % 4}") for n in range(40)))
    with client.subscribe(Filter(sources=["S3"]), oldest=True) as feed:
        assert changes(feed.take(10)) == [str(n) for n in range(3, 40, 4)]
        client.record(event(source="S0"), event(source="S3", change="live"))
        assert changes(feed.take(1)) == ["live"]


def test_only_the_organizations_own(shared_server, client, organization):
    with client.subscribe(oldest=True) as feed:
        feed.until("caught_up")
        with Client(shared_server.address, f"{organization}-other") as other:
            other.record(*(event(change="theirs") for _ in range(10)))
        client.record(event(change="ours"))
        assert changes(feed.take(1)) == ["ours"]


def test_progress_carries_an_idle_subscriber_past_what_is_not_its_own(client):
    interval = duration_pb2.Duration(nanos=100_000_000)
    (start,) = client.record(event(source="OTHER"))
    with client.subscribe(
        Filter(sources=["MINE"]), after_sequence=start.sequence, progress_interval=interval
    ) as feed:
        feed.until("caught_up")
        (result,) = client.record(event(source="OTHER"))
        while feed.until("progress")[-1].progress.sequence < result.sequence:
            pass
    with client.subscribe(after_sequence=result.sequence) as feed:
        client.record(event(change="next", source="MINE"))
        assert changes(feed.take(1)) == ["next"]


def test_many_subscribers_see_the_same_while_events_are_recorded(shared_server, client):
    """Feeds that begin at different times of a load: each sees every event after its start, once."""
    total = 3000
    sequences = []

    def write():
        for start in range(0, total, 50):
            results = client.record(*(event(change=str(n)) for n in range(start, start + 50)))
            sequences.extend(result.sequence for result in results)

    writer = threading.Thread(target=write)
    seen = {}

    def follow(name):
        with Client(shared_server.address, client.organization) as own:
            with own.subscribe(oldest=True, timeout=60) as feed:
                seen[name] = [one.sequence for one in feed.take(total)]

    followers = [threading.Thread(target=follow, args=(n,)) for n in range(6)]
    for follower in followers[:3]:
        follower.start()
    writer.start()
    for follower in followers[3:]:
        follower.start()
    for thread in [writer, *followers]:
        thread.join(60)
    assert sequences == sorted(sequences) and len(sequences) == total
    assert all(seen.get(n) == sequences for n in range(6))


def test_cancelling_frees_the_subscription(own):
    feeds = [own.subscribe(oldest=True) for _ in range(5)]
    for feed in feeds:
        feed.until("caught_up")
    assert own.status().subscriber_count == 5
    for feed in feeds:
        feed.call.cancel()
    eventually(lambda: own.status().subscriber_count == 0, what="subscriptions are freed")


def test_a_lost_connection_frees_the_subscription(server, own):
    with Client(server.address, own.organization) as leaving:
        feed = leaving.subscribe(oldest=True)
        feed.until("caught_up")
        assert own.status().subscriber_count == 1
    eventually(lambda: own.status().subscriber_count == 0, what="the subscription is freed")


def test_a_deadline_ends_the_feed(own):
    feed = own.subscribe(oldest=True, timeout=0.3)
    error = refusal(lambda: list(feed))
    assert error.code() == Status.DEADLINE_EXCEEDED
    eventually(lambda: own.status().subscriber_count == 0, what="the subscription is freed")


def test_a_start_above_the_head_is_out_of_range(client):
    error = refusal(client.subscribe(after_sequence=1 << 60).until, "started")
    assert error.code() == Status.OUT_OF_RANGE


def test_a_bad_request_names_its_field(client):
    for wrong, named in (
        (dict(oldest=True, on_gap=77), "on_gap"),
        (dict(oldest=True, progress_interval=duration_pb2.Duration(nanos=1)), "progress_interval"),
        (
            dict(oldest=True, progress_interval=duration_pb2.Duration(seconds=301)),
            "progress_interval",
        ),
        (dict(since=timestamp(-1e12)), "since"),
    ):
        error = refusal(lambda: list(client.subscribe(**wrong)))
        assert error.code() == Status.INVALID_ARGUMENT, wrong
        assert list(violations(error)) == [named]


@pytest.mark.parametrize("on_gap", [log.ON_GAP_FAIL, log.ON_GAP_CONTINUE])
def test_without_a_gap_both_answers_to_one_are_the_same(client, on_gap):
    client.record(event(change="one"))
    with client.subscribe(oldest=True, on_gap=on_gap) as feed:
        assert changes(feed.take(1)) == ["one"]
