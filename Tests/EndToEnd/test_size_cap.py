"""serve --max-bytes: the oldest events go when the store is larger, and say so."""

import random

from auditrpc.v1 import audit_log_pb2 as audit_log
from clients import Client, event
from guarantees import Fact, dense
from process import Server, eventually

KIB = 1024
OPTIONS = ["--log-bytes", "65536", "--max-bytes", "400KiB", "--retention", "none"]


def noise(generator, count):
    """A text that does not compress well."""
    return "".join(generator.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=count))


def stored_bytes(data):
    files = [*data.glob("segments/*"), *data.glob("log/*")]
    return sum(file.stat().st_size for file in files if file.exists())


def test_the_oldest_events_go_under_load(tmp_path, organization):
    data = tmp_path / "data"
    generator = random.Random(7)
    with Server(data, options=OPTIONS) as server, Client(server.address, organization) as client:
        recorded = 0
        for _ in range(300):
            client.record(*(event(change=noise(generator, 3000)) for _ in range(4)))
            recorded += 4
        server.await_line("the size cap removed events")

        def settled():
            store = client.status().store
            held = store.segment_bytes + store.log_bytes
            return store.sealable_log_count == 0 and held <= 400 * KIB and store

        store = eventually(settled, within=60, what="the store is within its cap")
        assert store.max_bytes == 400 * KIB
        assert store.dropped_event_count > 0 and store.dropped_bytes > 0
        assert store.swept_event_count == 0, "retention has removed nothing"
        kept = [Fact(organization, one.id, one.sequence) for one in client.events()]
        oldest = client.status().oldest_sequence
        assert oldest > 1
        dense(kept, oldest, recorded)
        assert oldest - 1 == store.dropped_event_count
        # What is allocated ahead of small frames comes on top.
        assert stored_bytes(data) <= 400 * KIB + 65536
        # Who resumes from before that is told what is gone, exactly.
        with client.subscribe(after_sequence=0, on_gap=audit_log.ON_GAP_CONTINUE) as feed:
            gap = feed.until("gap")[-1].gap
            assert (gap.first_sequence, gap.last_sequence) == (1, oldest - 1)
    with Server(data, options=OPTIONS) as server, Client(server.address, organization) as client:
        assert client.status().oldest_sequence == oldest
        (result,) = client.record(event(change="after a restart"))
        assert result.sequence == recorded + 1
